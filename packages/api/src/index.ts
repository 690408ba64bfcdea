export { type AutoUpgrade, type AutoUpgradeInsight, type AutoUpgradeSettings, autoUpgrade, autoUpgradeInsight, autoUpgradeSettings, type ClusterChannel, clusterChannel, type MaintenanceWindow, maintenanceWindow, type NodeImageChannel, nodeImageChannel } from './auto-upgrade.ts';
export { ApiError, ApiUnreachableError, type ApiClient, type ApiClientOptions, type CallArguments, type CallResult, createApiClient } from './client.ts';
export {
  type AdvisorySource,
  advisorySource,
  type AdvisorySourceList,
  type AksSettings,
  aksSettings,
  type Connection,
  connection,
  connectionChange,
  type ConnectionIdentity,
  type ConnectionKind,
  connectionRequest,
  type ConnectionRequest,
  type ConnectionRights,
  connectionSettings,
  type ConnectionSettings,
  type ConnectionSettingsChange,
  type ConnectionTest,
  imagesSettings,
  type KubernetesSettings,
  kubernetesSettings,
  type RightPurpose,
} from './connection.ts';
export { type Endpoint, type EndpointName, type Endpoints, endpoints } from './endpoints.ts';
export { type ServerEvent, serverEvent } from './events.ts';
export { type Explanation, type ExplanationEntry, explanation } from './explanation.ts';
export { type FleetVulnerability, type FleetVulnerabilityDetails, type FleetVulnerabilityList, fleetVulnerability, fleetVulnerabilityDetails, fleetVulnerabilityList, fleetVulnerabilityQuery } from './fleet-vulnerability.ts';
export { type Finding, type FindingChangeReason, type FindingList, finding, findingChangeReason, findingList, findingQuery, type Occurrence, type RiskScore, riskScore, type VulnerabilityDetails, vulnerabilityDetails } from './finding.ts';
export { type AssessmentSummary, assessmentSummary, type CoverageEntry, coverageEntry, type Node, node } from './fleet.ts';
export { type Candidate, candidate, type FixOverview, type ForecastRow, fixOverview, forecastRow, type PlanStep, planStep, type PrintedCommand } from './forecast.ts';
export { type FleetNode, fleetNode, type InventoryCluster, type InventoryPool, type InventoryTree, inventoryTree, type NodeEvidence, type NodeList, nodeEvidence, nodeList, nodeQuery, type PackageList, packageList, packageQuery, type SearchHit, searchHit } from './inventory.ts';
export { type ImageAnswer, type ImageFamilyAnswer, imageAnswer } from './image-answer.ts';
export { type Overview, overview } from './overview.ts';
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
  type FactClass,
  factClass,
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
  type StepKind,
  stepKind,
  type Verdict,
  verdict,
} from './vocabulary.ts';
export { type Notification, type NotificationType, notification, notificationType, type Webhook, type WebhookDelivery, type WebhookWithSecret, webhook, webhookDelivery, webhookRequest, webhookWithSecret } from './webhook.ts';
