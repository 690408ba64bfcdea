import type { KubernetesUpgrade } from '@nodeward/providers';
import { sql } from 'kysely';

/** An image as a pool would run it. */
export interface ImageTarget {
  readonly image: string;
  /** Without a leading `v`; empty where nobody knows it. */
  readonly kubelet: string;
}

export interface UpgradablePool {
  readonly newerImages: readonly string[];
  readonly kubernetesUpgrades: readonly KubernetesUpgrade[];
  /** The kubelet that the pool's nodes run; null where no Node object tells: an image update then keeps an unknown one. */
  readonly kubeletVersion: string | null;
}

/** A newer image keeps the pool's Kubernetes; a Kubernetes version brings its own image. */
export function imageTargets({ newerImages, kubernetesUpgrades, kubeletVersion }: UpgradablePool): readonly ImageTarget[] {
  const kubelet = bareVersion(kubeletVersion ?? '');
  return [...newerImages.map((image) => ({ image, kubelet })), ...kubernetesUpgrades.map(({ version, image }) => ({ image, kubelet: bareVersion(version) }))];
}

/** As `match_set` and `image_reading` have it. */
export function bareVersion(version: string): string {
  return version.replace(/^v/, '');
}

/**
 * Of `node_pool p`: its Kubernetes version where a Node object tells of a kubelet at all, the nodes' own
 * where nobody names the pool's. Without it an image that holds no kubelet would seem to cure the kubelet.
 */
export const kubeletOfPool = sql<string | null>`(select coalesce(p.kubernetes_version, min(ltrim(n.kubelet_version, 'v'))) from node n
  where n.pool_id = p.id and n.gone_at is null and n.kubelet_version is not null having count(*) > 0)`;
