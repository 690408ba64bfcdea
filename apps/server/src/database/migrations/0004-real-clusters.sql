-- Connections that are added while the server runs, what real clusters tell of their nodes, and why findings change.

alter table connection drop constraint connection_kind_check;
alter table connection
  add constraint connection_kind_check check (kind in ('aks', 'images', 'kubernetes', 'sample')),
  add column origin text not null default 'configuration' check (origin in ('configuration', 'stored')),
  add column identity text not null default 'none' check (identity in ('none', 'kubeconfig-file', 'in-cluster', 'azure-default', 'stored')),
  -- Of the wire contract, by kind; never a secret.
  add column settings jsonb not null default '{}',
  -- Equal parts are the same environment: subscriptions, the address of a cluster, a folder.
  add column environment text[] not null default '{}',
  -- Somebody has named it: the name that the environment has for itself no longer replaces this one.
  add column named boolean not null default false,
  -- Encrypted with the key of this installation.
  add column secret bytea,
  add column paused boolean not null default false,
  -- Order in which they were added.
  add column created_at timestamptz not null default now();

alter table node
  add column operating_system text check (operating_system in ('linux', 'windows')),
  add column os_image text,
  add column architecture text,
  add column provider_id text,
  add column security_patch text,
  -- Connection through which the same machine's Node object was seen; its kernel, kubelet and runtime come from there.
  add column lent_by text;
create index node_by_provider_id on node (lower(provider_id)) where gone_at is null and provider_id is not null;

alter table node_pool
  add column manager text,
  add column coordinates jsonb not null default '{}';

-- The sentence behind the cause of an assessment that gave no answer.
alter table assessment
  add column reason text,
  -- Nodes whose evidence one reading decides are assessed as one; null where a node has evidence of its own.
  add column group_id text;
create index assessment_by_group on assessment (group_id) where group_id is not null and finished_at is null;
-- Forgetting a connection takes its assessments away, one by one.
create index node_class_by_assessment on node_class (assessment_id);

-- Why a finding changed where no job and no new evidence did it: `advisory-changed`, `advisory-withdrawn`, …
alter table finding_event add column reason text;

-- A pool whose image or kubelet changed without a job of ours, with what was foretold of it at that time.
create table observed_upgrade (
  id text primary key,
  pool_id text not null references node_pool on delete cascade,
  kind text not null check (kind in ('node-image', 'kubernetes')),
  from_image text not null,
  image text not null,
  -- Of the nodes that carry the image; without a leading `v`, empty where nothing says.
  kubelet_version text not null,
  predicted jsonb not null,
  predicted_rows jsonb not null,
  seen_at timestamptz not null,
  -- `superseded`: the pool moved on before all of its nodes had been looked at.
  state text not null default 'verifying' check (state in ('verifying', 'verified', 'superseded')),
  settled_at timestamptz
);
create unique index observed_upgrade_open on observed_upgrade (pool_id) where state = 'verifying';

-- A row is of a job or of an observed upgrade.
alter table ledger drop constraint ledger_pkey;
alter table ledger alter column job_id drop not null;
alter table ledger
  add column observed_upgrade_id text references observed_upgrade on delete cascade,
  add unique (job_id),
  add unique (observed_upgrade_id),
  add check (num_nonnulls(job_id, observed_upgrade_id) = 1);
