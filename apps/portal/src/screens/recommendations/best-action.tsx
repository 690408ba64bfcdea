import { AddCircle16Filled, Checkmark16Filled, CircleHalfFill16Regular } from '@fluentui/react-icons';
import type { Recommendation } from '@nodeward/api';
import { Link } from 'react-router';
import { reasonText, remedyText } from '../../parts/reason.tsx';
import { useMessages } from '../../preferences.tsx';
import { jobPath, targetPath } from '../../paths.ts';

/** What to do about one pool, with the figure of its Fix page and what it would introduce. */
export function BestAction({ row }: { readonly row: Recommendation }) {
  const m = useMessages();
  if (row.activeJobId !== null) {
    return <Link className="st" to={jobPath(row.activeJobId)}><CircleHalfFill16Regular />{m.recommendation.jobRuns}</Link>;
  }
  if (row.bestAction !== null && row.bestAction.fixed > 0) {
    const { kind, fixed, introduced } = row.bestAction;
    return (
      <span className="row gap4">
        <Link to={targetPath(row.poolId, row.bestAction)}>{m.recommendation.bestAction[kind](fixed)}</Link>
        {introduced > 0 && <span className="intro s12 st"><AddCircle16Filled />{m.recommendation.introduces(introduced)}</span>}
      </span>
    );
  }
  if (row.state === 'not-evaluated') return <span className="unk sentence" title={remedyText(m, row.reason)}>{row.cause === null ? m.unit.unknown : reasonText(m, row.cause, row.reason)}</span>;
  if (row.state === 'healthy' || row.state === 'not-applicable') return <span className="dim st"><Checkmark16Filled />{m.recommendation.nothingToDo}</span>;
  return row.forecastKnown ? <span className="dim">{m.recommendation.noAction}</span> : <span className="unk">{m.recommendation.forecastUnknown}</span>;
}
