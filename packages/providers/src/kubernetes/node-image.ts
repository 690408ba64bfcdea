import { parseNodeImageLabel } from '@nodeward/engine';
import type { KubernetesNode } from './node-object.ts';

/** As AKS names it; on EKS the machine image of the node group; elsewhere the best that the Node object has. */
export function imageOfNode({ labels, osImage }: KubernetesNode): string {
  return nonEmpty(labels['kubernetes.azure.com/node-image-version']) ?? nonEmpty(labels['eks.amazonaws.com/nodegroup-image']) ?? nonEmpty(osImage) ?? 'unknown image';
}

/** `20260814T000000Z`: security patches up to then were laid on top of the image while the node ran. */
export function securityPatchOf({ annotations }: KubernetesNode): string | undefined {
  return nonEmpty(annotations['kubernetes.azure.com/live-patching-current-timestamp']);
}

/** Negative where `a` is older. Images without a version that can be compared are older than all that have one. */
export function compareImages(a: string, b: string): number {
  const [left, right] = [versionOf(a), versionOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The image that new nodes of the pool boot from: the newest that its nodes have, and of equals the one that most have. */
export function imageOfPool(images: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const image of images) counts.set(image, (counts.get(image) ?? 0) + 1);
  const [best] = [...counts].toSorted(([a, often], [b, seldom]) => compareImages(b, a) || seldom - often || (a < b ? -1 : 1));
  return best?.[0] ?? 'unknown image';
}

function versionOf(image: string): readonly number[] {
  const label = parseNodeImageLabel(image);
  if (label === undefined) return [];
  // Windows names build, revision and date: the date orders them.
  const digits = (label.isWindows ? label.version.split('.').toReversed() : label.version.split('.')).map(Number);
  return [...digits, ...(label.securityPatch?.split('.').map(Number) ?? [])];
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
