import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMirrored, type Mirror, mirrorPaths } from '../advisory-source/mirror.ts';
import { download } from '../network/download.ts';
import type { Outbound } from '../network/outbound.ts';
import { redact } from '../network/redact.ts';

/** Azure/AgentBaker, vhdbuilder/release-notes: a text per image version and per security patch. MIT. */
export const publisher = {
  files: 'https://raw.githubusercontent.com/Azure/AgentBaker/main/vhdbuilder/release-notes/',
  directories: 'https://api.github.com/repos/Azure/AgentBaker/contents/vhdbuilder/release-notes/',
} as const;

export interface ReleaseNotesOptions {
  readonly outbound: Outbound;
  readonly mirror: Mirror | undefined;
  /** For temporary files; a local mirror needs none. */
  readonly folder: string | undefined;
  readonly now: () => Date;
  readonly sleep?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
}

export type NotesAnswer =
  | { readonly kind: 'found'; readonly bytes: Buffer; readonly etag?: string | undefined }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreachable'; readonly code: string; readonly detail: string };

const largestFile = 16 * 1024 * 1024;
/** The index of a mirror's directory, where it is a server: names as a JSON list, or as GitHub answers. */
const indexName = 'index.json';

/** Where the notes are read: the publisher, a mirror's server, or a mirror's folder. */
export class ReleaseNotes {
  readonly #options: ReleaseNotesOptions;

  constructor(options: ReleaseNotesOptions) {
    this.#options = options;
  }

  /** For people; without credentials. */
  get url(): string {
    const { mirror } = this.#options;
    if (mirror === undefined) return publisher.files;
    return mirror.kind === 'folder' ? mirror.folder : redact(mirror.url);
  }

  get isMirrored(): boolean {
    return this.#options.mirror !== undefined;
  }

  /** A folder of this machine: asking costs nothing, so nothing is remembered. */
  get isLocal(): boolean {
    return this.#options.mirror?.kind === 'folder';
  }

  async file(path: string, signal: AbortSignal): Promise<NotesAnswer> {
    const { mirror } = this.#options;
    if (mirror === undefined) return this.#download([new URL(path, publisher.files).href], undefined, signal);
    if (mirror.kind === 'server') return this.#download(mirrorPaths('node-images', path).map((place) => new URL(place, mirror.url).href), undefined, signal);
    return this.#readMirrored(mirror.folder, path);
  }

  /** The names in one directory, as JSON. */
  async directory(path: string, etag: string | undefined, signal: AbortSignal): Promise<NotesAnswer> {
    const { mirror } = this.#options;
    if (mirror === undefined) return this.#download([new URL(path, publisher.directories).href], etag, signal, { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' });
    if (mirror.kind === 'server') return this.#download(mirrorPaths('node-images', `${path}/${indexName}`).map((place) => new URL(place, mirror.url).href), etag, signal);
    return this.#listMirrored(mirror.folder, path);
  }

  async #download(urls: readonly string[], etag: string | undefined, signal: AbortSignal, headers: Readonly<Record<string, string>> = {}): Promise<NotesAnswer> {
    const file = await this.#temporaryFile();
    try {
      for (const url of urls) {
        const { outbound, now, sleep } = this.#options;
        const answer = await download({ outbound, url, file, etag, headers, now, sleep, signal, maxBytes: largestFile, mayBeEmpty: true, isExpected: (start) => !start.includes(0) });
        if (answer.kind === 'fresh') return { kind: 'found', bytes: await readFile(file), etag: answer.etag };
        if (answer.kind === 'unchanged') return answer;
        if (answer.failure.code !== 'not-found') return { kind: 'unreachable', ...answer.failure };
      }
      return { kind: 'absent' };
    } finally {
      await rm(file, { force: true });
    }
  }

  async #readMirrored(folder: string, path: string): Promise<NotesAnswer> {
    return this.#orUnreachable(folder, async () => {
      const found = await findMirrored(folder, mirrorPaths('node-images', path));
      if (found === undefined) return { kind: 'absent' };
      if (found.bytes > largestFile) return { kind: 'unreachable', code: 'too-large', detail: `${found.path} has ${found.bytes} bytes; ${largestFile} are allowed` };
      return { kind: 'found', bytes: await readFile(found.path) };
    });
  }

  async #listMirrored(folder: string, path: string): Promise<NotesAnswer> {
    return this.#orUnreachable(folder, async () => {
      for (const place of mirrorPaths('node-images', path)) {
        const names = await readdir(join(folder, ...place.split('/'))).catch(absent);
        if (names !== undefined) return { kind: 'found', bytes: Buffer.from(JSON.stringify(names)) };
      }
      return { kind: 'absent' };
    });
  }

  async #orUnreachable(folder: string, read: () => Promise<NotesAnswer>): Promise<NotesAnswer> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      return { kind: 'unreachable', code: 'unreadable', detail: `${folder} cannot be read (${String(error.code)})` };
    }
  }

  async #temporaryFile(): Promise<string> {
    const folder = this.#options.folder ?? tmpdir();
    await mkdir(folder, { recursive: true });
    return join(folder, `.fetching-${randomUUID()}`);
  }
}

function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
