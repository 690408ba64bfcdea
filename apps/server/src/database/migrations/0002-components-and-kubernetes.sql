-- Node components, what Kubernetes a cluster and its pools can move to, and upgrade plans of several steps.

alter table cluster
  add column control_plane_upgrades jsonb not null default '[]',
  -- Channels and maintenance windows as the provider told them; null where it knows none.
  add column auto_upgrade jsonb,
  add column can_change_auto_upgrade boolean not null default false;

alter table node_pool
  -- [{"version", "image"}], oldest first.
  add column kubernetes_upgrades jsonb not null default '[]',
  add column operating_system text check (operating_system in ('linux', 'windows')),
  add column os_disk text check (os_disk in ('managed', 'ephemeral')),
  add column image_published_at timestamptz,
  -- Known to be exploited, fix or no fix; null where unknown.
  add column exploited_vulnerabilities integer;

alter table node add column container_runtime_version text;

create table inventory_component (
  inventory_id text not null references inventory on delete cascade,
  family text not null,
  name text not null,
  path text not null,
  version text,
  version_from text,
  -- Of the package manager that owns the file, where one does.
  package text,
  main_module text,
  go_version text,
  -- [{"path", "version"}]; null where the binary was not opened.
  modules jsonb,
  primary key (inventory_id, path, name)
);

-- What the Node object says of the kubelet decides matches as the running kernel does.
alter table match_set add column kubelet_version text not null default '';
alter table match_set drop constraint match_set_inventory_id_revision_running_kernel_key;
alter table match_set add unique (inventory_id, revision, running_kernel, kubelet_version);

alter table match
  -- Path of the component's binary; empty for packages (see fact_class), and for a component that only the Node object names.
  add column component text not null default '',
  add column exploited boolean,
  add column epss double precision;
alter table match drop constraint match_pkey;
alter table match add primary key (match_set_id, vulnerability, source_package, installed_version, kernel_release, component);

alter table assessment
  add column component_files jsonb not null default '[]',
  -- Of a new match of old evidence: the assessment that holds what was read, `component_files` among it.
  add column reading_id text;

alter table finding
  add column component text not null default '',
  add column exploited boolean,
  add column epss double precision;

-- What a class's newest reading could not tell: nothing of it (empty), a component family, or anything (`*`). Rows of such
-- a reading open findings; their absence closes none of what was not told.
alter table node_class add column untold text[] not null default '{}';

-- A Kubernetes version as a candidate is an image under another kubelet.
alter table image_reading
  add column component_files jsonb not null default '[]',
  -- Without a leading `v`; empty where nothing says which kubelet a node would run.
  add column kubelet_version text not null default '';
alter table image_reading drop constraint image_reading_pkey;
alter table image_reading add primary key (pool_id, image, kubelet_version);

alter table upgrade_job
  -- [{"kind", "target", "state", "operationId", "startedAt", "finishedAt"}], in order.
  add column steps jsonb not null default '[]',
  -- Image that the pool ends with.
  add column image text;

-- False where the result rests on the same evidence as the forecast.
alter table ledger add column independent boolean not null default true;
