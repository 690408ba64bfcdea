import { appendFile, truncate } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson, readText } from './json-file.ts';

const entrySchema = z.strictObject({
  event: z.string(),
  /** RFC 3339: when it fell due, not when it was noticed. */
  at: z.iso.datetime(),
  operation: z.string(),
  cluster: z.string(),
  /** Absent for the control plane. */
  pool: z.string().optional(),
  what: z.enum(['started', 'reimage', 'reboot', 'succeeded', 'failed']),
  node: z.string().optional(),
  /** What it moved to, as far as it moved. */
  image: z.string().optional(),
  kubernetesVersion: z.string().optional(),
});

/** One line of the provider's own log of what it did. */
export type LogEntry = z.infer<typeof entrySchema>;

/** In the order in which it happened. A last line that a killed process left unfinished does not count. */
export async function readLog(path: string): Promise<readonly LogEntry[]> {
  const text = (await readText(path)) ?? '';
  return text.split('\n').slice(0, -1).map((line, index) => parseJson(path, index + 1, line, entrySchema));
}

/** Appends one line; first takes away what a killed process left of another. */
export async function appendLog(path: string, entry: LogEntry): Promise<void> {
  const bytes = Buffer.from((await readText(path)) ?? '');
  const whole = bytes.lastIndexOf('\n') + 1;
  if (whole < bytes.length) await truncate(path, whole);
  await appendFile(path, `${JSON.stringify(entry)}\n`, { flush: true });
}
