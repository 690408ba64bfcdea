import * as z from 'zod';

/** RFC 9457. `code` is stable and is what the portal translates; `detail` is for logs and the CLI. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(['invalid-request', 'not-found', 'conflict', 'unauthorized', 'forbidden', 'too-many-requests', 'unavailable', 'internal']),
  detail: z.string().optional(),
  /** What was wrong where, for `invalid-request`. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;
