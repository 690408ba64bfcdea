import * as z from 'zod';
import { identifier, instant } from './vocabulary.ts';

/** The three plans of the founding text; one switch each. */
export const planName = z.enum(['defender-for-containers', 'defender-cspm', 'defender-for-servers-p2']);
export type PlanName = z.infer<typeof planName>;

export const plan = z.object({ name: planName, agentlessScanning: z.boolean(), changedAt: instant.nullable() });
export type Plan = z.infer<typeof plan>;

export const planChange = z.object({ agentlessScanning: z.boolean() });

export const serverInformation = z.object({
  version: z.string(),
  database: z.enum(['embedded', 'postgresql']),
  now: instant,
});

/** One request to reassess, over one node, a pool or a connection. */
export const reassessment = z.object({
  id: identifier,
  scope: z.object({ kind: z.enum(['node', 'pool', 'connection']), id: identifier, name: z.string() }),
  state: z.enum(['running', 'succeeded', 'cancelled']),
  total: z.int().nonnegative(),
  finished: z.int().nonnegative(),
  notAssessed: z.int().nonnegative(),
  startedAt: instant,
  finishedAt: instant.nullable(),
});
export type Reassessment = z.infer<typeof reassessment>;
