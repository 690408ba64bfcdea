import { sql } from 'kysely';

/** Of the node's pool, whose image it is to have. `now` is bound by the caller. */
export const imageAgeBands = ['under-30', '30-to-89', '90-and-over', 'unknown'] as const;
export type ImageAgeBand = (typeof imageAgeBands)[number];

export const imageAgeOf = (now: Date) => sql<ImageAgeBand>`case when p.image_published_at is null then 'unknown'
  when ${now}::timestamptz - p.image_published_at < interval '30 days' then 'under-30'
  when ${now}::timestamptz - p.image_published_at < interval '90 days' then '30-to-89' else '90-and-over' end`;

/** By node: the best grade of what is known of it, and when the newest of it was read. A node without a row has no evidence. */
export const evidenceOfNodes = sql`(
  select node_id, (array['disk', 'pod', 'reference-image', 'manifest', 'node-status'])[
      min(array_position(array['disk', 'pod', 'reference-image', 'manifest', 'node-status'], grade))] as grade, max(assessed_at) as last_assessed
  from node_class group by node_id
)`;
