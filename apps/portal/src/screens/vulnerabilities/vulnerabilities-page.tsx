import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate, useParams } from 'react-router';
import { fleetVulnerabilitiesQuery, overviewQuery } from '../../api/queries.ts';
import { DatabaseFailure } from '../../parts/database-failure.tsx';
import { vulnerabilityPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { FailureView, LoadingView } from '../../shell/query-view.tsx';
import { VulnerabilityFilters } from './vulnerability-filters.tsx';
import { VulnerabilityPane } from './vulnerability-pane.tsx';
import { VulnerabilityTable } from './vulnerability-table.tsx';
import { useVulnerabilityFilter } from './vulnerability-filter.ts';

/** 脆弱性: every CVE of the fleet once, worst risk first, with a details pane. */
export function VulnerabilitiesPage() {
  const m = useMessages();
  const navigate = useNavigate();
  const { search } = useLocation();
  const { cve } = useParams();
  const filter = useVulnerabilityFilter();
  const query = useInfiniteQuery(fleetVulnerabilitiesQuery(filter));
  const rows = query.data?.pages.flatMap((page) => page.vulnerabilities) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  const unknown = useQuery(overviewQuery({})).data?.vulnerabilities === null;
  return (
    <Page
      trail={[['Nodeward', '/overview'], cve === undefined ? [m.shell.vulnerabilities] : [m.shell.vulnerabilities, `/vulnerabilities${search}`], ...(cve === undefined ? [] : [[cve] as const])]}
      title={m.shell.vulnerabilities}
      subtitle={m.vulnerabilities.subtitle}
      pane={
        cve !== undefined && (
          <VulnerabilityPane
            cve={cve}
            order={rows.map(({ vulnerability }) => vulnerability)}
            show={(id) => void navigate({ pathname: vulnerabilityPath(id), search }, { replace: true })}
            close={() => void navigate({ pathname: '/vulnerabilities', search })}
          />
        )
      }
    >
      <DatabaseFailure />
      <div className="col grow bleed listing fullbleed flushtop">
        <VulnerabilityFilters filter={filter} total={query.data === undefined ? undefined : unknown && total === 0 ? null : total} shown={rows.length} slim={cve !== undefined} />
        {query.data === undefined ? (
          query.error === null ? <LoadingView /> : <FailureView error={query.error} retry={() => void query.refetch()} />
        ) : (
          <VulnerabilityTable rows={rows} total={total} filter={filter} selected={cve} pages={query} />
        )}
      </div>
    </Page>
  );
}
