import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { AssessmentSummary, Connection, FindingChangeReason, FindingState, ForecastRow, JobEvent, JobState, LedgerRow, MatchState, NodePhase, NodeState, NotEvaluatedCause, Notification, NotificationType, OperationKind, Overview, PlanName, PreflightCheck, RecommendationState, Severity, SeverityCounts, SeveritySource, UpgradeJob, WebhookDelivery } from '@nodeward/api';
import type { ComponentFamily, ComponentFile, ComponentVersionSource, CoverageEntry, CoverageReason, EvidenceGrade, FactClass, ForecastCounts, GoModule, KernelState, MatchedPackage, MatchReason, MatchRule, NodeMatch, OperatingSystem, RunningKernel } from '@nodeward/engine';
import type { AutoUpgrade as ProviderAutoUpgrade, KubernetesUpgrade, PoolManager } from '@nodeward/providers';

/** Written as JSON text, read as a value: `pg` would turn an array into a PostgreSQL array. */
export type Json<T> = ColumnType<T, string, string>;
type JsonWithDefault<T> = ColumnType<T, string | undefined, string>;
type Instant = ColumnType<Date, Date, Date>;
/** `pg` gives 64-bit integers as text. */
type Bigint = ColumnType<string, number | undefined, number>;

export interface ConnectionTable {
  id: string;
  kind: Connection['kind'];
  name: string;
  location: string | null;
  configured: Generated<boolean>;
  origin: Generated<Connection['origin']>;
  identity: Generated<Connection['identity']>;
  settings: JsonWithDefault<unknown>;
  environment: Generated<string[]>;
  named: Generated<boolean>;
  secret: Buffer | null;
  paused: Generated<boolean>;
  created_at: Generated<Date>;
  state: Generated<Connection['state']>;
  failure_code: string | null;
  failure_detail: string | null;
  can_upgrade: Generated<boolean>;
  last_discovered_at: Instant | null;
  advisory_folder: string | null;
  advisory_purpose: 'production' | 'sample' | null;
  advisory_state: Generated<'ok' | 'failed'>;
  advisory_revision: string | null;
  advisory_failure: string | null;
  advisory_feeds: JsonWithDefault<Connection['advisoryDatabase']['feeds']>;
}

export interface ClusterTable {
  id: string;
  connection_id: string;
  name: string;
  kubernetes_version: string | null;
  region: string | null;
  control_plane_upgrades: JsonWithDefault<readonly string[]>;
  auto_upgrade: Json<ProviderAutoUpgrade> | null;
  can_change_auto_upgrade: Generated<boolean>;
  gone_at: Instant | null;
}

export interface NodePoolTable {
  id: string;
  cluster_id: string;
  name: string;
  image: string;
  kubernetes_version: string | null;
  newer_images: JsonWithDefault<readonly string[]>;
  operations: JsonWithDefault<readonly OperationKind[]>;
  kubernetes_upgrades: JsonWithDefault<readonly KubernetesUpgrade[]>;
  operating_system: 'linux' | 'windows' | null;
  os_disk: 'managed' | 'ephemeral' | null;
  manager: PoolManager | null;
  coordinates: JsonWithDefault<Readonly<Record<string, string>>>;
  image_published_at: Instant | null;
  exploited_vulnerabilities: number | null;
  gone_at: Instant | null;
  state: Generated<RecommendationState>;
  cause: NotEvaluatedCause | null;
  cause_nodes: number | null;
  risk_level: Severity | null;
  state_changed_at: Instant | null;
  nodes: Generated<number>;
  unhealthy_nodes: Generated<number>;
  not_assessed_nodes: Generated<number>;
  open_vulnerabilities: number | null;
  no_fix_vulnerabilities: number | null;
  severities: Json<SeverityCounts> | null;
}

export interface NodeTable {
  id: string;
  pool_id: string;
  name: string;
  image: string;
  kernel_release: string | null;
  kubelet_version: string | null;
  container_runtime_version: string | null;
  operating_system: 'linux' | 'windows' | null;
  os_image: string | null;
  architecture: string | null;
  provider_id: string | null;
  security_patch: string | null;
  lent_by: string | null;
  evidence_token: string;
  gone_at: Instant | null;
  assessment_id: string | null;
  assessed_token: string | null;
  assessed_cause: NotEvaluatedCause | null;
  state: Generated<NodeState>;
  cause: NotEvaluatedCause | null;
}

export interface InventoryTable {
  id: string;
  operating_system: Json<OperatingSystem>;
  ecosystem: string | null;
  packages: number;
  first_seen_at: Instant;
}

export interface InventoryPackageTable {
  inventory_id: string;
  name: string;
  version: string;
  architecture: string;
  source: string;
  source_version: string;
  source_known: boolean;
}

export interface InventoryComponentTable {
  inventory_id: string;
  family: ComponentFamily;
  name: string;
  path: string;
  version: string | null;
  version_from: ComponentVersionSource | null;
  package: string | null;
  main_module: string | null;
  go_version: string | null;
  modules: Json<readonly GoModule[]> | null;
}

export interface MatchSetTable {
  id: string;
  inventory_id: string;
  revision: string;
  running_kernel: string;
  kubelet_version: Generated<string>;
  matched_at: Instant;
  complete: boolean;
  coverage: JsonWithDefault<readonly CoverageEntry[]>;
}

/** Sets whose rows are in `match`. */
export interface MatchRowsTable {
  match_set_id: string;
  wanted_at: Instant;
}

export interface MatchTable {
  match_set_id: string;
  vulnerability: string;
  package_family: string;
  source_package: string;
  installed_version: string;
  kernel_release: Generated<string>;
  kernel: KernelState | null;
  fixed_version: string | null;
  state: MatchState;
  reason: MatchReason | null;
  severity: Severity;
  severity_source: SeveritySource;
  cvss: Json<readonly string[]>;
  reboot_fixes: Generated<boolean>;
  advisory: string;
  rule: MatchRule;
  packages: Json<readonly MatchedPackage[]>;
  fact_class: FactClass;
  component: Generated<string>;
  exploited: boolean | null;
  epss: number | null;
}

export interface AssessmentTable {
  id: string;
  node_id: string;
  reassessment_id: string | null;
  job_id: string | null;
  state: AssessmentSummary['state'];
  trigger: AssessmentSummary['trigger'];
  grade: EvidenceGrade | null;
  cause: NotEvaluatedCause | null;
  reason: CoverageReason | null;
  group_id: string | null;
  detail: string | null;
  complete: Generated<boolean>;
  inventory_id: string | null;
  match_set_id: string | null;
  revision: string | null;
  running_kernel: string | null;
  running_kernel_from: RunningKernel['from'] | null;
  kubelet_version: string | null;
  evidence_paths: JsonWithDefault<Partial<Record<FactClass, string>>>;
  component_files: JsonWithDefault<readonly ComponentFile[]>;
  reading_id: string | null;
  coverage: JsonWithDefault<readonly CoverageEntry[]>;
  read_classes: ColumnType<FactClass[], string[] | undefined, string[]>;
  node_image: string | null;
  evidence_token: string | null;
  bytes_read: Bigint;
  requests: Generated<number>;
  queued_at: Instant;
  evidence_at: Instant | null;
  finished_at: Instant | null;
}

export interface NodeClassTable {
  node_id: string;
  fact_class: FactClass;
  assessment_id: string;
  match_set_id: string;
  grade: EvidenceGrade;
  assessed_at: Instant;
  untold: ColumnType<string[], string[] | undefined, string[]>;
}

export interface FindingTable {
  id: string;
  pool_id: string;
  package_family: string;
  vulnerability: string;
  source_package: string;
  severity: Severity;
  severity_source: SeveritySource;
  cvss: Json<readonly string[]>;
  installed_versions: Json<readonly string[]>;
  fixed_version: string | null;
  match_state: MatchState;
  rule: MatchRule;
  packages: Json<readonly MatchedPackage[]>;
  state: FindingState;
  fact_class: FactClass;
  advisory: string;
  component: Generated<string>;
  exploited: boolean | null;
  epss: number | null;
  told_exploited: Generated<boolean>;
  told_critical: Generated<boolean>;
  nodes: number;
  first_seen_at: Instant;
  last_seen_at: Instant;
  resolved_at: Instant | null;
}

export interface FindingEventTable {
  finding_id: string;
  at: Instant;
  from_state: FindingState | null;
  to_state: FindingState;
  job_id: string | null;
  reason: FindingChangeReason | null;
}

export interface ImageReadingTable {
  pool_id: string;
  image: string;
  kubelet_version: Generated<string>;
  inventory_id: string | null;
  match_set_id: string | null;
  grade: EvidenceGrade | null;
  running_kernel: string | null;
  coverage: JsonWithDefault<readonly CoverageEntry[]>;
  evidence_paths: JsonWithDefault<Partial<Record<FactClass, string>>>;
  component_files: JsonWithDefault<readonly ComponentFile[]>;
  unknown_code: 'image-not-published' | 'unreadable' | 'no-advisories' | null;
  unknown_detail: string | null;
  read_at: Instant;
}

export interface PlanTable {
  name: PlanName;
  agentless_scanning: boolean;
  changed_at: Instant | null;
}

export interface ReassessmentTable {
  id: string;
  scope_kind: 'node' | 'pool' | 'connection';
  scope_id: string;
  scope_name: string;
  state: 'running' | 'succeeded' | 'cancelled';
  cancel_requested: Generated<boolean>;
  total: number;
  started_at: Instant;
  finished_at: Instant | null;
}

/** The forecast as it stood when the job began: what the ledger compares with. */
export interface PredictedRows {
  readonly before: readonly NodeMatch[];
  readonly fixed: readonly RowKey[];
  readonly remaining: readonly RowKey[];
  readonly introduced: readonly RowKey[];
}

export interface RowKey {
  readonly packageFamily: string;
  readonly vulnerability: string;
}

export type JobFailure = NonNullable<UpgradeJob['failure']>;

/** One step of a job's plan; the operation is the provider's. */
export type JobStep = UpgradeJob['steps'][number] & { readonly operationId: string | null };

export interface UpgradeJobTable {
  id: string;
  pool_id: string;
  kind: OperationKind;
  from_image: string;
  target: string | null;
  acknowledged: Generated<boolean>;
  retry_of: string | null;
  state: JobState;
  preflight: JsonWithDefault<readonly PreflightCheck[]>;
  predicted: Json<ForecastCounts> | null;
  predicted_rows: Json<PredictedRows> | null;
  operation_id: string | null;
  steps: JsonWithDefault<readonly JobStep[]>;
  image: string | null;
  failure: Json<JobFailure> | null;
  residual: JsonWithDefault<readonly ForecastRow[]>;
  created_at: Instant;
  started_at: Instant | null;
  finished_at: Instant | null;
}

export interface UpgradeJobNodeTable {
  job_id: string;
  node: string;
  phase: NodePhase;
  started_at: Instant | null;
  finished_at: Instant | null;
}

export interface UpgradeJobEventTable {
  job_id: string;
  key: string;
  at: Instant;
  code: JobEvent['code'];
  node: string | null;
  detail: string | null;
}

/** A pool that somebody else has changed. */
export interface ObservedUpgradeTable {
  id: string;
  pool_id: string;
  kind: Extract<OperationKind, 'node-image' | 'kubernetes'>;
  from_image: string;
  image: string;
  kubelet_version: string;
  predicted: Json<ForecastCounts>;
  predicted_rows: Json<PredictedRows>;
  seen_at: Instant;
  state: Generated<'verifying' | 'verified' | 'superseded'>;
  settled_at: Instant | null;
}

export interface LedgerTable {
  job_id: string | null;
  observed_upgrade_id: string | null;
  pool_id: string;
  finished_at: Instant;
  predicted: Json<LedgerRow['predicted']>;
  actual: Json<LedgerRow['actual']>;
  missed: Json<LedgerRow['missed']>;
  precision: number | null;
  independent: Generated<boolean>;
}

export interface FleetDayTable {
  day: ColumnType<string, string, string>;
  severities: Json<SeverityCounts>;
  open: number;
  no_fix: number;
  nodes: Json<Overview['trend'][number]['nodes']>;
  updated_at: Instant;
}

export interface WebhookTable {
  id: string;
  name: string;
  url: string;
  types: Json<readonly NotificationType[]>;
  enabled: Generated<boolean>;
  secret: Buffer;
  created_at: Instant;
}

export interface NotificationTable {
  id: string;
  key: string;
  type: NotificationType;
  body: Json<Notification>;
  created_at: Instant;
}

export interface WebhookDeliveryTable {
  id: string;
  webhook_id: string;
  notification_id: string;
  state: WebhookDelivery['state'];
  attempts: Generated<number>;
  next_attempt_at: Instant | null;
  delivered_at: Instant | null;
  last_status: number | null;
  last_error: string | null;
  created_at: Instant;
}

/** The tables of `migrations/`, for Kysely. */
export interface Schema {
  connection: ConnectionTable;
  cluster: ClusterTable;
  node_pool: NodePoolTable;
  node: NodeTable;
  inventory: InventoryTable;
  inventory_package: InventoryPackageTable;
  inventory_component: InventoryComponentTable;
  match_set: MatchSetTable;
  match_rows: MatchRowsTable;
  match: MatchTable;
  assessment: AssessmentTable;
  node_class: NodeClassTable;
  finding: FindingTable;
  finding_event: FindingEventTable;
  image_reading: ImageReadingTable;
  plan: PlanTable;
  reassessment: ReassessmentTable;
  upgrade_job: UpgradeJobTable;
  upgrade_job_node: UpgradeJobNodeTable;
  upgrade_job_event: UpgradeJobEventTable;
  ledger: LedgerTable;
  observed_upgrade: ObservedUpgradeTable;
  fleet_day: FleetDayTable;
  webhook: WebhookTable;
  notification: NotificationTable;
  webhook_delivery: WebhookDeliveryTable;
}

/** What every store function takes first: the database or a transaction of it. */
export type Database = Kysely<Schema> | Transaction<Schema>;
