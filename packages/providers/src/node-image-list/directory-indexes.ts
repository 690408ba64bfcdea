import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { NotesAnswer, ReleaseNotes } from './release-notes.ts';
import { SharedWork } from './shared-work.ts';

export type DirectoryAnswer =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreachable'; readonly code: string; readonly detail: string };

/** Milliseconds for which an index is believed without asking. */
const fresh = 60 * 60_000;
/** Milliseconds for which an unreachable publisher is left alone. */
const silence = 60_000;
/** GitHub cuts the contents of a directory at 1,000 entries, and does not say so. */
const cutAt = 1000;

const kept = z.object({ etag: z.string().optional(), checkedAt: z.iso.datetime(), names: z.array(z.string()) });
type Kept = z.infer<typeof kept>;
const listed = z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]));

export interface DirectoryIndexesOptions {
  readonly notes: ReleaseNotes;
  /** Without one, indexes are remembered by this process only. */
  readonly folder: string | undefined;
  readonly now: () => Date;
  /** After each answer, or its failure. */
  readonly onOutcome: (failure: { readonly code: string; readonly detail: string } | undefined) => Promise<void>;
}

/** What the publisher's directories hold, asked at most once an hour each. When that fails, what was known before stays in use. */
export class DirectoryIndexes {
  readonly #notes: ReleaseNotes;
  readonly #folder: string | undefined;
  readonly #inMemory = new Map<string, Kept>();
  readonly #now: () => Date;
  readonly #onOutcome: DirectoryIndexesOptions['onOutcome'];
  readonly #work = new SharedWork<DirectoryAnswer>();
  readonly #failed = new Map<string, { readonly until: number; readonly answer: DirectoryAnswer }>();

  constructor(options: DirectoryIndexesOptions) {
    this.#notes = options.notes;
    this.#folder = options.folder;
    this.#now = options.now;
    this.#onOutcome = options.onOutcome;
  }

  async names(directory: string, signal: AbortSignal): Promise<DirectoryAnswer> {
    return this.#work.run(directory, signal, async (shared) => {
      const before = await this.#read(directory);
      if (before !== undefined && !this.#notes.isLocal && this.#now().getTime() - Date.parse(before.checkedAt) < fresh) return { kind: 'names', names: before.names };
      const failed = this.#failed.get(directory);
      const answer = failed !== undefined && failed.until > this.#now().getTime() ? failed.answer : await this.#ask(directory, before, shared);
      return answer.kind === 'unreachable' && before !== undefined ? { kind: 'names', names: before.names } : answer;
    });
  }

  /** Asks now, whatever the age; of every directory that was ever asked for. */
  async refresh(always: readonly string[], signal: AbortSignal): Promise<void> {
    for (const directory of new Set([...always, ...(await this.known())])) {
      await this.#work.run(directory, signal, async (shared) => this.#ask(directory, await this.#read(directory), shared));
    }
  }

  async known(): Promise<readonly string[]> {
    if (this.#folder === undefined) return [...this.#inMemory.keys()];
    const files = await readdir(this.#folder).catch(() => []);
    return files.filter((name) => name.endsWith('.json') && !name.startsWith('.')).map((name) => name.slice(0, -'.json'.length).replaceAll('~', '/'));
  }

  async keptNames(directory: string): Promise<readonly string[]> {
    return (await this.#read(directory))?.names ?? [];
  }

  async #ask(directory: string, before: Kept | undefined, signal: AbortSignal): Promise<DirectoryAnswer> {
    const answer = await this.#notes.directory(directory, before?.etag, signal);
    const settled = await this.#settle(directory, answer, before);
    if (settled.kind === 'names') this.#failed.delete(directory);
    else if (!this.#notes.isLocal) this.#failed.set(directory, { until: this.#now().getTime() + silence, answer: settled });
    await this.#onOutcome(settled.kind === 'unreachable' ? settled : undefined);
    return settled;
  }

  async #settle(directory: string, answer: NotesAnswer, before: Kept | undefined): Promise<DirectoryAnswer> {
    if (answer.kind === 'absent' || answer.kind === 'unreachable') return answer;
    const checkedAt = this.#now().toISOString();
    if (answer.kind === 'unchanged') {
      const names = before?.names ?? [];
      await this.#write(directory, { ...before, checkedAt, names });
      return { kind: 'names', names };
    }
    const parsed = listed.safeParse(parseJson(answer.bytes));
    if (!parsed.success) return { kind: 'unreachable', code: 'wrong-type', detail: `the index of ${directory} is no list of names` };
    if (parsed.data.length >= cutAt && !this.#notes.isMirrored) return { kind: 'unreachable', code: 'too-large', detail: `the index of ${directory} is cut at ${cutAt} entries` };
    await this.#write(directory, { names: parsed.data, checkedAt, ...(answer.etag === undefined ? {} : { etag: answer.etag }) });
    return { kind: 'names', names: parsed.data };
  }

  async #read(directory: string): Promise<Kept | undefined> {
    if (this.#folder === undefined) return this.#inMemory.get(directory);
    const bytes = await readFile(fileOf(this.#folder, directory)).catch(() => undefined);
    const parsed = bytes === undefined ? undefined : kept.safeParse(parseJson(bytes));
    return parsed?.success === true ? parsed.data : undefined;
  }

  async #write(directory: string, value: Kept): Promise<void> {
    if (this.#folder === undefined) {
      this.#inMemory.set(directory, value);
      return;
    }
    await mkdir(this.#folder, { recursive: true });
    const temporaryFile = join(this.#folder, `.${randomUUID()}`);
    await writeFile(temporaryFile, JSON.stringify(value));
    await rename(temporaryFile, fileOf(this.#folder, directory));
  }
}

function fileOf(folder: string, directory: string): string {
  return join(folder, `${directory.replaceAll('/', '~')}.json`);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
