-- The fleet's history by day, and notifications.

create table fleet_day (
  day date primary key,
  -- Distinct CVEs: open by severity, open in all, without a fix.
  severities jsonb not null,
  open integer not null,
  no_fix integer not null,
  -- {"healthy", "unhealthy", "notAssessed"}
  nodes jsonb not null,
  updated_at timestamptz not null
);

create table webhook (
  id text primary key,
  name text not null,
  url text not null,
  types jsonb not null,
  enabled boolean not null default true,
  -- Encrypted with the key of this installation, never plain.
  secret bytea not null,
  created_at timestamptz not null
);

-- What is to be told, written in the transaction that makes it true.
create table notification (
  id text primary key,
  -- Names the fact, so that a repeated step tells it once.
  key text not null unique,
  type text not null,
  body jsonb not null,
  created_at timestamptz not null
);

create table webhook_delivery (
  id text primary key,
  webhook_id text not null references webhook on delete cascade,
  notification_id text not null references notification on delete cascade,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  delivered_at timestamptz,
  last_status integer,
  last_error text,
  created_at timestamptz not null,
  unique (webhook_id, notification_id)
);
create index webhook_delivery_due on webhook_delivery (next_attempt_at) where state = 'waiting';
create index webhook_delivery_newest on webhook_delivery (webhook_id, created_at desc);

-- What happened in the last week, by what it was.
create index finding_event_recent on finding_event (to_state, at);
-- Where a package of some name and version is.
create index inventory_package_by_name on inventory_package (name, version);

-- What of a finding somebody has been told, or was there before anybody wanted to know.
alter table finding
  add column told_exploited boolean not null default false,
  add column told_critical boolean not null default false;
create index finding_untold on finding (pool_id)
  where (exploited is true and not told_exploited) or (severity = 'critical' and not told_critical);
create index finding_event_by_time on finding_event (at) where from_state = 'resolved';
