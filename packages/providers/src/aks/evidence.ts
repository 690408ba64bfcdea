import { SourceReadError } from '@nodeward/engine';
import { DiskRefusedError } from '../errors.ts';
import { nodeStatusEvidence } from '../node-image-list/node-status.ts';
import type { DiskRefusal, Evidence, EvidenceDisk, ImageReference, NodeReference } from '../provider.ts';
import { communityImageOf } from './community-image.ts';
import { findMachine, findPool, type Fleet, type FoundMachine } from './fleet.ts';
import type { CopySource, SnapshotChain } from './snapshot-chain.ts';

export interface EvidenceSources {
  /** Absent: nothing may be made, so no disk is read. */
  readonly chain: SnapshotChain | undefined;
  readonly readDisks: boolean;
  readonly readReferenceImages: boolean;
  readonly listEvidence: (label: string, signal: AbortSignal) => Promise<Evidence>;
  readonly now: () => number;
  /** Sources that nobody has asked for yet: whoever closes the provider closes them. */
  readonly waiting: Set<EvidenceDisk>;
}

/** The disk; where it refuses, the same image read elsewhere; where that refuses, the published list, with the disk's refusal in its coverage. */
export async function nodeEvidence(sources: EvidenceSources, fleet: Fleet, reference: NodeReference, signal: AbortSignal): Promise<Evidence> {
  const found = findMachine(fleet, reference);
  if (found === undefined) return { kind: 'refused', cause: 'not-found', detail: `node ${reference.node}` };
  const { node } = found.machine;
  const key = `node ${reference.cluster}/${reference.pool}/${reference.node}`;
  const disk = sources.readDisks && node.operatingSystem !== 'windows' ? await diskEvidence(sources, found, key, signal) : undefined;
  const instead = async (refusals: readonly DiskRefusal[], later: AbortSignal): Promise<Evidence> => evidenceOfImage(sources, found, key, refusals, later);
  if (disk === undefined || 'refusal' in disk) return instead(disk === undefined ? [] : [disk.refusal], signal);
  return { ...disk.evidence, instead: async (refusal, later) => instead([refusal], later) };
}

/** Where the node's own disk is out of reach. */
function evidenceOfImage(sources: EvidenceSources, found: FoundMachine, key: string, refusals: readonly DiskRefusal[], signal: AbortSignal): Promise<Evidence> | Evidence {
  const { machine: { node }, scanned } = found;
  const list = async (more: readonly DiskRefusal[], later: AbortSignal): Promise<Evidence> => withRefusals(reportedAtLeast(await sources.listEvidence(node.image, later), found), [...refusals, ...more]);
  const image = node.operatingSystem === 'windows' ? undefined : referenceEvidence(sources, node.image, scanned.region, key, signal);
  return image === undefined ? list([], signal) : { ...image, instead: async (refusal, later) => list([refusal], later) };
}

/** Without a list, what AKS says of the pool: its Kubernetes version is that of every kubelet. */
function reportedAtLeast(evidence: Evidence, { machine: { node }, scanned, kubelet }: FoundMachine): Evidence {
  if (evidence.kind !== 'refused' || evidence.reason === undefined || kubelet === undefined) return evidence;
  const { osImage = systemOfImage(node.image), operatingSystem } = node;
  return nodeStatusEvidence({ origin: `AKS ${scanned.cluster.name}: currentOrchestratorVersion`, osImage, operatingSystem }, evidence.reason, evidence.detail);
}

/** `PRETTY_NAME` as the systems of AKS have it, by the label's first words. */
function systemOfImage(label: string): string | undefined {
  const [, major, minor] = /^AKSUbuntu-(\d{2})(\d{2})/.exec(label) ?? [];
  if (major !== undefined && minor !== undefined) return `Ubuntu ${major}.${minor}`;
  return label.startsWith('AKSAzureLinux-V3') ? 'Azure Linux 3.0' : undefined;
}

export async function imageEvidence(sources: EvidenceSources, fleet: Fleet, { cluster, pool, image }: ImageReference, signal: AbortSignal): Promise<Evidence> {
  const scanned = findPool(fleet, { cluster, pool });
  if (scanned === undefined) return { kind: 'refused', cause: 'not-found', detail: `node pool ${pool}` };
  const read = referenceEvidence(sources, image, scanned.region, `image ${cluster}/${pool}`, signal);
  if (read === undefined) return sources.listEvidence(image, signal);
  return { ...read, instead: async (refusal, later) => withRefusals(await sources.listEvidence(image, later), [refusal]) };
}

type DiskEvidence = Extract<Evidence, { kind: 'disk' }>;
type Tried = { readonly evidence: DiskEvidence } | { readonly refusal: DiskRefusal };

const refusalOfUnknown = {
  'access-denied': { reason: 'disk-access-denied', detail: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read' },
  'not-named': { reason: 'disk-not-found', detail: 'Microsoft.Compute names no OS disk of this machine' },
} as const;

async function diskEvidence(sources: EvidenceSources, { machine }: FoundMachine, key: string, signal: AbortSignal): Promise<Tried | undefined> {
  const { osDisk } = machine;
  if (sources.chain === undefined) return undefined;
  if (osDisk.kind === 'ephemeral') return { refusal: { reason: 'disk-ephemeral', detail: 'diffDiskSettings.option Local' } };
  // Only Compute names the disk: AKS's own list of machines was all there was.
  if (osDisk.kind === 'unknown') return { refusal: refusalOfUnknown[osDisk.because] };
  if (osDisk.confidential) return { refusal: { reason: 'disk-confidential', detail: 'DiskWithVMGuestState' } };
  const opened = await openCopy(sources, sources.chain, { kind: 'disk', diskId: osDisk.id }, key, signal);
  if ('refusal' in opened) return opened;
  sources.waiting.add(opened.disk);
  return { evidence: { kind: 'disk', grade: 'disk', open: async () => handOut(sources.waiting, opened.disk) } };
}

/** Nothing is made before somebody opens it: of all nodes of one image one does. */
function referenceEvidence(sources: EvidenceSources, label: string, region: string, key: string, signal: AbortSignal): DiskEvidence | undefined {
  const imageId = sources.readReferenceImages ? communityImageOf(label) : undefined;
  const { chain } = sources;
  if (chain === undefined || imageId === undefined) return undefined;
  const open = async (): Promise<EvidenceDisk> => {
    const opened = await openCopy(sources, chain, { kind: 'community-image', imageId, region }, key, signal);
    if ('refusal' in opened) throw new DiskRefusedError(opened.refusal);
    return opened.disk;
  };
  return { kind: 'disk', grade: 'reference-image', content: imageId, open };
}

/** An hour and the hour for which access is granted are the two hours of a lease: what an earlier try left is taken up while it is safe to. */
const bucketMilliseconds = 3600 * 1000;

async function openCopy({ now }: Pick<EvidenceSources, 'now'>, chain: SnapshotChain, source: CopySource, key: string, signal: AbortSignal): ReturnType<SnapshotChain['open']> {
  const begun = await chain.begin(source, `${Math.floor(now() / bucketMilliseconds)} ${key}`, signal);
  return 'refusal' in begun ? begun : openOrEnd(chain, begun.lease, signal);
}

async function openOrEnd(chain: SnapshotChain, lease: Parameters<SnapshotChain['open']>[0], signal: AbortSignal): ReturnType<SnapshotChain['open']> {
  let opened: Awaited<ReturnType<SnapshotChain['open']>>;
  try {
    opened = await chain.open(lease, signal);
  } catch (error) {
    await chain.end(lease);
    throw error;
  }
  if ('refusal' in opened) await chain.end(lease);
  return opened;
}

/** Once: closing it has removed the copy. */
async function handOut(waiting: Set<EvidenceDisk>, disk: EvidenceDisk): Promise<EvidenceDisk> {
  if (!waiting.delete(disk)) throw new SourceReadError('this copy of a disk was already handed out');
  return Promise.resolve(disk);
}

function withRefusals(evidence: Evidence, refusals: readonly DiskRefusal[]): Evidence {
  const [first] = refusals;
  if (first === undefined) return evidence;
  const coverage = refusals.map((refusal) => ({ subject: 'disk', state: 'out-of-scope' as const, ...refusal }));
  if (evidence.kind === 'inventory') return { ...evidence, coverage: [...evidence.coverage, ...coverage] };
  return evidence.kind === 'refused' ? { ...evidence, coverage, detail: [evidence.detail, ...refusals.map(({ reason, detail }) => `${reason} (${detail})`)].join('; ') } : evidence;
}
