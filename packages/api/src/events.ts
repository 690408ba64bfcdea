import * as z from 'zod';
import { identifier, jobState } from './vocabulary.ts';

/** Server-sent events of `GET /api/events`: what changed, never the data itself; the client re-reads. */
export const serverEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('connection'), connectionId: identifier }),
  z.object({ type: z.literal('pool'), poolId: identifier }),
  z.object({ type: z.literal('assessment'), nodeId: identifier, poolId: identifier }),
  z.object({ type: z.literal('reassessment'), reassessmentId: identifier }),
  z.object({ type: z.literal('job'), jobId: identifier, poolId: identifier, state: jobState }),
  z.object({ type: z.literal('plans') }),
  z.object({ type: z.literal('cluster'), clusterId: identifier }),
  z.object({ type: z.literal('webhooks') }),
  z.object({ type: z.literal('advisory-sources') }),
]);
export type ServerEvent = z.infer<typeof serverEvent>;
