/**
 * Two patches of each minor version, as a cloud offers them; oldest first. The kubelets of all of
 * them are on the images of February 2024. From the oldest to the newest are three minor versions,
 * as far as a kubelet may be behind its control plane.
 */
const offeredVersions: readonly string[] = ['1.26.6', '1.26.10', '1.27.3', '1.27.7', '1.28.3', '1.28.5', '1.29.0', '1.29.2'];

/** What a control plane of this version can move to: later patches, and the next minor version. */
export function controlPlaneUpgrades(current: string): readonly string[] {
  return offeredVersions.filter((version) => compareVersions(version, current) > 0 && minorOf(version) <= minorOf(current) + 1);
}

/** What a pool can move to, now or once the control plane has moved: never past what that could run next. */
export function poolUpgrades(current: string, controlPlane: string): readonly string[] {
  const ceiling = controlPlaneUpgrades(controlPlane).at(-1) ?? controlPlane;
  return controlPlaneUpgrades(current).filter((version) => compareVersions(version, ceiling) <= 0);
}

/** Versions of three numbers and nothing else: ours. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const different = left.findIndex((number, index) => number !== right[index]);
  return different === -1 ? 0 : (left[different] ?? 0) - (right[different] ?? 0);
}

export function minorOf(version: string): number {
  return numbersOf(version)[1] ?? 0;
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map(Number);
}
