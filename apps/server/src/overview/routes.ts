import type { Overview } from '@nodeward/api';
import type { Transaction } from 'kysely';
import type { Schema } from '../database/schema.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Handlers } from '../http/handlers.ts';
import type { FleetScope } from '../database/fleet-scope.ts';
import { countNodes } from '../inventory/node-counts.ts';
import { freshnessOf } from '../recommendation/freshness.ts';
import { listRecommendations, type RecommendationRow, summarise } from '../recommendation/store.ts';
import { countLastWeek, countVulnerabilities } from '../vulnerability/counts.ts';
import { dayOf, pastDays } from './fleet-day.ts';
import { countJobs, recentJobs } from './jobs.ts';

export function overviewHandlers(deps: Dependencies): Pick<Handlers, 'getOverview'> {
  return {
    async getOverview({ query: scope }) {
      const now = deps.clock();
      // one snapshot: figures of different moments would not add up
      const snapshot = await deps.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute((db) => figures(db, scope, now, deps.freshnessIntervalHours));
      const { pools, ...told } = snapshot;
      return { ...told, ...(await actionsOf(deps, pools)), scope, asOf: now.toISOString() };
    },
  };
}

async function figures(db: Transaction<Schema>, scope: FleetScope, now: Date, intervalHours: number) {
  const pools = (await listRecommendations(db)).filter((pool) => isWithin(pool, scope));
  const nodes = await countNodes(db, now, scope);
  const vulnerabilities = await countVulnerabilities(db, scope);
  // days of the past were kept for the whole fleet
  const past = isWhole(scope) ? await pastDays(db, now) : [];
  return {
    pools,
    nodePools: summarise(pools).nodePools,
    ...nodes,
    vulnerabilities,
    freshness: countFreshness(pools, intervalHours, now),
    trend: vulnerabilities === null ? past : [...past, today(nodes.nodes, vulnerabilities, now)],
    lastWeek: await countLastWeek(db, now, scope),
    jobs: await countJobs(db),
    recentJobs: await recentJobs(db),
    feeds: await feedsOf(db),
  };
}

function isWithin(pool: RecommendationRow, { connectionId, clusterId, region }: FleetScope): boolean {
  return (connectionId ?? pool.connection_id) === pool.connection_id && (clusterId ?? pool.cluster_id) === pool.cluster_id && (region ?? pool.region) === pool.region;
}

function isWhole({ connectionId, clusterId, region }: FleetScope): boolean {
  return connectionId === undefined && clusterId === undefined && region === undefined;
}

function today({ healthy, unhealthy, notAssessed }: Overview['nodes'], { severities, open, noFix }: NonNullable<Overview['vulnerabilities']>, now: Date): Overview['trend'][number] {
  return { day: dayOf(now), severities, open, noFix, nodes: { healthy, unhealthy, notAssessed } };
}

function countFreshness(pools: readonly RecommendationRow[], intervalHours: number, now: Date): Overview['freshness'] {
  const states = pools.map((pool) => freshnessOf({ oldest: pool.oldest_assessed, unreadNodes: pool.unread_nodes }, intervalHours, now));
  const count = (state: (typeof states)[number]): number => states.filter((each) => each === state).length;
  return { fresh: count('fresh'), stale: count('stale'), unknown: count('unknown') };
}

async function feedsOf(db: Transaction<Schema>): Promise<Overview['feeds']> {
  const connections = await db.selectFrom('connection').select(['id', 'name', 'advisory_state', 'advisory_feeds']).where('configured', '=', true).orderBy('name').orderBy('id').execute();
  return connections.flatMap(({ id, name, advisory_state: state, advisory_feeds: feeds }) =>
    feeds.map((feed) => ({ connectionId: id, connection: name, state, name: feed.name, newest: feed.newest, checkedAt: feed.checkedAt, records: feed.records })),
  );
}

/** What fixes most comes first; of equals what introduces least. */
async function actionsOf(deps: Dependencies, pools: readonly RecommendationRow[]): Promise<Pick<Overview, 'actions' | 'forecastsKnown'>> {
  const told = await deps.forecasts.bestActions(pools.map(({ id }) => id));
  const actions = pools.flatMap(({ id, pool, cluster }) => {
    const action = told.get(id)?.action ?? null;
    return action === null || action.fixed === 0 ? [] : [{ poolId: id, pool, cluster, action }];
  });
  return {
    actions: actions.toSorted((a, b) => b.action.fixed - a.action.fixed || a.action.introduced - b.action.introduced),
    forecastsKnown: pools.every(({ id, state }) => state !== 'unhealthy' || told.get(id)?.known === true),
  };
}
