import type { Overview } from '@nodeward/api';
import { Link } from 'react-router';
import { CountLink } from '../../parts/count-link.tsx';
import { useScopedPath } from '../../parts/fleet-scope.ts';
import { listPath, poolPath, targetPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';

/** Pools that the card names; the rest are in the list. */
const ranked = 10;

type Action = Overview['actions'][number];

/** The best action of each pool as a diverging bar: violet to the left is introduced, green to the right is fixed. */
export function RankingCard({ overview: { actions, forecastsKnown, nodePools } }: { readonly overview: Overview }) {
  const m = useMessages();
  const scoped = useScopedPath(listPath('/recommendations'));
  const most = Math.max(1, ...actions.map(({ action }) => Math.max(action.fixed, action.introduced)));
  const introduces = Math.max(0, ...actions.map(({ action }) => action.introduced)) / most;
  return (
    <section className="card col g4 grow" aria-label={m.overview.ranking}>
      <div className="row between wrap">
        <h2>{m.overview.ranking}</h2>
        {actions.length > 0 && <span className="row gap12 s12">
          {introduces > 0 && <span className="row gap4"><i className="sq introduced" />{m.fix.figures.introduced}</span>}
          <span className="row gap4"><i className="sq fixed hatch" />{m.fix.figures.fixed}</span>
        </span>}
      </div>
      <p className="lbl">{m.overview.rankingUnit}</p>
      {actions.length > 0 && <div className="rank">{actions.slice(0, ranked).map((row) => <Bar key={row.poolId} row={row} most={most} left={introduces} />)}</div>}
      {actions.length === 0 && <p className="sub">{forecastsKnown ? m.overview.rankingNone : m.overview.rankingUnknown}</p>}
      {actions.length > 0 && !forecastsKnown && <p className="unk s12">{m.overview.rankingUnknown}</p>}
      {nodePools.total > 0 && <p className="s12 last"><Link to={scoped}>{m.overview.rankingAll(nodePools.total)}</Link></p>}
    </section>
  );
}

function Bar({ row: { poolId, pool, cluster, action }, most, left }: { readonly row: Action; readonly most: number; readonly left: number }) {
  const m = useMessages();
  const name = `${pool} · ${cluster}`;
  const operation = m.operation[action.kind];
  return (
    <div className={left > 0 ? 'rankrow' : 'rankrow only'}>
      <span className="two-l"><span className="break clamp" title={name}><Link to={poolPath(poolId)}>{pool}</Link> <span className="dim s12">· {cluster}</span></span><span className="dim s12">{operation}</span></span>
      {left > 0 && <span className="intro r">
        {action.introduced > 0 && <CountLink n={action.introduced} to={targetPath(poolId, action, 'introduced')} label={m.overview.introducedBy(operation, name, action.introduced)}>+</CountLink>}
      </span>}
      <span className="diverge" style={{ gridTemplateColumns: `${Math.max(0.04, left * 0.84)}fr 1fr` }}>
        <i className="minus">{action.introduced > 0 && <i style={{ width: `${(action.introduced / most / Math.max(left, 0.0001)) * 100}%` }} />}</i>
        <span className="plus">
          <i className="hatch" style={{ width: `${(action.fixed / most) * 84}%` }} />
          <CountLink n={action.fixed} to={targetPath(poolId, action, 'fixed')} label={m.overview.fixedBy(operation, name, action.fixed)} />
        </span>
      </span>
      <Link className="s12" to={targetPath(poolId, action)} aria-label={m.vulnerabilities.openFixOf(name)}>{m.vulnerabilities.openFix}</Link>
    </div>
  );
}
