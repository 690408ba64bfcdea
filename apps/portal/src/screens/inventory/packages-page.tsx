import { SearchBox } from '@fluentui/react-components';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { fleetPackagesQuery } from '../../api/queries.ts';
import { useAddress } from '../../parts/address.ts';
import { More } from '../../parts/more.tsx';
import { listPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { FailureView, LoadingView } from '../../shell/query-view.tsx';
import { InventoryTabs } from './inventory-tabs.tsx';

/** Installed software over the fleet: which version is where. */
export function PackagesPage() {
  const m = useMessages();
  const address = useAddress();
  return (
    <Page trail={[['Nodeward', '/overview'], [m.shell.inventory, '/inventory'], [m.packages.title]]} title={m.shell.inventory} subtitle={m.packages.subtitle}>
      <div className="col grow bleed listing fullbleed flushtop">
        <InventoryTabs tab="packages" />
        <div className="chips" style={{ paddingInline: 20 }}>
          <SearchBox size="small" style={{ width: 250 }} placeholder={m.packages.search} aria-label={m.packages.search} value={address.text('q')} onChange={(_, { value }) => address.change({ q: value })} />
          <OnlyVulnerable />
        </div>
        <PackageTable />
      </div>
    </Page>
  );
}

export function OnlyVulnerable() {
  const m = useMessages();
  const address = useAddress();
  const on = address.text('vulnerable') === 'yes';
  return <button type="button" className="chip" aria-pressed={on} onClick={() => address.change({ vulnerable: on ? undefined : 'yes' })}>{m.packages.onlyVulnerable}</button>;
}

/** What the package lists are asked for, as the address says it. */
export function usePackageFilter() {
  const address = useAddress();
  const search = address.text('q').trim();
  return { ...(search === '' ? {} : { search }), ...(address.text('vulnerable') === 'yes' ? { vulnerable: 'true' as const } : {}) };
}

/** Pools that a row names; the rest are a number. */
const shownPools = 4;

function PackageTable() {
  const m = useMessages();
  const query = useInfiniteQuery(fleetPackagesQuery(usePackageFilter()));
  if (query.data === undefined) return query.error === null ? <LoadingView /> : <FailureView error={query.error} retry={() => void query.refetch()} />;
  const packages = query.data.pages.flatMap((page) => page.packages);
  const total = query.data.pages[0]?.total ?? 0;
  const c = m.packages.columns;
  return (
    <>
      <div className="listhead"><span className="lbl" role="status" data-total={total}>{packages.length < total ? m.list.shown(packages.length, m.packages.count(total)) : m.packages.count(total)}</span></div>
      <div className="tw" role="region" tabIndex={0} aria-label={m.packages.title}>
        <table className="tbl" style={{ minWidth: 900 }} aria-label={m.packages.title}>
          <colgroup><col style={{ width: 240 }} /><col style={{ width: 220 }} /><col style={{ width: 170 }} /><col style={{ width: 80 }} /><col /></colgroup>
          <thead>
            <tr>
              <th scope="col">{c.name}</th>
              <th scope="col">{c.version}</th>
              <th scope="col">{c.source}</th>
              <th scope="col" className="r">{c.nodes}</th>
              <th scope="col">{c.pools}</th>
            </tr>
          </thead>
          <tbody>
            {packages.map(({ name, version, source, nodes, pools }) => (
              <tr key={`${name} ${version}`}>
                <th scope="row">{name}</th>
                <td className="mono">{version}</td>
                <td className="dim">{source}</td>
                <td className="r">{m.unit.number(nodes)}</td>
                <td>
                  <span className="row wrap" style={{ gap: '0 10px' }}>
                    {pools.slice(0, shownPools).map((pool) => <Link key={pool.poolId} to={listPath('/inventory', { poolId: pool.poolId })} title={pool.cluster}>{m.packages.poolNodes(pool.pool, pool.nodes)}</Link>)}
                    {pools.length > shownPools && <span className="dim" title={pools.slice(shownPools).map(({ pool, cluster }) => `${pool} · ${cluster}`).join(', ')}>{m.packages.morePools(pools.length - shownPools)}</span>}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {packages.length === 0 && <div className="state-page"><p className="sub">{m.packages.noneMatch}</p></div>}
        <More pages={query} shown={packages.length} total={total} />
      </div>
    </>
  );
}
