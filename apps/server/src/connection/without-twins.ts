import { type DiscoveredNode, type Discovery, machineKey } from '@nodeward/providers';

export interface SplitDiscovery {
  /** Without the machines that another connection knows better, and without pools and clusters that hold nothing else. */
  readonly own: Discovery;
  /** By `machineKey`: what their Node objects tell. */
  readonly lent: ReadonlyMap<string, DiscoveredNode>;
}

/** A machine that Azure's own connection has found is counted there; the cluster's connection lends it the facts of its Node object. */
export function withoutTwins(discovery: Discovery, known: ReadonlySet<string>): SplitDiscovery {
  const lent = new Map<string, DiscoveredNode>();
  const isTwin = (node: DiscoveredNode): boolean => {
    const key = machineKey(node.providerId);
    if (key === undefined || !known.has(key)) return false;
    lent.set(key, node);
    return true;
  };
  const clusters = discovery.clusters.map((cluster) => {
    const pools = cluster.pools.map((pool) => ({ before: pool.nodes.length, pool: { ...pool, nodes: pool.nodes.filter((node) => !isTwin(node)) } }));
    return { before: cluster.pools.length, cluster: { ...cluster, pools: pools.flatMap(({ before, pool }) => (before > 0 && pool.nodes.length === 0 ? [] : [pool])) } };
  });
  return { own: { ...discovery, clusters: clusters.flatMap(({ before, cluster }) => (before > 0 && cluster.pools.length === 0 ? [] : [cluster])) }, lent };
}
