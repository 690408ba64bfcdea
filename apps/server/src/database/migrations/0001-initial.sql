-- Ids are text that the server derives (connection, cluster, pool, node: stable names; the rest: UUIDs).
-- Times are timestamptz. JSON columns hold values of the wire contract or of the engine's model, read whole.

create table connection (
  id text primary key,
  kind text not null check (kind in ('images', 'sample')),
  name text not null,
  location text,
  -- False for one that the configuration no longer names: kept, not shown.
  configured boolean not null default true,
  state text not null default 'discovering' check (state in ('ok', 'failed', 'discovering')),
  failure_code text,
  failure_detail text,
  can_upgrade boolean not null default false,
  last_discovered_at timestamptz,
  advisory_folder text,
  advisory_purpose text check (advisory_purpose in ('production', 'sample')),
  advisory_state text not null default 'failed' check (advisory_state in ('ok', 'failed')),
  advisory_revision text,
  advisory_failure text,
  advisory_feeds jsonb not null default '[]'
);

create table cluster (
  id text primary key,
  connection_id text not null references connection on delete cascade,
  name text not null,
  kubernetes_version text,
  region text,
  gone_at timestamptz,
  unique (connection_id, name)
);

-- state, cause, the counts, … are what the rules of design.md §2 gave when the pool was last reconciled.
create table node_pool (
  id text primary key,
  cluster_id text not null references cluster on delete cascade,
  name text not null,
  image text not null,
  kubernetes_version text,
  newer_images jsonb not null default '[]',
  operations jsonb not null default '[]',
  gone_at timestamptz,
  state text not null default 'not-evaluated' check (state in ('healthy', 'unhealthy', 'not-applicable', 'not-evaluated')),
  cause text default 'never-assessed',
  cause_nodes integer,
  risk_level text,
  state_changed_at timestamptz,
  nodes integer not null default 0,
  unhealthy_nodes integer not null default 0,
  not_assessed_nodes integer not null default 0,
  -- Null until a first node has been matched: unknown is not zero.
  open_vulnerabilities integer,
  no_fix_vulnerabilities integer,
  -- Open CVEs by severity: {"critical": 0, …}.
  severities jsonb,
  unique (cluster_id, name)
);

create table node (
  id text primary key,
  pool_id text not null references node_pool on delete cascade,
  name text not null,
  image text not null,
  kernel_release text,
  kubelet_version text,
  evidence_token text not null,
  gone_at timestamptz,
  -- The newest finished assessment, whatever its outcome.
  assessment_id text,
  -- What that assessment leaves open, and whether it saw the disk that the node has now.
  assessed_token text,
  assessed_cause text default 'never-assessed',
  state text not null default 'not-assessed' check (state in ('healthy', 'unhealthy', 'not-assessed')),
  cause text default 'never-assessed',
  unique (pool_id, name)
);
create index node_by_pool on node (pool_id) where gone_at is null;

-- Content-addressed: written once, never changed.
create table inventory (
  id text primary key,
  operating_system jsonb not null,
  ecosystem text,
  -- Packages, counted once.
  packages integer not null,
  first_seen_at timestamptz not null
);

create table inventory_package (
  inventory_id text not null references inventory on delete cascade,
  name text not null,
  version text not null,
  architecture text not null,
  source text not null,
  source_version text not null,
  source_known boolean not null,
  primary key (inventory_id, name, architecture, version)
);

-- The rows of one inventory × advisory database revision × running kernel: a thousand nodes of one image that run the
-- same kernel share one set, and an occurrence is a join (node ⋈ node_class ⋈ match), never a stored row.
create table match_set (
  -- Hash of the three columns below.
  id text primary key,
  inventory_id text not null references inventory on delete cascade,
  revision text not null,
  -- `uname -r`; empty where nothing says which kernel runs.
  running_kernel text not null,
  matched_at timestamptz not null,
  -- False where coverage or an undetermined row leaves something open.
  complete boolean not null,
  -- Packages of vendors without a feed, sources that nobody names: coverage that the match gave.
  coverage jsonb not null default '[]',
  unique (inventory_id, revision, running_kernel)
);

create table match (
  match_set_id text not null references match_set on delete cascade,
  vulnerability text not null,
  package_family text not null,
  source_package text not null,
  installed_version text not null,
  -- Of the kernel image that the row speaks of; empty for everything else.
  kernel_release text not null default '',
  kernel text check (kernel in ('running', 'standby', 'stale')),
  fixed_version text,
  state text not null,
  reason text,
  severity text not null,
  severity_source text not null,
  cvss jsonb not null,
  -- A newer kernel without this vulnerability is on the disk: only a boot is missing.
  reboot_fixes boolean not null default false,
  advisory text not null,
  rule text not null,
  packages jsonb not null,
  fact_class text not null check (fact_class in ('os-packages', 'kernel', 'node-components', 'go-modules')),
  primary key (match_set_id, vulnerability, source_package, installed_version, kernel_release)
);
create index match_by_vulnerability on match (vulnerability);

-- One run over one node's evidence. The primary key is given by the workflow, so that a repeated step writes once.
create table assessment (
  id text primary key,
  node_id text not null references node on delete cascade,
  reassessment_id text,
  job_id text,
  state text not null check (state in ('queued', 'reading', 'matching', 'succeeded', 'partial', 'failed', 'cancelled')),
  trigger text not null check (trigger in ('first', 'changed', 'scheduled', 'manual', 'verification', 'advisories')),
  grade text,
  cause text,
  detail text,
  complete boolean not null default false,
  inventory_id text references inventory,
  match_set_id text references match_set,
  revision text,
  running_kernel text,
  running_kernel_from text,
  kubelet_version text,
  evidence_paths jsonb not null default '{}',
  -- Of the reading alone; the match set adds its own.
  coverage jsonb not null default '[]',
  -- Fact classes that were read; a finding may close only on an assessment that read its class.
  read_classes text[] not null default '{}',
  node_image text,
  evidence_token text,
  bytes_read bigint not null default 0,
  requests integer not null default 0,
  queued_at timestamptz not null,
  -- When the evidence was read: a new match of old evidence makes nothing fresher.
  evidence_at timestamptz,
  finished_at timestamptz
);
create index assessment_by_node on assessment (node_id, queued_at desc);
create index assessment_by_reassessment on assessment (reassessment_id) where reassessment_id is not null;
create index assessment_by_job on assessment (job_id) where job_id is not null;
create index assessment_unfinished on assessment (node_id) where state in ('queued', 'reading', 'matching');

-- Which rows hold for each fact class of a node: those of the newest assessment that read the class. What an
-- assessment did not read keeps its older rows, so that absence closes a finding only where somebody looked.
create table node_class (
  node_id text not null references node on delete cascade,
  fact_class text not null,
  assessment_id text not null references assessment on delete cascade,
  match_set_id text not null references match_set on delete cascade,
  grade text not null,
  assessed_at timestamptz not null,
  primary key (node_id, fact_class)
);
create index node_class_by_set on node_class (match_set_id);

create table finding (
  id text primary key,
  pool_id text not null references node_pool on delete cascade,
  package_family text not null,
  vulnerability text not null,
  source_package text not null,
  severity text not null,
  severity_source text not null,
  cvss jsonb not null,
  installed_versions jsonb not null,
  fixed_version text,
  match_state text not null,
  rule text not null,
  packages jsonb not null,
  state text not null check (state in ('open', 'no-fix', 'reboot-required', 'remediating', 'awaiting-verification', 'undetermined', 'resolved', 'resource-gone')),
  fact_class text not null,
  advisory text not null,
  nodes integer not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  resolved_at timestamptz,
  unique (pool_id, package_family, vulnerability)
);
create index finding_by_pool on finding (pool_id, state);
create index finding_by_vulnerability on finding (vulnerability);

-- Every change of a finding's state, with what caused it.
create table finding_event (
  finding_id text not null references finding on delete cascade,
  at timestamptz not null,
  from_state text,
  to_state text not null,
  job_id text,
  primary key (finding_id, at, to_state)
);

-- What a node image holds, read from the provider's evidence.
create table image_reading (
  pool_id text not null references node_pool on delete cascade,
  image text not null,
  inventory_id text references inventory,
  match_set_id text references match_set,
  grade text,
  -- The one that a boot would run.
  running_kernel text,
  coverage jsonb not null default '[]',
  evidence_paths jsonb not null default '{}',
  -- Set where nothing can be told about the image.
  unknown_code text,
  unknown_detail text,
  read_at timestamptz not null,
  primary key (pool_id, image)
);

create table plan (
  name text primary key,
  agentless_scanning boolean not null,
  changed_at timestamptz
);
insert into plan (name, agentless_scanning) values ('defender-for-containers', true), ('defender-cspm', true), ('defender-for-servers-p2', true);

create table reassessment (
  id text primary key,
  scope_kind text not null check (scope_kind in ('node', 'pool', 'connection')),
  scope_id text not null,
  scope_name text not null,
  state text not null check (state in ('running', 'succeeded', 'cancelled')),
  cancel_requested boolean not null default false,
  total integer not null,
  started_at timestamptz not null,
  finished_at timestamptz
);

create table upgrade_job (
  id text primary key,
  pool_id text not null references node_pool on delete cascade,
  kind text not null check (kind in ('node-image', 'kubernetes', 'reboot')),
  from_image text not null,
  target text,
  acknowledged boolean not null default false,
  retry_of text references upgrade_job,
  state text not null check (state in ('draft', 'preflight', 'running', 'verifying', 'succeeded', 'succeeded-with-residual', 'preflight-failed', 'failed', 'cancelled')),
  preflight jsonb not null default '[]',
  -- Forecast as it stood when the job was made: counts and rows (packageFamily, vulnerability per list).
  predicted jsonb,
  predicted_rows jsonb,
  operation_id text,
  failure jsonb,
  residual jsonb not null default '[]',
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create index upgrade_job_by_pool on upgrade_job (pool_id, created_at desc);
-- At most one job per pool is under way: a second start is refused by the database itself.
create unique index upgrade_job_active on upgrade_job (pool_id) where state in ('draft', 'preflight', 'running', 'verifying');

create table upgrade_job_node (
  job_id text not null references upgrade_job on delete cascade,
  node text not null,
  phase text not null,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (job_id, node)
);

create table upgrade_job_event (
  job_id text not null references upgrade_job on delete cascade,
  -- Names the event, so that a repeated step writes it once: `operation-started`, `node-phase:NODE:drain`, …
  key text not null,
  at timestamptz not null,
  code text not null,
  node text,
  detail text,
  primary key (job_id, key)
);

create table ledger (
  job_id text primary key references upgrade_job on delete cascade,
  pool_id text not null references node_pool on delete cascade,
  finished_at timestamptz not null,
  predicted jsonb not null,
  actual jsonb not null,
  missed jsonb not null,
  precision double precision
);
