-- What may be forgotten: old assessments, the rows of sets that nothing stands on any more, inventories that nobody refers to.

-- Sets whose rows are stored. A set is remembered as long as an assessment of it is; its rows stay while a node or an image
-- stands on them, and for a day after they were last asked for.
create table match_rows (
  match_set_id text primary key references match_set on delete cascade,
  wanted_at timestamptz not null
);
insert into match_rows (match_set_id, wanted_at) select id, matched_at from match_set;
create index match_rows_by_time on match_rows (wanted_at);

-- Whoever writes one of these has just asked for the set: the check of each row cost more than the row. It is made where
-- rows are removed, which happens seldom.
alter table match drop constraint match_match_set_id_fkey;
alter table node_class drop constraint node_class_match_set_id_fkey;
alter table image_reading
  drop constraint image_reading_match_set_id_fkey,
  add constraint image_reading_match_set_id_fkey foreign key (match_set_id) references match_rows;

create function remove_matches() returns trigger language plpgsql as $$
begin
  if exists (select from node_class c where c.match_set_id = old.match_set_id) then
    raise foreign_key_violation using message = format('nodes stand on the rows of the match set %s', old.match_set_id);
  end if;
  delete from match m where m.match_set_id = old.match_set_id;
  return null;
end $$;
create trigger match_rows_removed after delete on match_rows for each row execute function remove_matches();

-- What asks whether somebody still refers to a row.
create index assessment_by_match_set on assessment (match_set_id) where match_set_id is not null;
create index assessment_by_inventory on assessment (inventory_id) where inventory_id is not null;
create index assessment_by_reading on assessment (reading_id) where reading_id is not null;
create index assessment_by_end on assessment (finished_at);
create index image_reading_by_match_set on image_reading (match_set_id);
create index image_reading_by_inventory on image_reading (inventory_id);
create index node_by_end on node (gone_at) where gone_at is not null;
