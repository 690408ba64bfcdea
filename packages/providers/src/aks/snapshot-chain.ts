import { createHash } from 'node:crypto';
import { SourceReadError, type DiskSource } from '@nodeward/engine';
import type { DiskRefusal, EvidenceDisk } from '../provider.ts';
import { tolerated } from './answer-cache.ts';
import { apiVersions } from './api-versions.ts';
import type { ArmClient } from './arm-client.ts';
import { ArmError, asProviderError } from './arm-error.ts';
import { refusalOfDisk, refusalOfError } from './disk-refusal.ts';
import { accessSchema, type DiskResource, diskSchema, parsed, taggedSchema } from './resources.ts';

export const scanTag = 'nodeward-scan';
export const expiresTag = 'nodeward-expires';

/** What is copied: a node's managed OS disk, or an image of a community gallery. */
export type CopySource =
  | { readonly kind: 'disk'; readonly diskId: string }
  | { readonly kind: 'community-image'; readonly imageId: string; readonly region: string };

/** Plain data: a workflow can write it down between two steps. The address of the bytes is a secret and not part of it. */
export interface DiskLease {
  /** Of the snapshot or disk in the scanner's own resource group. */
  readonly resourceId: string;
}

export type LeaseOutcome = { readonly lease: DiskLease } | { readonly refusal: DiskRefusal };

/**
 * snapshot → access → bytes → revoke → delete, as steps. Each may be repeated after a crash: names follow from what is
 * copied and from the key, and what is already there is taken up. `end` must follow, whatever happened in between; what
 * never gets it is removed by the sweeper once its lease is over.
 */
export interface SnapshotChain {
  begin(source: CopySource, leaseKey: string, signal: AbortSignal): Promise<LeaseOutcome>;
  /** Grants access and opens the bytes. Closing them ends the lease. */
  open(lease: DiskLease, signal: AbortSignal): Promise<{ readonly disk: EvidenceDisk } | { readonly refusal: DiskRefusal }>;
  /** Has its own time: it must not end with the signal of the work that it ends. */
  end(lease: DiskLease): Promise<void>;
}

/** `failure`: why its last read failed for good. */
type FailingSource = DiskSource & { readonly failure?: Error | undefined };

export interface SnapshotChainOptions {
  readonly client: ArmClient;
  /** `/subscriptions/…/resourceGroups/…`: the only place where anything is made or removed. */
  readonly scannerResourceGroup: string;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly openRange: (url: string, signal: AbortSignal) => Promise<FailingSource>;
  /** Undefined: not a refusal but a failure. */
  readonly refusalOfRead: (error: unknown) => DiskRefusal | undefined;
}

/** Seconds that the address of the bytes is valid; the lease of the copy ends later, so that a slow read is not swept away. */
const accessSeconds = 3600;
const leaseMilliseconds = 2 * 3600 * 1000;
/** Premium SSD v2 and Ultra copy in the background. */
const mostCompletionPolls = 360;
const completionMilliseconds = 10_000;
const cleanUpMilliseconds = 10 * 60 * 1000;

export function openSnapshotChain(options: SnapshotChainOptions): SnapshotChain {
  const chain: SnapshotChain = {
    begin: async (source, leaseKey, signal) => refusedOr(async () => (source.kind === 'disk' ? beginSnapshot(options, source.diskId, leaseKey, signal) : beginImageDisk(options, source, leaseKey, signal))),
    open: async (lease, signal) => refusedOr(async () => openLease(options, lease, signal)),
    end: async ({ resourceId }) => endOrLeave(options.client, own(options, resourceId)),
  };
  return chain;
}

async function refusedOr<Outcome>(step: () => Promise<Outcome>): Promise<Outcome | { readonly refusal: DiskRefusal }> {
  try {
    return await step();
  } catch (error) {
    const refusal = refusalOfError(error);
    if (refusal === undefined) throw asProviderError(error);
    return { refusal };
  }
}

async function beginSnapshot(options: SnapshotChainOptions, diskId: string, leaseKey: string, signal: AbortSignal): Promise<LeaseOutcome> {
  const disk = await readDiskResource(options.client, diskId, signal);
  const refusal = refusalOfDisk(disk);
  if (refusal !== undefined) return { refusal };
  return make(options, `snapshots/${copyName(diskId, leaseKey)}`, diskId, leaseKey, {
    location: disk.location,
    properties: { creationData: { createOption: 'Copy', sourceResourceId: diskId }, incremental: true, networkAccessPolicy: 'AllowAll' },
  }, signal);
}

async function beginImageDisk(options: SnapshotChainOptions, { imageId, region }: { imageId: string; region: string }, leaseKey: string, signal: AbortSignal): Promise<LeaseOutcome> {
  return make(options, `disks/${copyName(`${region} ${imageId}`, leaseKey)}`, imageId, leaseKey, {
    location: region,
    sku: { name: 'Standard_LRS' },
    properties: {
      creationData: { createOption: 'FromImage', galleryImageReference: { communityGalleryImageId: imageId } },
      osType: 'Linux',
      hyperVGeneration: /gen2/i.test(imageId) ? 'V2' : 'V1',
      networkAccessPolicy: 'AllowAll',
    },
  }, signal);
}

async function make(options: SnapshotChainOptions, path: string, origin: string, leaseKey: string, body: { readonly location: string; readonly properties: object; readonly sku?: object }, signal: AbortSignal): Promise<LeaseOutcome> {
  const { client, scannerResourceGroup, now } = options;
  const resourceId = `${scannerResourceGroup}/providers/Microsoft.Compute/${path}`;
  const lease = { resourceId };
  if ((await readOwn(client, resourceId, signal)) === undefined) {
    const tags = { [scanTag]: fingerprint(`${origin} ${leaseKey}`), [expiresTag]: new Date(now() + leaseMilliseconds).toISOString() };
    await client.run('PUT', resourceId, apiVersions.disks, { ...body, tags }, signal);
  }
  const copy = await completed(options, resourceId, signal);
  // A policy that modifies requests may have closed what we asked to be open.
  const policy = copy.properties.networkAccessPolicy ?? 'AllowAll';
  if (policy === 'AllowAll') return { lease };
  await endOrLeave(client, resourceId);
  return { refusal: { reason: 'disk-network-refused', detail: policy } };
}

async function completed({ client, sleep }: SnapshotChainOptions, resourceId: string, signal: AbortSignal): Promise<DiskResource> {
  for (let poll = 0; poll < mostCompletionPolls; poll += 1) {
    const copy = await readDiskResource(client, resourceId, signal);
    const { provisioningState = 'Succeeded', completionPercent } = copy.properties;
    if (provisioningState === 'Failed' || provisioningState === 'Canceled') throw new ArmError(0, `Copy${provisioningState}`, resourceId);
    if (provisioningState === 'Succeeded' && (completionPercent ?? 100) >= 100) return copy;
    await sleep(completionMilliseconds, signal);
  }
  throw new ArmError(0, 'CopyTooLong', resourceId);
}

async function openLease(options: SnapshotChainOptions, lease: DiskLease, signal: AbortSignal): Promise<{ readonly disk: EvidenceDisk } | { readonly refusal: DiskRefusal }> {
  const resourceId = own(options, lease.resourceId);
  const { accessSAS } = parsed(accessSchema, await grant(options.client, resourceId, signal), 'beginGetAccess');
  try {
    const source = await options.openRange(accessSAS, signal);
    return { disk: endingWith(source, options.refusalOfRead, async () => endOrLeave(options.client, resourceId)) };
  } catch (error) {
    const refusal = options.refusalOfRead(error);
    if (refusal === undefined) throw error;
    return { refusal };
  }
}

/** Access that was granted before a crash is given back first: its address is lost. */
async function grant(client: ArmClient, resourceId: string, signal: AbortSignal): Promise<unknown> {
  const ask = async (): Promise<unknown> => client.run('POST', `${resourceId}/beginGetAccess`, apiVersions.disks, { access: 'Read', durationInSeconds: accessSeconds }, signal);
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ArmError) || error.status !== 409) throw error;
    await revoke(client, resourceId, signal);
    return ask();
  }
}

function endingWith(source: FailingSource, refusalOfRead: SnapshotChainOptions['refusalOfRead'], end: () => Promise<void>): EvidenceDisk {
  let ended: Promise<void> | undefined;
  return {
    size: source.size,
    read: async (offset, length) => source.read(offset, length),
    get statistics() {
      return source.statistics ?? { bytes: 0, requests: 0 };
    },
    get refusal() {
      return refusalOfRead(source.failure);
    },
    close: async () => {
      ended ??= source.close().finally(end);
      return ended;
    },
  };
}

/** What was read stays read: where Azure refuses now, the sweeper removes the copy once its lease is over, and names what it cannot. */
async function endOrLeave(client: ArmClient, resourceId: string): Promise<void> {
  await tolerated(async () => endLease(client, resourceId, AbortSignal.timeout(cleanUpMilliseconds)));
}

/** Revoke first: a copy with active access cannot be deleted. What is gone already is as it should be. */
export async function endLease(client: ArmClient, resourceId: string, signal: AbortSignal): Promise<void> {
  await ignoringAbsence(async () => revoke(client, resourceId, signal));
  await ignoringAbsence(async () => client.run('DELETE', resourceId, apiVersions.disks, undefined, signal));
}

async function revoke(client: ArmClient, resourceId: string, signal: AbortSignal): Promise<void> {
  await client.run('POST', `${resourceId}/endGetAccess`, apiVersions.disks, undefined, signal);
}

async function ignoringAbsence(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof ArmError) || error.status !== 404) throw error;
  }
}

async function readDiskResource(client: ArmClient, id: string, signal: AbortSignal): Promise<DiskResource> {
  return parsed(diskSchema, await client.get(id, apiVersions.disks, signal), 'disk');
}

/** Undefined where there is none. A resource of that name which is not ours is never taken up, changed or removed. */
async function readOwn(client: ArmClient, resourceId: string, signal: AbortSignal): Promise<DiskResource | undefined> {
  try {
    const found = await client.get(resourceId, apiVersions.disks, signal);
    if (parsed(taggedSchema, found, 'copy').tags?.[scanTag] === undefined) throw new SourceReadError(`${resourceId} exists and is not Nodeward's`);
    return parsed(diskSchema, found, 'copy');
  } catch (error) {
    if (error instanceof ArmError && error.status === 404 && error.azureCode !== 'ResourceGroupNotFound') return undefined;
    throw error;
  }
}

/** The one guard of every write: nothing outside the scanner's resource group, nothing that is not named as ours. */
function own({ scannerResourceGroup }: SnapshotChainOptions, resourceId: string): string {
  const inside = `${scannerResourceGroup}/providers/Microsoft.Compute/`.toLowerCase();
  const rest = resourceId.slice(inside.length);
  if (!resourceId.toLowerCase().startsWith(inside) || !isOwnPath(rest)) throw new SourceReadError('not a copy of the scanner');
  return resourceId;
}

export function isOwnPath(path: string): boolean {
  return /^(snapshots|disks)\/nodeward-[0-9a-f]{32}$/.test(path);
}

function copyName(source: string, leaseKey: string): string {
  return `nodeward-${fingerprint(`${source.toLowerCase()} ${leaseKey}`)}`;
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
