import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAksManifest, nodeImageDirectory, type NodeImageDirectory, parseNodeImageLabel, type SecurityPatchSystem } from '@nodeward/engine';
import { parseMirror } from '../advisory-source/mirror.ts';
import type { AdvisorySourceState } from '../advisory-source/source-state.ts';
import type { Outbound } from '../network/outbound.ts';
import { InvalidConfigurationError } from '../errors.ts';
import { DirectoryIndexes } from './directory-indexes.ts';
import { KeptFiles } from './kept-files.ts';
import { ListState } from './list-state.ts';
import { type NotesAnswer, ReleaseNotes } from './release-notes.ts';
import { SharedWork } from './shared-work.ts';

export interface NodeImageListOptions {
  /** What was fetched once is kept here for ever. A mirror that is a folder of this machine can do without. */
  readonly folder?: string | undefined;
  readonly outbound: Outbound;
  /** An address or a folder in place of the publisher. */
  readonly mirror?: string | undefined;
  readonly now: () => Date;
  /** Default: the timer. */
  readonly sleep?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
}

export type NodeImageListAnswer =
  /** `name`: `AKSUbuntu/gen2/2204containerd/202608.20.0.txt`. */
  | { readonly kind: 'list'; readonly bytes: Buffer; readonly name: string }
  /** The place where it would be has answered, and it is not there (yet). */
  | { readonly kind: 'not-published' }
  /** Published without a list of packages. */
  | { readonly kind: 'no-packages' }
  /** No image of AKS, or one of which nothing is published. */
  | { readonly kind: 'unknown-image' }
  | Unreachable;

export interface Unreachable {
  readonly kind: 'unreachable';
  /** One line, without credentials. */
  readonly detail: string;
}

export interface SecurityPatch {
  /** `20260814T000000Z`. */
  readonly name: string;
  readonly bytes: Buffer;
}

export interface NodeImageLists {
  find(label: string, signal: AbortSignal): Promise<NodeImageListAnswer>;
  /** Labels of a family (`AKSUbuntu-2204gen2containerd`, or any label of it), the newest last. */
  versions(family: string, signal: AbortSignal): Promise<{ readonly kind: 'versions'; readonly labels: readonly string[] } | { readonly kind: 'no-packages' } | { readonly kind: 'unknown-image' } | Unreachable>;
  /** What the SecurityPatch channel changed up to a timestamp (a node's live-patching annotation), oldest first. */
  securityPatches(system: SecurityPatchSystem, upTo: string, signal: AbortSignal): Promise<{ readonly kind: 'patches'; readonly patches: readonly SecurityPatch[] } | Unreachable>;
  /** Asks anew which versions there are. */
  refresh(signal: AbortSignal): Promise<AdvisorySourceState>;
  state(): Promise<AdvisorySourceState>;
}

/** Milliseconds for which "not there" and "cannot be reached" are believed: ten thousand nodes of one image ask once. */
const remembered = { absent: 15 * 60_000, unreachable: 60_000 } as const;

const patchFolders: Readonly<Record<SecurityPatchSystem, string>> = { 'ubuntu-22.04': '', 'ubuntu-24.04': 'ubuntu2404/', 'azure-linux-3': 'azurelinux/' };
const patchName = /^\d{8}T\d{6}Z$/;
const patchStart = 'Release notes for security patch';

/** Throws `InvalidConfigurationError` for a mirror that is none. */
export async function openNodeImageLists(options: NodeImageListOptions): Promise<NodeImageLists> {
  const mirror = options.mirror === undefined ? undefined : parseMirror(options.mirror);
  const { folder, outbound, now, sleep } = options;
  if (folder === undefined && mirror?.kind !== 'folder') throw new InvalidConfigurationError('node-image lists', 0, 'need a folder to be kept in');
  const notes = new ReleaseNotes({ outbound, mirror, folder, now, sleep });
  // Lists of a mirror and of the publisher are the same; indexes are not.
  const place = createHash('sha256').update(notes.url).digest('hex').slice(0, 8);
  const state = new ListState({ folder, url: notes.url, mirrored: notes.isMirrored, now });
  const indexes = new DirectoryIndexes({ notes, folder: folder === undefined ? undefined : join(folder, `index-${place}`), now, onOutcome: (failure) => state.note(failure) });
  if (folder !== undefined) await removeLeftovers(folder);
  return new Lists(notes, indexes, new KeptFiles(folder === undefined ? undefined : join(folder, 'lists')), state, now);
}

/** A killed process left them; one that runs beside us on the same folder fetches its file again. */
async function removeLeftovers(folder: string): Promise<void> {
  const left = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('.fetching-'));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}

type Fetched = { readonly kind: 'file'; readonly bytes: Buffer } | { readonly kind: 'absent' } | Unreachable;

class Lists implements NodeImageLists {
  readonly #notes: ReleaseNotes;
  readonly #indexes: DirectoryIndexes;
  readonly #kept: KeptFiles;
  readonly #state: ListState;
  readonly #now: () => Date;
  readonly #work = new SharedWork<Fetched>();
  readonly #missed = new Map<string, { readonly until: number; readonly answer: Fetched }>();

  constructor(notes: ReleaseNotes, indexes: DirectoryIndexes, kept: KeptFiles, state: ListState, now: () => Date) {
    this.#notes = notes;
    this.#indexes = indexes;
    this.#kept = kept;
    this.#state = state;
    this.#now = now;
  }

  async find(label: string, signal: AbortSignal): Promise<NodeImageListAnswer> {
    const parsed = parseNodeImageLabel(label);
    const place = parsed === undefined ? undefined : nodeImageDirectory(parsed.sku);
    if (parsed === undefined || place === undefined) return { kind: 'unknown-image' };
    if (!place.hasPackages) return { kind: 'no-packages' };
    const name = `${place.directory}/${parsed.version}.txt`;
    const fetched = await this.#fetch(name, isAksManifest, signal);
    if (fetched.kind === 'file') return { kind: 'list', bytes: fetched.bytes, name };
    return fetched.kind === 'unreachable' ? fetched : this.#confirmAbsence(place, `${parsed.version}.txt`, signal);
  }

  /** "Not published" needs a witness that knows the directory: a mirror that was never filled, or a publisher that has moved, says nothing. */
  async #confirmAbsence({ directory }: NodeImageDirectory, file: string, signal: AbortSignal): Promise<NodeImageListAnswer> {
    const index = await this.#indexes.names(directory, signal);
    if (index.kind === 'absent') return { kind: 'unreachable', detail: `${this.#notes.url} has no ${directory}` };
    if (index.kind === 'names') return index.names.includes(file) ? { kind: 'unreachable', detail: `${directory}/${file} is announced and cannot be read` } : { kind: 'not-published' };
    // The publisher's files and its index are two servers; a mirror is one, and has just failed.
    return this.#notes.isMirrored ? { kind: 'unreachable', detail: index.detail } : { kind: 'not-published' };
  }

  async versions(family: string, signal: AbortSignal): ReturnType<NodeImageLists['versions']> {
    const name = parseNodeImageLabel(family)?.family ?? family;
    const place = nodeImageDirectory(/^AKS[A-Za-z]+-(.+)$/.exec(name)?.[1] ?? '');
    if (place === undefined) return { kind: 'unknown-image' };
    if (!place.hasPackages) return { kind: 'no-packages' };
    const index = await this.#indexes.names(place.directory, signal);
    if (index.kind === 'absent') return { kind: 'unreachable', detail: `${this.#notes.url} has no ${place.directory}` };
    if (index.kind === 'unreachable') return { kind: 'unreachable', detail: index.detail };
    const versions = index.names.filter((file) => file.endsWith('.txt')).map((file) => file.slice(0, -'.txt'.length));
    const labels = versions.toSorted(compareVersions).map((version) => `${name}-${version}`);
    return { kind: 'versions', labels: labels.filter((label) => parseNodeImageLabel(label)?.family === name) };
  }

  async securityPatches(system: SecurityPatchSystem, upTo: string, signal: AbortSignal): ReturnType<NodeImageLists['securityPatches']> {
    const index = await this.#indexes.names('security-patch', signal);
    if (index.kind === 'absent') return { kind: 'unreachable', detail: `${this.#notes.url} has no security-patch` };
    if (index.kind === 'unreachable') return { kind: 'unreachable', detail: index.detail };
    const names = index.names.filter((name) => patchName.test(name) && name <= upTo).toSorted();
    const fetched = await Promise.all(names.map(async (name) => ({ name, file: await this.#fetch(`security-patch/${name}/${patchFolders[system]}release_notes_delta_${name}.txt`, isSecurityPatch, signal) })));
    const patches: SecurityPatch[] = [];
    for (const { name, file } of fetched) {
      if (file.kind === 'unreachable') return file;
      // Not every patch concerns every system.
      if (file.kind === 'file') patches.push({ name, bytes: file.bytes });
    }
    return { kind: 'patches', patches };
  }

  async refresh(signal: AbortSignal): Promise<AdvisorySourceState> {
    await this.#indexes.refresh(['security-patch'], signal);
    return this.state();
  }

  async state(): Promise<AdvisorySourceState> {
    return this.#state.read(await this.#newest());
  }

  async #newest(): Promise<string | undefined> {
    const directories = await this.#indexes.known();
    const names = (await Promise.all(directories.map((directory) => this.#indexes.keptNames(directory)))).flat();
    const dates = names.flatMap((name) => /^(\d{4})(\d{2})\.(\d{2})\.\d+\.txt$/.exec(name)?.slice(1, 4).join('-') ?? /^(\d{4})(\d{2})(\d{2})T/.exec(name)?.slice(1, 4).join('-') ?? []);
    return dates.toSorted().at(-1);
  }

  async #fetch(path: string, isWhole: (bytes: Buffer) => boolean, signal: AbortSignal): Promise<Fetched> {
    const kept = await this.#kept.read(path);
    if (kept !== undefined) return { kind: 'file', bytes: kept };
    const missed = this.#missed.get(path);
    if (missed !== undefined && missed.until > this.#now().getTime()) return missed.answer;
    return this.#work.run(path, signal, async (shared) => {
      const answer = await this.#settle(path, await this.#notes.file(path, shared), isWhole);
      if (answer.kind === 'file') this.#missed.delete(path);
      else if (!this.#notes.isLocal) this.#missed.set(path, { until: this.#now().getTime() + remembered[answer.kind], answer });
      return answer;
    });
  }

  /** Only what is what it should be is kept for ever. */
  async #settle(path: string, answer: NotesAnswer, isWhole: (bytes: Buffer) => boolean): Promise<Fetched> {
    if (answer.kind === 'absent') return answer;
    if (answer.kind === 'unchanged') return { kind: 'unreachable', detail: `${path} was not sent` };
    if (answer.kind === 'unreachable') {
      await this.#state.note(answer);
      return { kind: 'unreachable', detail: answer.detail };
    }
    if (!isWhole(answer.bytes)) return { kind: 'unreachable', detail: `what stands at ${path} is no list of packages` };
    await this.#kept.keep(path, answer.bytes);
    await this.#state.noteKept();
    return { kind: 'file', bytes: answer.bytes };
  }
}

/** Two of the published ones have not a single byte: their reader says that nobody knows what they changed. */
function isSecurityPatch(bytes: Buffer): boolean {
  return bytes.length === 0 || bytes.subarray(0, patchStart.length).toString('latin1') === patchStart;
}

/** Number by number: `202608.6.0` would come before `202608.14.0`. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (const [index, number] of (left ?? []).entries()) {
    const difference = number - (right?.[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
