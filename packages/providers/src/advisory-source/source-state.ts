import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { advisorySourceNames, advisorySources } from './sources.ts';

const instant = z.iso.datetime();

const state = z.object({
  name: z.enum([...advisorySourceNames, 'node-images']),
  /** Of the publisher or of the mirror, without credentials. */
  url: z.string(),
  mirrored: z.boolean(),
  state: z.enum(['ok', 'failed', 'never']),
  /** The last time that the source answered with something usable, new or unchanged. */
  checkedAt: instant.nullable(),
  changedAt: instant.nullable(),
  /** The newest date in the data itself. */
  newest: z.string().nullable(),
  records: z.int().nonnegative().nullable(),
  /** Of the last attempt; the data before it stays in use. */
  failure: z.object({ code: z.string(), detail: z.string(), at: instant }).readonly().optional(),
});
export type AdvisorySourceState = Readonly<z.infer<typeof state>>;

/** What the next request needs beside what people see. */
const record = state.extend({ etag: z.string().optional(), lastModified: z.string().optional(), sourceSha256: z.string().optional() });
export type SourceRecord = Readonly<z.infer<typeof record>>;

const sidecar = z.object({ format: z.literal(1), sources: z.array(record) });

const fileName = 'sources.json';
const notThere = new Set(['ENOENT', 'ENOTDIR']);

/** Beside the database and no part of its revision. A file that cannot be understood says nothing: its sources are asked anew. */
export async function readSourceRecords(folder: string): Promise<ReadonlyMap<string, SourceRecord>> {
  let text: string;
  try {
    text = await readFile(join(folder, fileName), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && notThere.has(String(error.code))) return new Map();
    throw error;
  }
  const parsed = sidecar.safeParse(parseJson(text));
  return new Map(parsed.success ? parsed.data.sources.map((source) => [source.name, source]) : []);
}

export async function writeSourceRecords(folder: string, records: ReadonlyMap<string, SourceRecord>): Promise<void> {
  const temporaryFile = join(folder, `.sources-${randomUUID()}.json`);
  try {
    await writeFile(temporaryFile, `${JSON.stringify({ format: 1, sources: [...records.values()] }, undefined, 1)}\n`);
    await rename(temporaryFile, join(folder, fileName));
  } finally {
    await rm(temporaryFile, { force: true });
  }
}

/** Of every source, also of those that were never asked. */
export async function readAdvisorySources(folder: string): Promise<readonly AdvisorySourceState[]> {
  const records = await readSourceRecords(folder);
  const known = advisorySources.map(({ name, url }) => shown(records.get(name) ?? neverAsked(name, url, false)));
  const images = records.get('node-images');
  return images === undefined ? known : [...known, shown(images)];
}

export function neverAsked(name: SourceRecord['name'], url: string, mirrored: boolean): SourceRecord {
  return { name, url, mirrored, state: 'never', checkedAt: null, changedAt: null, newest: null, records: null };
}

export function shown(source: SourceRecord): AdvisorySourceState {
  return state.parse(source);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
