export interface KubernetesVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** `1.28.5`, `v1.27.3-gke.100`: what a vendor appends says nothing about skew. Undefined where it is no such version. */
export function parseKubernetesVersion(text: string): KubernetesVersion | undefined {
  const found = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,6})(?![0-9A-Za-z])/.exec(text);
  if (found === null) return undefined;
  return { text, major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3]) };
}

export function compareKubernetesVersions(a: KubernetesVersion, b: KubernetesVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/**
 * How many minor versions a kubelet may be older than its control plane
 * (https://kubernetes.io/releases/version-skew-policy/): three from control plane 1.28 on, two before.
 */
function allowedSkew({ major, minor }: KubernetesVersion): number {
  return major > 1 || minor >= 28 ? 3 : 2;
}

/** A kubelet is never newer than its control plane. */
export function isWithinSkew(kubelet: KubernetesVersion, controlPlane: KubernetesVersion): boolean {
  if (kubelet.major !== controlPlane.major) return false;
  return compareKubernetesVersions(kubelet, controlPlane) <= 0 && controlPlane.minor - kubelet.minor <= allowedSkew(controlPlane);
}
