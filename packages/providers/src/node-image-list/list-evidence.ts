import { type CoverageReason, nodeImageDirectory, type NodeImageLabel, parseAksManifest, parseNodeImageLabel, type SourceNames } from '@nodeward/engine';
import type { Evidence, InventoryCoverage, RefusalCause } from '../provider.ts';
import { imagePublishedAt } from './image-published-at.ts';
import type { NodeImageLists } from './node-image-lists.ts';

export interface ListRequest {
  /** The label as the node or the pool has it. */
  readonly label: string;
  /** The node's own word (`live-patching-current-timestamp`): `20260814T000000Z`. */
  readonly securityPatch?: string | undefined;
  readonly lists: Pick<NodeImageLists, 'find' | 'securityPatches'>;
  readonly sourceNames?: SourceNames | undefined;
}

/**
 * What the publisher says is on a node image, security patches up to the given time included. Equal questions share one
 * inventory: ten thousand nodes of forty images are forty readings.
 */
export async function listEvidence(request: ListRequest, signal: AbortSignal): Promise<Evidence> {
  signal.throwIfAborted();
  const label = parseNodeImageLabel(request.label);
  if (label === undefined) return refused('image-not-published', 'image-publisher-without-lists', request.label);
  if (label.isWindows) return refused('unsupported', 'windows-node', `Windows: ${request.label}`);
  const patch = patchOf(request.securityPatch, label);
  const kept = keptFor(request.lists, request.sourceNames);
  const key = `${label.family} ${label.version} ${patch ?? ''}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const { evidence, final } = await readEvidence(label, patch, request, signal);
  if (final) keep(kept, key, evidence);
  return evidence;
}

interface Answer {
  readonly evidence: Evidence;
  /** Published lists and deltas never change; everything else may be better next time. */
  readonly final: boolean;
}

async function readEvidence(label: NodeImageLabel, patch: string | undefined, { lists, sourceNames, label: text }: ListRequest, signal: AbortSignal): Promise<Answer> {
  const found = await lists.find(`${label.family}-${label.version}`, signal);
  if (found.kind !== 'list') return { evidence: withoutList(found, text), final: false };
  const deltas = await readDeltas(label, patch, lists, signal);
  const reading = parseAksManifest(found.bytes, { name: found.name, sourceNames, securityPatches: deltas.patches });
  if (reading.inventory === undefined) {
    const detail = reading.coverage.filter(({ state }) => state !== 'out-of-scope').map(({ reason, detail: more }) => [reason, more].join(' ').trim());
    return { evidence: refused('unsupported', 'list-format-unknown', `${found.name}: ${detail.join(', ')}`), final: false };
  }
  const coverage = deltas.missing === undefined ? reading.coverage : withoutPatches(reading.coverage, deltas.missing);
  const { componentFiles, evidencePaths } = reading.facts;
  const facts = { evidencePaths, ...(componentFiles === undefined ? {} : { componentFiles }) };
  const evidence: Evidence = { kind: 'inventory', grade: 'manifest', inventory: reading.inventory, coverage, origin: found.name, facts };
  return { evidence, final: deltas.missing === undefined };
}

type NoList = Exclude<Awaited<ReturnType<NodeImageLists['find']>>, { readonly kind: 'list' }>;

function withoutList(answer: NoList, label: string): Evidence {
  if (answer.kind === 'not-published') return refused('image-not-published', 'image-list-not-published', label);
  if (answer.kind === 'no-packages') return refused('unsupported', 'image-list-without-packages', label);
  if (answer.kind === 'unknown-image') return refused('image-not-published', 'image-publisher-without-lists', label);
  return refused('unreachable', 'image-list-unreachable', `${label}: ${answer.detail}`);
}

function refused(cause: RefusalCause, reason: CoverageReason, detail: string): Evidence {
  return { kind: 'refused', cause, reason, detail };
}

interface Deltas {
  readonly patches: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** What the node has and nobody can say: then its packages are newer than what is listed. */
  readonly missing?: string;
}

/**
 * Deltas lie between consecutive patched images, and an image may have been built some days after its last one:
 * a week before it is early enough, and what it has already is not changed by being applied again.
 */
const margin = 7 * 24 * 60 * 60 * 1000;

async function readDeltas(label: NodeImageLabel, patch: string | undefined, lists: ListRequest['lists'], signal: AbortSignal): Promise<Deltas> {
  const day = imagePublishedAt(`${label.family}-${label.version}`);
  const published = day === undefined ? undefined : Date.parse(day);
  if (patch === undefined || (published !== undefined && timeOf(patch) <= published)) return { patches: [] };
  const system = nodeImageDirectory(label.sku)?.securityPatches;
  if (system === undefined) return { patches: [], missing: patch };
  const answer = await lists.securityPatches(system, patch, signal);
  if (answer.kind === 'unreachable') return { patches: [], missing: `${patch}: ${answer.detail}` };
  const patches = answer.patches.filter(({ name }) => published === undefined || timeOf(name) >= published - margin);
  return patches.some(({ name }) => name === patch) ? { patches } : { patches, missing: patch };
}

function withoutPatches(coverage: readonly InventoryCoverage[], detail: string): readonly InventoryCoverage[] {
  return coverage.map((entry) => (entry.subject === 'os-packages' && entry.state === 'read' ? { subject: entry.subject, state: 'unreadable', reason: 'security-patch-unknown', detail } : entry));
}

/** The node's own time, or the one that its image's label ends with (`…-2024.12.01`), whichever is later. */
function patchOf(annotated: string | undefined, label: NodeImageLabel): string | undefined {
  const labelled = label.securityPatch === undefined ? undefined : `${label.securityPatch.replaceAll('.', '')}T000000Z`;
  return [annotated, labelled].filter((found) => found !== undefined && !Number.isNaN(timeOf(found))).toSorted().at(-1);
}

/** `20260814T000000Z`; NaN where it is none. */
function timeOf(timestamp: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(timestamp) ?? [];
  return year === undefined ? Number.NaN : Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

const withoutSourceNames: object = {};
const keptInventories = new WeakMap<object, WeakMap<object, Map<string, Evidence>>>();
/** Some 300 KB each. */
const mostKept = 100;

function keptFor(lists: object, sourceNames: SourceNames | undefined): Map<string, Evidence> {
  const ofLists = keptInventories.get(lists) ?? new WeakMap<object, Map<string, Evidence>>();
  keptInventories.set(lists, ofLists);
  const names = sourceNames ?? withoutSourceNames;
  const kept = ofLists.get(names) ?? new Map<string, Evidence>();
  ofLists.set(names, kept);
  return kept;
}

function keep(kept: Map<string, Evidence>, key: string, evidence: Evidence): void {
  const oldest = kept.size < mostKept ? undefined : kept.keys().next().value;
  if (oldest !== undefined) kept.delete(oldest);
  kept.set(key, evidence);
}
