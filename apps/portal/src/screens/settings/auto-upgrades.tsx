import { Button } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { InventoryCluster } from '@nodeward/api';
import { inventoryQuery } from '../../api/queries.ts';
import { autoUpgradePath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { QueryView } from '../../shell/query-view.tsx';

/** What each cluster upgrades by itself, and what to note about it. */
export function AutoUpgrades() {
  const m = useMessages();
  const query = useQuery(inventoryQuery);
  return (
    <section className="card col flush" aria-label={m.autoUpgrade.clusters}>
      <div className="cardhead"><h2>{m.autoUpgrade.clusters}</h2></div>
      <QueryView query={query}>{({ clusters }) => (clusters.length === 0 ? <p className="sub" style={{ padding: '0 16px 12px' }}>{m.inventory.emptyText}</p> : <ClusterTable clusters={clusters} />)}</QueryView>
    </section>
  );
}

const pageSize = 20;

/** What has something to note comes first, since of many clusters only the first are shown. */
function ClusterTable({ clusters }: { readonly clusters: readonly InventoryCluster[] }) {
  const [limit, setLimit] = useState(pageSize);
  const sorted = clusters.toSorted((left, right) => right.insights.length - left.insights.length);
  const { m, language } = usePreferences();
  const c = m.autoUpgrade.columns;
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={m.autoUpgrade.clusters}>
      <table className="tbl" style={{ minWidth: 880 }} aria-label={m.autoUpgrade.clusters}>
        <colgroup><col style={{ width: 300 }} /><col style={{ width: 120 }} /><col style={{ width: 130 }} /><col /><col style={{ width: language === 'ja' ? 80 : 90 }} /></colgroup>
        <thead>
          <tr>
            <th scope="col">{c.cluster}</th>
            <th scope="col">{c.clusterChannel}</th>
            <th scope="col">{c.imageChannel}</th>
            <th scope="col">{c.insights}</th>
            <th scope="col"><span className="sr">{m.autoUpgrade.change}</span></th>
          </tr>
        </thead>
        <tbody>{sorted.slice(0, limit).map((cluster) => <ClusterRow key={cluster.clusterId} cluster={cluster} />)}</tbody>
      </table>
      {sorted.length > limit && <div className="more"><Button size="small" onClick={() => setLimit(limit + 5 * pageSize)}>{m.inventory.moreClusters(sorted.length - limit)}</Button></div>}
    </div>
  );
}

function ClusterRow({ cluster }: { readonly cluster: InventoryCluster }) {
  const m = useMessages();
  const { clusterChannel, nodeImageChannel, insights } = cluster;
  const texts = insights.map((insight) => m.autoUpgrade.insight[insight]);
  return (
    <tr>
      <th scope="row" title={cluster.cluster}>{cluster.cluster}</th>
      <td>{clusterChannel ?? <span className="unk">{m.unit.unknown}</span>}</td>
      <td>{nodeImageChannel ?? <span className="unk">{m.unit.unknown}</span>}</td>
      <td className="wrap">{clusterChannel === null ? <span className="unk">{m.autoUpgrade.unknown}</span> : texts.length === 0 ? <span className="ok">{m.autoUpgrade.allWell}</span> : texts.map((text) => <div key={text}>{text}</div>)}</td>
      <td>{clusterChannel !== null && <Link to={autoUpgradePath(cluster.clusterId)} aria-label={m.autoUpgrade.changeOf(cluster.cluster)}>{m.autoUpgrade.change}</Link>}</td>
    </tr>
  );
}
