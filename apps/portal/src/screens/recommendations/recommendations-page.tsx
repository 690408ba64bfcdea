import type { FleetSummary, Recommendation } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { recommendationsQuery } from '../../api/queries.ts';
import { DatabaseFailure } from '../../parts/database-failure.tsx';
import { NothingYet } from '../../parts/nothing-yet.tsx';
import { usePreferences } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';
import { RecommendationTable } from './recommendation-table.tsx';
import { SummaryCards } from './summary-cards.tsx';

export function RecommendationsPage() {
  const { m, time } = usePreferences();
  const query = useQuery(recommendationsQuery);
  const asOf = query.data === undefined ? undefined : <span className="lbl">{m.shell.asOf(time.full(query.data.asOf))}</span>;
  return (
    <Page gray trail={[['Nodeward', '/overview'], [m.shell.recommendations]]} title={m.shell.recommendations} subtitle={m.recommendation.review} right={asOf}>
      <QueryView query={query}>
        {({ recommendations, summary }) => (recommendations.length === 0 ? <NothingYet title={m.recommendation.emptyTitle} text={m.recommendation.emptyText} /> : <Content recommendations={recommendations} summary={summary} />)}
      </QueryView>
    </Page>
  );
}

function Content({ recommendations, summary }: { readonly recommendations: readonly Recommendation[]; readonly summary: FleetSummary }) {
  return (
    <>
      <DatabaseFailure />
      <SummaryCards summary={summary} recommendations={recommendations} />
      <RecommendationTable recommendations={recommendations} />
    </>
  );
}
