import type { RiskScore as RiskScoreData } from '@nodeward/api';
import { useCallback, useId, useState } from 'react';
import { useMessages } from '../preferences.tsx';

const points = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
const shown = ({ value, isLowerBound }: RiskScoreData): string => `${isLowerBound ? '≥ ' : ''}${Math.round(value)}`;

/** The score as a button that opens its parts. */
export function RiskScore({ score }: { readonly score: RiskScoreData }) {
  const m = useMessages();
  const id = useId();
  const [anchor, setAnchor] = useState<DOMRect | undefined>();
  return (
    <>
      <button
        type="button"
        className="score"
        aria-label={m.score.of(shown(score))}
        aria-expanded={anchor !== undefined}
        aria-controls={anchor === undefined ? undefined : id}
        onClick={({ currentTarget }) => setAnchor(anchor === undefined ? currentTarget.getBoundingClientRect() : undefined)}
      >
        {shown(score)}
      </button>
      {anchor !== undefined && <Parts id={id} score={score} anchor={anchor} closed={() => setAnchor(undefined)} />}
    </>
  );
}

/** In the browser's top layer, which no scroller clips; it closes by itself on Esc and on a press elsewhere. */
function Parts({ id, score, anchor, closed }: { readonly id: string; readonly score: RiskScoreData; readonly anchor: DOMRect; readonly closed: () => void }) {
  const m = useMessages();
  const show = useCallback((element: HTMLDivElement | null) => {
    if (element?.isConnected === true && !element.matches(':popover-open')) element.showPopover();
  }, []);
  const below = anchor.bottom + 220 < innerHeight;
  const place = { left: Math.min(anchor.left, innerWidth - 312), ...(below ? { top: anchor.bottom + 4 } : { bottom: innerHeight - anchor.top + 4 }) };
  return (
    <div id={id} ref={show} popover="auto" className="parts" style={place} role="group" aria-label={m.score.title} onToggle={({ newState }) => newState === 'closed' && closed()} onClick={(event) => event.stopPropagation()}>
      <ScoreParts score={score} />
    </div>
  );
}

/** Every part with its share; one that nobody knows is said, and is not zero. */
export function ScoreParts({ score }: { readonly score: RiskScoreData }) {
  const m = useMessages();
  return (
    <>
      <table className="tbl plain tight" aria-label={m.score.title}>
        <colgroup><col /><col style={{ width: 84 }} /></colgroup>
        <tbody>
          {score.parts.map((part) => (
            <tr key={part.part}>
              <th scope="row">{m.score.parts[part.part]}</th>
              <td className="r">{part.points === null ? <span className="unk">{m.unit.unknown}</span> : m.score.points(points(part.points), points(part.max))}</td>
            </tr>
          ))}
          <tr>
            <th scope="row"><b>{m.score.title}</b></th>
            <td className="r"><b>{m.score.points(shown(score), '100')}</b></td>
          </tr>
        </tbody>
      </table>
      {score.isLowerBound && <p className="s12 unk">{m.score.lowerBound}</p>}
    </>
  );
}
