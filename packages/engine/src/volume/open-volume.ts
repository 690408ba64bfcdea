import { type NotRead, notRead } from '../base/not-read.ts';
import type { DiskSource } from '../source/disk-source.ts';
import { type ContainerSignature, containerSignatures } from './container-signatures.ts';

export interface Volume {
  readonly kind: 'volume';
  readonly source: DiskSource;
}

/** A recognised container: `uuid` is what an fstab or crypttab line may call it. */
export interface UnreadVolume extends NotRead {
  readonly uuid?: string;
}

const headSize = 8192;

/** The volume in a partition, or why there is none: encrypted, part of a volume manager, swap. */
export async function openVolume(partition: DiskSource): Promise<Volume | UnreadVolume> {
  const head = await partition.read(0, Math.min(headSize, partition.size));
  const found = containerSignatures.find((signature) => signature.at.some((at) => hasAt(head, at, signature.bytes)));
  if (found === undefined) return { kind: 'volume', source: partition };
  const uuid = found.uuid?.(head);
  return { ...notRead(found.state, found.reason, found.name(head)), ...(uuid === undefined ? {} : { uuid }) };
}

function hasAt(head: Uint8Array, at: number, bytes: ContainerSignature['bytes']): boolean {
  return Buffer.from(head.subarray(at, at + bytes.length)).toString('latin1') === bytes;
}
