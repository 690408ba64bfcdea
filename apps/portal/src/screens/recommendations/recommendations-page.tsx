import { Button } from '@fluentui/react-components';
import type { FleetSummary, Recommendation } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { recommendationsQuery } from '../../api/queries.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';
import { RecommendationTable } from './recommendation-table.tsx';
import { SummaryCards } from './summary-cards.tsx';

export function RecommendationsPage() {
  const { m, time } = usePreferences();
  const query = useQuery(recommendationsQuery);
  const asOf = query.data === undefined ? undefined : <span className="lbl">{m.shell.asOf(time.full(query.data.asOf))}</span>;
  return (
    <Page gray trail={[['Nodeward', '/recommendations'], [m.shell.recommendations]]} title={m.shell.recommendations} subtitle={m.recommendation.review} right={asOf}>
      <QueryView query={query}>
        {({ recommendations, summary }) => (recommendations.length === 0 ? <NothingYet /> : <Content recommendations={recommendations} summary={summary} />)}
      </QueryView>
    </Page>
  );
}

function Content({ recommendations, summary }: { readonly recommendations: readonly Recommendation[]; readonly summary: FleetSummary }) {
  return (
    <>
      <SummaryCards summary={summary} recommendations={recommendations} />
      <RecommendationTable recommendations={recommendations} />
    </>
  );
}

function NothingYet() {
  const m = useMessages();
  const navigate = useNavigate();
  return (
    <div className="state-page">
      <EmptyPicture />
      <div>
        <h2>{m.recommendation.emptyTitle}</h2>
        <p className="sub">{m.recommendation.emptyText}</p>
      </div>
      <div className="cards three">
        {m.recommendation.steps.map(([title, text], index) => (
          <div key={title} className="card col g4">
            <span className="lbl">{m.recommendation.step(index + 1)}</span>
            <h3>{title}</h3>
            <p className="sub s12">{text}</p>
          </div>
        ))}
      </div>
      <Button appearance="primary" onClick={() => void navigate('/settings')}>{m.recommendation.toSettings}</Button>
    </div>
  );
}

function EmptyPicture() {
  return (
    <svg width="168" height="84" viewBox="0 0 168 84" aria-hidden fill="none" stroke="var(--colorNeutralStroke1)" strokeWidth="1.5">
      {[0, 1, 2].map((place) => (
        <g key={place} transform={`translate(${14 + place * 50} 12)`}>
          <path d="M20 0 40 11v24L20 46 0 35V11z" fill="var(--colorNeutralBackground1)" strokeDasharray="4 3" />
          <text x="20" y="29" textAnchor="middle" fontSize="15" fill="var(--unk)" stroke="none">?</text>
        </g>
      ))}
      <path d="M10 74h148" strokeDasharray="2 4" />
    </svg>
  );
}
