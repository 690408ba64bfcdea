-- Ids of clusters, pools and nodes begin with their connection's id as it is. Before, its signs were escaped a second time.

-- Whatever refers to one of the three follows when its id changes.
do $$
declare reference record;
begin
  for reference in
    select conrelid::regclass as holder, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where contype = 'f' and confrelid in ('cluster'::regclass, 'node_pool'::regclass, 'node'::regclass) and confupdtype <> 'c'
  loop
    execute format('alter table %s drop constraint %I, add constraint %I %s on update cascade', reference.holder, reference.name, reference.name, reference.definition);
  end loop;
end $$;

-- As connection/stable-id.ts makes them.
create function id_under(parent text, names text[]) returns text language sql immutable as $$
  select case when length(whole) <= 160 then whole else left(whole, 127) || '~' || left(encode(sha256(convert_to(whole, 'UTF8')), 'hex'), 32) end
  from (
    select parent || ':' || string_agg((
      select coalesce(string_agg(case when sign collate "C" ~ '[A-Za-z0-9._-]' then sign else '~' || to_hex(ascii(sign)) || '~' end, '' order by place), '')
      from unnest(string_to_array(name, null)) with ordinality as signs (sign, place)), ':' order by nth) as whole
    from unnest(names) with ordinality as parts (name, nth)) as made
$$;

create temporary table new_id on commit drop as
  select 'cluster' as kind, c.id as old, id_under(c.connection_id, array[c.name]) as new from cluster c
  union all select 'pool', p.id, id_under(c.connection_id, array[c.name, p.name]) from node_pool p join cluster c on c.id = p.cluster_id
  union all select 'node', n.id, id_under(c.connection_id, array[c.name, p.name, n.name]) from node n join node_pool p on p.id = n.pool_id join cluster c on c.id = p.cluster_id;
drop function id_under;
delete from new_id where old = new;

update cluster c set id = i.new from new_id i where i.kind = 'cluster' and i.old = c.id;
update node_pool p set id = i.new from new_id i where i.kind = 'pool' and i.old = p.id;
update node n set id = i.new from new_id i where i.kind = 'node' and i.old = n.id;
update reassessment r set scope_id = i.new from new_id i where i.kind = r.scope_kind and i.old = r.scope_id;
update notification n set body = jsonb_set(n.body, '{data,poolId}', to_jsonb(i.new)) from new_id i where i.kind = 'pool' and i.old = n.body->'data'->>'poolId';
update notification n set body = jsonb_set(n.body, '{data,clusterId}', to_jsonb(i.new)) from new_id i where i.kind = 'cluster' and i.old = n.body->'data'->>'clusterId';
