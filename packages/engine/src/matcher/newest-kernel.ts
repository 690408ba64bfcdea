import type { Package } from '../model/inventory.ts';
import { kernelReleaseOf } from '../model/package-family.ts';
import { debScheme } from '../version/deb/scheme.ts';

/** `uname -r` of the newest kernel image on the disk: the one that the next boot runs. Undefined where there is none, or where one has no order. */
export function newestKernelRelease(packages: readonly Package[]): string | undefined {
  const images = packages.flatMap((found) => {
    const release = kernelReleaseOf(found.name);
    return release === undefined ? [] : [{ release, version: debScheme.parse(found.version) }];
  });
  const [first, ...others] = images;
  if (first?.version === undefined) return undefined;
  let newest = { release: first.release, version: first.version };
  for (const { release, version } of others) {
    if (version === undefined) return undefined;
    if (debScheme.compare(version, newest.version) > 0) newest = { release, version };
  }
  return newest.release;
}
