export { ApiError, ApiUnreachableError, type ApiClient, type ApiClientOptions, type CallArguments, type CallResult, createApiClient } from './client.ts';
export { type Endpoint, type EndpointName, type Endpoints, endpoints } from './endpoints.ts';
export { type ServerEvent, serverEvent } from './events.ts';
export { type Finding, type FindingList, finding, findingList, findingQuery, type Occurrence, type VulnerabilityDetails, vulnerabilityDetails } from './finding.ts';
export { type AssessmentSummary, assessmentSummary, type Connection, type CoverageEntry, connection, coverageEntry, type Node, node } from './fleet.ts';
export { type Candidate, candidate, type FixOverview, type ForecastRow, fixOverview, forecastRow } from './forecast.ts';
export { type Problem, problem } from './problem.ts';
export {
  type BestAction,
  bestAction,
  type FleetSummary,
  fleetSummary,
  type Recommendation,
  type RecommendationDetails,
  recommendation,
  recommendationDetails,
  recommendationList,
  type SeverityCounts,
  severityCounts,
} from './recommendation.ts';
export { type Plan, type PlanName, plan, planName, type Reassessment, reassessment, serverInformation } from './settings.ts';
export {
  type JobEvent,
  jobEvent,
  type LedgerRow,
  ledgerRow,
  type PreflightCheck,
  preflightCheck,
  type UpgradeJob,
  type UpgradeJobSummary,
  upgradeJob,
  upgradeJobRequest,
  upgradeJobSummary,
} from './upgrade-job.ts';
export {
  type CoverageReason,
  type CoverageState,
  coverageReason,
  coverageState,
  type EvidenceGrade,
  evidenceGrade,
  type FindingState,
  findingState,
  type JobState,
  jobState,
  type MatchRule,
  type MatchState,
  matchRule,
  matchState,
  type NodePhase,
  type NodeState,
  type NotEvaluatedCause,
  nodePhase,
  nodeState,
  notEvaluatedCause,
  type OperationKind,
  operationKind,
  type RecommendationState,
  recommendationState,
  type Severity,
  type SeveritySource,
  severity,
  severitySource,
  type Verdict,
  verdict,
} from './vocabulary.ts';
