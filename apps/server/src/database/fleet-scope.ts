import { type RawBuilder, sql } from 'kysely';

/** A part of the fleet; nothing named: all of it. */
export interface FleetScope {
  readonly connectionId?: string | undefined;
  readonly clusterId?: string | undefined;
  readonly region?: string | undefined;
}

export const wholeFleet: FleetScope = {};

/** Condition on the names of `livePools`: the cluster `l`, the connection `k`. */
export function within({ connectionId, clusterId, region }: FleetScope): RawBuilder<unknown> {
  return sql`true ${connectionId === undefined ? sql`` : sql`and k.id = ${connectionId}`} ${clusterId === undefined ? sql`` : sql`and l.id = ${clusterId}`}
    ${region === undefined ? sql`` : sql`and l.region = ${region}`}`;
}
