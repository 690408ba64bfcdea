import type { InventoryTree } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { inventoryQuery } from '../../api/queries.ts';
import { useAddress } from '../../parts/address.ts';
import { CountLink } from '../../parts/count-link.tsx';
import { DatabaseFailure } from '../../parts/database-failure.tsx';
import { NothingYet } from '../../parts/nothing-yet.tsx';
import { NodeStateTag } from '../../parts/state-tag.tsx';
import { listPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';
import { isInScope, useFleetScope } from '../../parts/fleet-scope.ts';
import { InventoryTabs } from './inventory-tabs.tsx';
import { InventoryTreeTable } from './inventory-tree.tsx';
import { choosesNodes, NodeFilters, useNodeFilter } from './node-filters.tsx';
import { NodeList } from './node-list.tsx';

/** インベントリ: cluster, pool and node as a tree; with a filter, the nodes that it leaves. */
export function InventoryPage() {
  const m = useMessages();
  const query = useQuery(inventoryQuery);
  return (
    <Page
      trail={[['Nodeward', '/overview'], [m.shell.inventory]]}
      title={m.shell.inventory}
      {...(query.data === undefined ? {} : { subtitle: m.inventory.subtitle(query.data.counts.clusters, query.data.counts.nodePools, query.data.counts.nodes), right: <Sum tree={query.data} /> })}
    >
      <DatabaseFailure />
      <QueryView query={query}>{(tree) => (tree.clusters.length === 0 ? <NothingYet title={m.inventory.emptyTitle} text={m.inventory.emptyText} /> : <Content tree={tree} />)}</QueryView>
    </Page>
  );
}

function Sum({ tree: { counts } }: { readonly tree: InventoryTree }) {
  const m = useMessages();
  const states = [['unhealthy', counts.unhealthyNodes], ['healthy', counts.healthyNodes], ['not-assessed', counts.notAssessedNodes]] as const;
  return (
    <span className="row gap12 wrap">
      {states.map(([state, n]) => (
        <span key={state} className="row gap4"><NodeStateTag state={state} /><CountLink n={n} unit={m.unit.nodes(n)} to={listPath('/inventory', { state })} label={m.recommendationState[state === 'not-assessed' ? 'not-evaluated' : state]} /></span>
      ))}
      <span className="lbl">{m.inventory.sum(counts.nodes)}</span>
    </span>
  );
}

function Content({ tree }: { readonly tree: InventoryTree }) {
  const address = useAddress();
  const filter = useNodeFilter();
  const scope = useFleetScope();
  const flat = choosesNodes(filter) || address.oneOf('view', ['nodes']) === 'nodes';
  return (
    <div className="col grow bleed listing fullbleed flushtop">
      <InventoryTabs tab={flat ? 'nodes' : 'tree'} scope={scope} />
      <NodeFilters tree={tree} filter={filter} />
      {flat ? <NodeList filter={filter} /> : <InventoryTreeTable clusters={tree.clusters.filter((cluster) => isInScope(scope, cluster))} total={tree.clusters.length} />}
    </div>
  );
}
