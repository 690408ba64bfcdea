import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { AdvisorySourceState } from '../advisory-source/source-state.ts';

const instant = z.iso.datetime();
const shape = z.object({
  lists: z.int().nonnegative(),
  checkedAt: instant.nullable(),
  changedAt: instant.nullable(),
  failure: z.object({ code: z.string(), detail: z.string(), at: instant }).optional(),
});
type Kept = z.infer<typeof shape>;

export interface ListStateOptions {
  /** Without one, the state lasts as long as the process. */
  readonly folder: string | undefined;
  readonly url: string;
  readonly mirrored: boolean;
  readonly now: () => Date;
}

/** How asking for lists went, across restarts. */
export class ListState {
  readonly #options: ListStateOptions;
  #kept: Promise<Kept> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ListStateOptions) {
    this.#options = options;
  }

  /** The publisher has answered, or has not. */
  async note(failure: { readonly code: string; readonly detail: string } | undefined): Promise<void> {
    const at = this.#options.now().toISOString();
    await this.#change(({ lists, checkedAt, changedAt }) =>
      failure === undefined ? { lists, changedAt, checkedAt: at } : { lists, checkedAt, changedAt, failure: { code: failure.code, detail: failure.detail, at } });
  }

  /** One more list is here. */
  async noteKept(): Promise<void> {
    const at = this.#options.now().toISOString();
    await this.#change(({ lists }) => ({ lists: lists + 1, checkedAt: at, changedAt: at }));
  }

  async read(newest: string | undefined): Promise<AdvisorySourceState> {
    const { lists, checkedAt, changedAt, failure } = await this.#load();
    const { url, mirrored } = this.#options;
    const state = failure !== undefined ? 'failed' : checkedAt === null ? 'never' : 'ok';
    return { name: 'node-images', url, mirrored, state, checkedAt, changedAt, newest: newest ?? null, records: checkedAt === null ? null : lists, ...(failure === undefined ? {} : { failure }) };
  }

  async #change(change: (kept: Kept) => Kept): Promise<void> {
    this.#kept = this.#load().then(change);
    this.#writing = this.#writing.then(() => this.#write(), () => this.#write());
    await this.#writing;
  }

  #load(): Promise<Kept> {
    const { folder } = this.#options;
    this.#kept ??= folder === undefined ? Promise.resolve(empty) : readFile(join(folder, 'state.json'), 'utf8').then(parse, () => empty);
    return this.#kept;
  }

  async #write(): Promise<void> {
    const { folder } = this.#options;
    if (folder === undefined) return;
    await mkdir(folder, { recursive: true });
    const temporaryFile = join(folder, `.fetching-${randomUUID()}`);
    await writeFile(temporaryFile, JSON.stringify(await this.#load()));
    await rename(temporaryFile, join(folder, 'state.json'));
  }
}

const empty: Kept = { lists: 0, checkedAt: null, changedAt: null };

/** A file that cannot be understood says nothing of the lists, which are kept beside it. */
function parse(text: string): Kept {
  try {
    const parsed = shape.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : empty;
  } catch {
    return empty;
  }
}
