import type { FleetNode } from '@nodeward/api';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type MouseEvent } from 'react';
import { Link, useNavigate } from 'react-router';
import { type NodeFilter, nodesQuery } from '../../api/queries.ts';
import { More } from '../../parts/more.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { NodeStateTag } from '../../parts/state-tag.tsx';
import { nodePath, poolPath } from '../../paths.ts';
import { usePreferences } from '../../preferences.tsx';
import { FailureView, LoadingView } from '../../shell/query-view.tsx';
import { AssessedAt, CveCount, EvidenceOrCause } from './node-cells.tsx';

/** The nodes that the filter leaves, over all clusters. */
export function NodeList({ filter }: { readonly filter: NodeFilter }) {
  const { m, language } = usePreferences();
  const query = useInfiniteQuery(nodesQuery(filter));
  if (query.data === undefined) return query.error === null ? <LoadingView /> : <FailureView error={query.error} retry={() => void query.refetch()} />;
  const nodes = query.data.pages.flatMap((page) => page.nodes);
  const total = query.data.pages[0]?.total ?? 0;
  const c = m.inventory.columns;
  return (
    <>
      <div className="listhead"><span className="lbl" role="status" data-total={total}>{nodes.length < total ? m.list.shown(nodes.length, m.unit.node(total)) : m.unit.node(total)}</span></div>
      <div className="tw" role="region" tabIndex={0} aria-label={m.inventory.nodes}>
        <table className="tbl" style={{ minWidth: 1200 }} aria-label={m.inventory.nodes}>
          <colgroup>
            <col style={{ width: '18%' }} />
            <col style={{ width: language === 'ja' ? 88 : 128 }} />
            <col />
            <col style={{ width: 136 }} />
            <col style={{ width: 134 }} />
            <col style={{ width: 74 }} />
            <col style={{ width: 236 }} />
            <col style={{ width: language === 'ja' ? 70 : 78 }} />
            <col style={{ width: language === 'ja' ? 88 : 104 }} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">{c.node}</th>
              <th scope="col">{c.state}</th>
              <th scope="col">{c.pool}</th>
              <th scope="col">{c.image}</th>
              <th scope="col">{c.kernel}</th>
              <th scope="col">{m.node.kubelet}</th>
              <th scope="col">{c.evidence}</th>
              <th scope="col" className="r">{c.cves}</th>
              <th scope="col" className="r">{c.assessed}</th>
            </tr>
          </thead>
          <tbody>{nodes.map((node) => <NodeRow key={node.id} node={node} />)}</tbody>
        </table>
        {nodes.length === 0 && <div className="state-page"><p className="sub">{m.inventory.noneMatch}</p></div>}
        <More pages={query} shown={nodes.length} total={total} />
      </div>
    </>
  );
}

function NodeRow({ node }: { readonly node: FleetNode }) {
  const { m } = usePreferences();
  const navigate = useNavigate();
  const open = (event: MouseEvent) => {
    if (event.target instanceof Element && event.target.closest('a,button') === null) void navigate(nodePath(node.id));
  };
  return (
    <tr className="click" onClick={open}>
      <th scope="row" className="mono"><Link to={nodePath(node.id)}>{node.name}</Link></th>
      <td><NodeStateTag state={node.state} /></td>
      <td><Link to={poolPath(node.poolId)}>{node.pool}</Link> <span className="dim">· <span className="whole">{node.cluster}</span></span></td>
      <td className="mono" title={node.image}>{shortImage(node.image)}</td>
      <td className="mono dim">{node.kernelRelease ?? m.unit.unknown}</td>
      <td>{node.kubeletVersion?.replace(/^v/, '') ?? <span className="unk">{m.unit.unknown}</span>}</td>
      <td><EvidenceOrCause grade={node.grade} cause={node.cause} reason={node.reason} /></td>
      <td className="r"><CveCount n={node.openVulnerabilities} lowerBound={node.state === 'not-assessed'} /></td>
      <td className="r dim"><AssessedAt at={node.lastAssessedAt} /></td>
    </tr>
  );
}
