import type { Package } from '../model/inventory.ts';
import { isRpmKernelImage, kernelReleaseOf } from '../model/package-family.ts';
import { debScheme } from '../version/deb/scheme.ts';
import { rpmScheme } from '../version/rpm/scheme.ts';
import type { VersionScheme } from '../version/scheme.ts';

type KernelImage = Pick<Package, 'name' | 'version'>;

/** Negative where the first is older. Undefined where the two have no order: images of two lines of Azure Linux (`kernel`, `kernel-mshv`) never have one. */
export function compareKernelImages(a: KernelImage, b: KernelImage): number | undefined {
  if (isOtherLine(a, b)) return undefined;
  return isRpmKernelImage(a.name) ? compareBy(rpmScheme, a.version, b.version) : compareBy(debScheme, a.version, b.version);
}

/** Which of two lines a machine boots is its configuration's choice, not the newer version's. */
export function isOtherLine(a: KernelImage, b: KernelImage): boolean {
  return (isRpmKernelImage(a.name) || isRpmKernelImage(b.name)) && a.name !== b.name;
}

function compareBy<Parsed>(scheme: VersionScheme<Parsed>, a: string, b: string): number | undefined {
  const [left, right] = [scheme.parse(a), scheme.parse(b)];
  return left === undefined || right === undefined ? undefined : scheme.compare(left, right);
}

/** `uname -r` of the newest kernel image on the disk: the one that the next boot runs. Undefined where there is none, or where one has no order. */
export function newestKernelRelease(packages: readonly Package[]): string | undefined {
  const images = packages.filter(({ name, version }) => kernelReleaseOf(name, version) !== undefined);
  let newest = images[0];
  for (const image of images) {
    const order = newest === undefined ? undefined : compareKernelImages(image, newest);
    if (order === undefined) return undefined;
    if (order > 0) newest = image;
  }
  return newest === undefined ? undefined : kernelReleaseOf(newest.name, newest.version);
}
