import type { BestAction, FleetSummary, Recommendation } from '@nodeward/api';
import { nodesOfPool } from '../assessment/node-store.ts';
import type { BestKnownAction, Dependencies } from '../dependencies.ts';
import { NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { freshnessOf } from './freshness.ts';
import { countFindings, findRecommendation, listRecommendations, type RecommendationRow, summarise } from './store.ts';

export function recommendationHandlers(deps: Dependencies): Pick<Handlers, 'listRecommendations' | 'getRecommendation'> {
  return {
    async listRecommendations() {
      const now = deps.clock();
      const rows = await listRecommendations(deps.db);
      const actions = await deps.forecasts.bestActions(rows.map(({ id }) => id));
      const recommendations = rows.map((row) => toRecommendation(deps, row, actions, now));
      return { recommendations, summary: { ...summarise(rows), mostEffective: mostEffective(recommendations), forecastsKnown: forecastsKnown(recommendations) }, asOf: now.toISOString() };
    },

    async getRecommendation({ parameters: { poolId } }) {
      const row = await findRecommendation(deps.db, poolId);
      if (row === undefined) throw new NotFoundError('node pool', poolId);
      const [actions, nodes, counts] = await Promise.all([deps.forecasts.bestActions([poolId]), nodesOfPool(deps.db, poolId), countFindings(deps.db, poolId)]);
      return {
        recommendation: toRecommendation(deps, row, actions, deps.clock()),
        kubernetesVersion: row.kubernetes_version,
        region: row.region,
        grade: row.grade,
        freshnessIntervalHours: deps.freshnessIntervalHours,
        nodes,
        counts,
      };
    },
  };
}

const noVulnerabilities = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };

function toRecommendation(deps: Dependencies, row: RecommendationRow, actions: ReadonlyMap<string, BestKnownAction>, now: Date): Recommendation {
  const { action, known } = actions.get(row.id) ?? { action: null, known: false };
  return {
    poolId: row.id,
    pool: row.pool,
    clusterId: row.cluster_id,
    cluster: row.cluster,
    connectionId: row.connection_id,
    connectionKind: row.connection_kind,
    connection: row.connection,
    region: row.region,
    state: row.state,
    cause: row.cause,
    reason: row.reason,
    causeNodes: row.cause_nodes,
    riskLevel: row.risk_level,
    exploitedVulnerabilities: row.exploited_vulnerabilities,
    image: row.image,
    nodes: row.nodes,
    notAssessedNodes: row.not_assessed_nodes,
    openVulnerabilities: row.open_vulnerabilities,
    noFixVulnerabilities: row.no_fix_vulnerabilities,
    severities: row.severities ?? noVulnerabilities,
    bestAction: action,
    forecastKnown: known,
    activeJobId: row.active_job,
    freshness: freshnessOf({ oldest: row.oldest_assessed, unreadNodes: row.unread_nodes }, deps.freshnessIntervalHours, now),
    lastAssessedAt: row.last_assessed?.toISOString() ?? null,
    lastChangedAt: row.state_changed_at?.toISOString() ?? null,
  };
}

/** The step of the fleet that fixes most; of two, the one that introduces less. */
function mostEffective(recommendations: readonly Recommendation[]): FleetSummary['mostEffective'] {
  const [best] = recommendations
    .flatMap((recommendation) => (recommendation.bestAction === null ? [] : [{ recommendation, action: recommendation.bestAction }]))
    .filter(({ action }) => action.fixed > 0)
    .toSorted((a, b) => compare(a.action, b.action));
  if (best === undefined) return null;
  const { poolId, pool, cluster, image } = best.recommendation;
  return { poolId, pool, cluster, action: best.action, currentImage: image };
}

function forecastsKnown(recommendations: readonly Recommendation[]): boolean {
  return recommendations.every(({ state, forecastKnown }) => state !== 'unhealthy' || forecastKnown);
}

function compare(a: BestAction, b: BestAction): number {
  return b.fixed - a.fixed || a.introduced - b.introduced;
}
