import { SearchBox } from '@fluentui/react-components';
import { useInfiniteQuery } from '@tanstack/react-query';
import { nodePackagesQuery } from '../../api/queries.ts';
import { useAddress } from '../../parts/address.ts';
import { More } from '../../parts/more.tsx';
import { Severity } from '../../parts/severity.tsx';
import { useMessages } from '../../preferences.tsx';
import { FailureView, LoadingView } from '../../shell/query-view.tsx';
import { OnlyVulnerable, usePackageFilter } from '../inventory/packages-page.tsx';

/** Every package of one node, with what is open in it. */
export function PackagesTab({ nodeId }: { readonly nodeId: string }) {
  const m = useMessages();
  const address = useAddress();
  const filter = usePackageFilter();
  const query = useInfiniteQuery(nodePackagesQuery(nodeId, filter));
  if (query.data === undefined) return query.error === null ? <LoadingView /> : <FailureView error={query.error} retry={() => void query.refetch()} />;
  const packages = query.data.pages.flatMap((page) => page.packages);
  const total = query.data.pages[0]?.total ?? 0;
  if (total === 0 && Object.keys(filter).length === 0) {
    return (
      <div className="state-page">
        <h2>{m.node.noPackages}</h2>
        <p className="sub">{m.node.noPackagesText}</p>
      </div>
    );
  }
  const c = m.packages.columns;
  return (
    <>
      <div className="chips" style={{ paddingInline: 20 }}>
        <SearchBox size="small" style={{ width: 250 }} placeholder={m.packages.search} aria-label={m.packages.search} value={address.text('q')} onChange={(_, { value }) => address.change({ q: value })} />
        <OnlyVulnerable />
        <span className="grow" />
        <span className="lbl" role="status" data-total={total}>{packages.length < total ? m.list.shown(packages.length, m.packages.count(total)) : m.packages.count(total)}</span>
      </div>
      <div className="tw" role="region" tabIndex={0} aria-label={m.packages.title}>
        <table className="tbl" style={{ minWidth: 900 }} aria-label={m.packages.title}>
          <colgroup><col /><col style={{ width: 230 }} /><col style={{ width: 110 }} /><col style={{ width: 190 }} /><col style={{ width: 90 }} /><col style={{ width: 136 }} /></colgroup>
          <thead>
            <tr>
              <th scope="col">{c.name}</th>
              <th scope="col">{c.version}</th>
              <th scope="col">{c.architecture}</th>
              <th scope="col">{c.source}</th>
              <th scope="col" className="r">{c.cves}</th>
              <th scope="col">{c.worst}</th>
            </tr>
          </thead>
          <tbody>
            {packages.map((row) => (
              <tr key={`${row.name} ${row.version} ${row.architecture}`}>
                <th scope="row">{row.name}</th>
                <td className="mono">{row.version}</td>
                <td className="dim">{row.architecture}</td>
                <td className="dim" title={row.sourceVersion}>{row.source}</td>
                <td className="r">{row.openVulnerabilities === null ? <span className="unk">{m.unit.unknown}</span> : row.openVulnerabilities === 0 ? <span className="dim">0</span> : <b>{m.unit.number(row.openVulnerabilities)}</b>}</td>
                <td>{row.worstSeverity === null ? <span className="dim">{m.unit.none}</span> : <Severity severity={row.worstSeverity} />}</td>
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
