import { Warning16Filled } from '@fluentui/react-icons';
import type { Overview } from '@nodeward/api';
import { CountLink } from '../../parts/count-link.tsx';
import { listPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';

const bands = [['under-30', 'under30'], ['30-to-89', 'from30to89'], ['90-and-over', 'from90'], ['unknown', 'unknown']] as const;

/** Nodes by the age of their image. */
export function ImageAgeCard({ overview: { imageAges, nodes } }: { readonly overview: Overview }) {
  const m = useMessages();
  const most = Math.max(1, ...Object.values(imageAges));
  return (
    <section className="card col g4">
      <div className="row between wrap">
        <h2>{m.overview.imageAge}</h2>
        <span className="lbl">{m.unit.node(nodes.total)}</span>
      </div>
      {bands.map(([band, key]) => (
        <div key={band} className="hb low wide">
          <span className={`row gap4 ${band === 'unknown' ? 'unk' : ''}`} title={band === '90-and-over' ? m.overview.imageAgeNote : undefined}>
            {m.overview.imageAges[band]}
            {band === '90-and-over' && imageAges.from90 > 0 && <Warning16Filled className="warn" aria-hidden />}
          </span>
          <span className={band === 'unknown' ? 'hatch' : ''} style={{ width: `${(imageAges[key] / most) * 100}%`, backgroundColor: `var(--${band === '90-and-over' ? 'warn' : band === 'unknown' ? 'unk' : 'rem'})` }} />
          <CountLink n={imageAges[key]} unit={m.unit.nodes(imageAges[key])} to={listPath('/inventory', { imageAge: band })} label={`${m.overview.imageAge}: ${m.overview.imageAges[band]}`} />
        </div>
      ))}
    </section>
  );
}
