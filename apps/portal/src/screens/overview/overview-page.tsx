import type { Overview } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { inventoryQuery, overviewQuery } from '../../api/queries.ts';
import { DatabaseFailure } from '../../parts/database-failure.tsx';
import { type FleetScope, ScopeContext, useFleetScope } from '../../parts/fleet-scope.ts';
import { ScopeFilters } from '../../parts/scope-filters.tsx';
import { NothingYet } from '../../parts/nothing-yet.tsx';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';
import { CoverageCard } from './coverage-card.tsx';
import { FeedsCard } from './feeds-card.tsx';
import { ImageAgeCard } from './image-age-card.tsx';
import { JobsCard } from './jobs-card.tsx';
import { OpenCvesCard } from './open-cves-card.tsx';
import { RankingCard } from './ranking-card.tsx';
import { TrendCard } from './trend-card.tsx';

/** 概要: the fleet in figures, each of which opens its list. */
export function OverviewPage() {
  const { m, time } = usePreferences();
  const scope = useFleetScope();
  const query = useQuery(overviewQuery(scope));
  const asOf = query.data === undefined ? undefined : <span className="lbl">{m.shell.asOf(time.full(query.data.asOf))}</span>;
  return (
    <Page gray trail={[['Nodeward', '/overview'], [m.shell.overview]]} title={m.shell.overview} right={asOf}>
      <QueryView query={query}>{(overview) => (overview.nodePools.total === 0 && Object.keys(scope).length === 0 ? <Empty /> : <Scoped overview={overview} scope={scope} />)}</QueryView>
    </Page>
  );
}

function Empty() {
  const m = useMessages();
  return (
    <>
      <DatabaseFailure />
      <NothingYet title={m.overview.emptyTitle} text={m.overview.emptyText} />
    </>
  );
}

/** With several connections, regions or clusters the figures can be confined; each link then carries the same scope. */
function Scoped({ overview, scope }: { readonly overview: Overview; readonly scope: FleetScope }) {
  const m = useMessages();
  const clusters = useQuery(inventoryQuery).data?.clusters ?? [];
  const scoped = Object.keys(scope).length > 0;
  return (
    <ScopeContext value={scope}>
      {(scoped || (overview.scope !== undefined && clusters.length > 1)) && (
        <div className="row wrap" role="group" aria-label={m.overview.scope}>
          <ScopeFilters clusters={clusters} scope={scope} />
          {scoped && <span className="lbl">{m.overview.scoped}</span>}
        </div>
      )}
      <Cards overview={overview} />
    </ScopeContext>
  );
}

/** With no more ranked pools than this the ranking is a short card: the small ones stand below it, and nothing is stretched. */
const fewRanked = 5;

function Cards({ overview }: { readonly overview: Overview }) {
  const short = overview.actions.length <= fewRanked;
  const small = (
    <div className="cards pair">
      <ImageAgeCard overview={overview} />
      <JobsCard overview={overview} />
    </div>
  );
  return (
    <>
      <DatabaseFailure />
      <div className="cards top3">
        <CoverageCard overview={overview} />
        <OpenCvesCard overview={overview} />
        <FeedsCard overview={overview} />
      </div>
      <div className={short ? 'cards halves short' : 'cards halves'}>
        <div className="col g12">
          <RankingCard overview={overview} />
          {short && small}
        </div>
        <div className="col g12">
          <TrendCard overview={overview} />
          {!short && small}
        </div>
      </div>
    </>
  );
}
