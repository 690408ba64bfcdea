import { Button } from '@fluentui/react-components';
import { ArrowCircleUp16Regular, ChevronDown16Regular, ChevronRight16Regular, CircleHalfFill16Regular } from '@fluentui/react-icons';
import type { FleetNode, InventoryCluster, InventoryPool, RecommendationState } from '@nodeward/api';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { Link } from 'react-router';
import { nodesQuery } from '../../api/queries.ts';
import { useAddress } from '../../parts/address.ts';
import { connectionName } from '../../parts/connection-name.ts';
import { More } from '../../parts/more.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { NodeStateTag, StateTag } from '../../parts/state-tag.tsx';
import { autoUpgradePath, jobPath, nodePath, poolPath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { failureText } from '../../shell/query-view.tsx';
import { AssessedAt, CveCount, EvidenceOrCause, ImageAge } from './node-cells.tsx';

/** With more clusters than this, each is one closed row at first. */
const fewClusters = 12;

/** Which rows are folded lives in the address too: clusters that are not as at first, and opened pools. */
function useFolds(openAtFirst: boolean) {
  const address = useAddress();
  const listOf = (name: string): readonly string[] => address.text(name).split(',').filter((id) => id !== '');
  const flip = (name: string, id: string) => {
    const before = listOf(name);
    address.change({ [name]: (before.includes(id) ? before.filter((other) => other !== id) : [...before, id]).join(',') });
  };
  const [closed, unfolded, opened] = [listOf('closed'), listOf('clusters'), listOf('open')];
  const all = address.oneOf('fold', ['none', 'all']);
  const openUnlessNamed = all === undefined ? openAtFirst : all === 'none';
  const named = openUnlessNamed ? closed : unfolded;
  return {
    isClusterOpen: (id: string) => named.includes(id) !== openUnlessNamed,
    isPoolOpen: (id: string) => opened.includes(id),
    flipCluster: (id: string) => flip(openUnlessNamed ? 'closed' : 'clusters', id),
    foldAll: (fold: 'none' | 'all') => address.change({ fold, closed: undefined, clusters: undefined, open: undefined }),
    flipPool: (id: string) => flip('open', id),
  };
}

/** One tree table: cluster, pool, node; the nodes of a pool are read when it is opened. */
export function InventoryTreeTable({ clusters, total }: { readonly clusters: readonly InventoryCluster[]; /** Clusters of the whole fleet. */ readonly total: number }) {
  const m = useMessages();
  const folds = useFolds(clusters.length <= fewClusters);
  const [limit, setLimit] = useState(pageSize);
  const nodes = clusters.reduce((sum, { pools }) => sum + nodesOf(pools), 0);
  const many = clusters.length > fewClusters;
  const several = new Set(clusters.map(({ connectionId }) => connectionId)).size > 1;
  return (
    <>
    {many && (
      <div className="listhead row">
        <Button size="small" appearance="subtle" onClick={() => folds.foldAll('none')}>{m.inventory.expandAll}</Button>
        <Button size="small" appearance="subtle" onClick={() => folds.foldAll('all')}>{m.inventory.collapseAll}</Button>
        <span className="lbl">{m.inventory.clustersShown(Math.min(limit, clusters.length), total)}</span>
      </div>
    )}
    <div className="tw" role="region" tabIndex={0} aria-label={m.shell.inventory}>
      <table className="tbl" style={{ minWidth: 1120 }} aria-label={m.shell.inventory}>
        <TreeHead />
        {clusters.slice(0, limit).map((cluster) => {
          const open = folds.isClusterOpen(cluster.clusterId);
          return (
            <tbody key={cluster.clusterId}>
              <ClusterRow cluster={cluster} several={several} open={open} flip={() => folds.flipCluster(cluster.clusterId)} />
              {open && cluster.pools.length === 0 && <tr><td colSpan={11} className="dim level2">{m.inventory.noPools}</td></tr>}
              {open && cluster.pools.map((pool) => {
                const shown = folds.isPoolOpen(pool.poolId);
                return (
                  <Fragment key={pool.poolId}>
                    <PoolRow pool={pool} cluster={cluster} open={shown} flip={() => folds.flipPool(pool.poolId)} />
                    {shown && <PoolNodes pool={pool} />}
                  </Fragment>
                );
              })}
            </tbody>
          );
        })}
      </table>
      {clusters.length === 0 && <div className="state-page"><p className="sub">{m.inventory.noClusterMatches}</p></div>}
      {clusters.length > limit && <div className="more"><Button size="small" onClick={() => setLimit(limit + pageSize)}>{m.inventory.moreClusters(clusters.length - limit)}</Button></div>}
      <p className="sr" role="status" data-total={nodes}>{m.unit.node(nodes)}</p>
    </div>
    </>
  );
}

function TreeHead() {
  const { m, language } = usePreferences();
  const c = m.inventory.columns;
  const japanese = language === 'ja';
  return (
    <>
      <colgroup>
        <col />
        <col style={{ width: japanese ? 88 : 124 }} />
        <col style={{ width: japanese ? 66 : 62 }} />
        <col style={{ width: 74 }} />
        <col style={{ width: 134 }} />
        <col style={{ width: japanese ? 76 : 84 }} />
        <col style={{ width: 88 }} />
        <col style={{ width: japanese ? 124 : 106 }} />
        <col style={{ width: japanese ? 206 : 190 }} />
        <col style={{ width: japanese ? 64 : 76 }} />
        <col style={{ width: japanese ? 84 : 104 }} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">{c.name}</th>
          <th scope="col">{c.state}</th>
          <th scope="col" className="r">{c.nodes}</th>
          <th scope="col">{c.os}</th>
          <th scope="col">{c.image}</th>
          <th scope="col" className="r">{c.age}</th>
          <th scope="col">{c.kubernetes}</th>
          <th scope="col">{c.auto}</th>
          <th scope="col">{c.evidence}</th>
          <th scope="col" className="r">{c.cves}</th>
          <th scope="col" className="r">{c.assessed}</th>
        </tr>
      </thead>
    </>
  );
}

/** Clusters that are drawn at once. */
const pageSize = 100;
const nodesOf = (pools: readonly InventoryPool[]): number => pools.reduce((sum, { nodes }) => sum + nodes, 0);
const stateOrder: readonly RecommendationState[] = ['unhealthy', 'healthy', 'not-evaluated', 'not-applicable'];

function ClusterRow({ cluster, several, open, flip }: { readonly cluster: InventoryCluster; /** Whether there is more than one connection to tell apart. */ readonly several: boolean; readonly open: boolean; readonly flip: () => void }) {
  const m = useMessages();
  const states = stateOrder.map((state) => [state, cluster.pools.filter((pool) => pool.state === state).length] as const).filter(([, n]) => n > 0);
  const place = [...(several ? [connectionName(m, { kind: cluster.connectionKind, name: cluster.connection })] : []), ...(cluster.region === null ? [] : [cluster.region])].join(' · ');
  return (
    <tr className="grp">
      <th scope="rowgroup" colSpan={2}>
        <button type="button" className="fold" aria-expanded={open} onClick={flip}>
          {open ? <ChevronDown16Regular /> : <ChevronRight16Regular />}
          <span className="two-l"><span>{cluster.cluster}</span>{place !== '' && <span className="dim light s12">{place}</span>}</span>
        </button>
      </th>
      <td className="r">{m.unit.number(nodesOf(cluster.pools))}</td>
      <td colSpan={3} className="light">
        <span className="row wrap states">{states.map(([state, n]) => <span key={state} className="row gap4"><StateTag state={state} /><b>{m.unit.number(n)}</b></span>)}<span className="dim s12">{m.unit.pools(cluster.pools.length)}</span></span>
      </td>
      <td className="light">{cluster.kubernetesVersion ?? m.unit.unknown}</td>
      <td>{cluster.clusterChannel === null || cluster.nodeImageChannel === null ? <span className="unk light">{m.unit.unknown}</span> : <Link to={autoUpgradePath(cluster.clusterId)} title={m.inventory.channels(cluster.clusterChannel, cluster.nodeImageChannel)} aria-label={`${cluster.clusterChannel} / ${cluster.nodeImageChannel}: ${m.inventory.columns.auto}, ${cluster.cluster}`}>{cluster.clusterChannel}</Link>}</td>
      <td colSpan={3} />
    </tr>
  );
}

function PoolRow({ pool, cluster, open, flip }: { readonly pool: InventoryPool; readonly cluster: InventoryCluster; readonly open: boolean; readonly flip: () => void }) {
  const m = useMessages();
  return (
    <tr>
      <th scope="row">
        <span className="row gap4 level1">
          <button type="button" className="fold" aria-expanded={open} aria-label={m.inventory.opened(pool.pool)} onClick={flip}>{open ? <ChevronDown16Regular /> : <ChevronRight16Regular />}</button>
          <Link className="break" to={poolPath(pool.poolId)}>{pool.pool}</Link>
          {pool.activeJobId !== null && <Link to={jobPath(pool.activeJobId)} aria-label={`${m.inventory.jobRuns}: ${pool.pool}`} title={m.inventory.jobRuns}><CircleHalfFill16Regular aria-hidden /></Link>}
        </span>
      </th>
      <td><StateTag state={pool.state} /></td>
      <td className="r">{m.unit.number(pool.nodes)}</td>
      <td>{pool.operatingSystem === null ? <span className="unk">{m.unit.unknown}</span> : m.inventory.os[pool.operatingSystem]}</td>
      <td className="mono" title={pool.latestImage === null ? `${pool.image} · ${m.inventory.newest}` : `${pool.image} · ${m.inventory.newer(pool.latestImage)}`}>
        <span className="row gap4">{shortImage(pool.image)}{pool.latestImage !== null && <ArrowCircleUp16Regular className="brandc" aria-label={m.inventory.newer(pool.latestImage)} />}</span>
      </td>
      <td className="r"><ImageAge publishedAt={pool.imagePublishedAt} /></td>
      <td className={pool.skew !== null && pool.skew > 0 ? 'warn' : ''} title={pool.skew !== null && pool.skew > 0 ? m.inventory.behind(pool.skew) : undefined}>{pool.kubernetesVersion ?? <span className="unk">{m.unit.unknown}</span>}</td>
      <td className="dim">{cluster.nodeImageChannel ?? m.unit.unknown}</td>
      <td><EvidenceOrCause grade={pool.grade} cause={pool.cause} reason={pool.reason} /></td>
      <td className="r"><CveCount n={pool.openVulnerabilities} lowerBound={pool.notAssessedNodes > 0} /></td>
      <td className="r dim"><AssessedAt at={pool.lastAssessedAt} /></td>
    </tr>
  );
}

function PoolNodes({ pool }: { readonly pool: InventoryPool }) {
  const m = useMessages();
  const query = useInfiniteQuery(nodesQuery({ poolId: pool.poolId, limit: 100 }));
  if (query.data === undefined) return <tr><td colSpan={11} className="dim level2" role={query.error === null ? 'status' : 'alert'}>{query.error === null ? m.view.loading : failureText(m, query.error)}</td></tr>;
  const nodes = query.data.pages.flatMap((page) => page.nodes);
  const total = query.data.pages[0]?.total ?? 0;
  return (
    <>
      {nodes.map((node) => <NodeRow key={node.id} node={node} pool={pool} />)}
      {query.hasNextPage && <tr><td colSpan={11}><More pages={query} shown={nodes.length} total={total} /></td></tr>}
    </>
  );
}

/** A node's name without what it shares with its pool's other nodes. */
const ending = (name: string): string => /-(vmss[0-9a-z]+)$/.exec(name)?.[1] ?? name;

function NodeRow({ node, pool }: { readonly node: FleetNode; readonly pool: InventoryPool }) {
  const m = useMessages();
  return (
    <tr>
      <th scope="row" className="mono"><span className="level2"><Link to={nodePath(node.id)} title={node.name}>{ending(node.name)}</Link></span></th>
      <td><NodeStateTag state={node.state} /></td>
      <td />
      <td className="dim mono" colSpan={2} title={node.image === pool.image ? m.inventory.asPool : node.image}>{node.kernelRelease ?? m.unit.unknown}{node.image !== pool.image && ` · ${shortImage(node.image)}`}</td>
      <td />
      <td className="dim">{node.kubeletVersion?.replace(/^v/, '') ?? m.unit.unknown}</td>
      <td />
      <td><EvidenceOrCause grade={node.grade} cause={node.cause} reason={node.reason} /></td>
      <td className="r"><CveCount n={node.openVulnerabilities} lowerBound={node.state === 'not-assessed'} /></td>
      <td className="r dim"><AssessedAt at={node.lastAssessedAt} /></td>
    </tr>
  );
}
