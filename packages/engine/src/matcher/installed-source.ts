import type { Package } from '../model/inventory.ts';
import type { MatchedPackage } from '../model/match.ts';
import { isRpmKernelImage, kernelReleaseOf, kernelSourceOf } from '../model/package-family.ts';
import { isThirdParty } from '../model/third-party-package.ts';

/** What advisories speak of: one source package at one version, with the binaries made from it. */
export interface InstalledSource {
  readonly source: string;
  readonly version: string;
  readonly packages: readonly MatchedPackage[];
  /** `uname -r`, where this is a kernel image. */
  readonly kernelRelease: string | null;
}

/**
 * Groups packages by source. A kernel image stands alone under its kernel's source; whatever else
 * is built from a kernel source (headers, tools, modules, meta packages) runs nowhere and is left
 * out, as are packages of other vendors.
 */
export function installedSources(packages: readonly Package[]): InstalledSource[] {
  const groups = new Map<string, { source: string; version: string; packages: MatchedPackage[]; kernelRelease: string | null }>();
  for (const found of packages) {
    if (isThirdParty(found)) continue;
    const kernelSource = kernelSourceOf(found.source);
    const kernelRelease = kernelReleaseOf(found.name, found.version) ?? null;
    if (kernelSource !== undefined && kernelRelease === null) continue;
    // The signed image carries its own build's version, which is the kernel's; its source may not. An rpm's is its release.
    const version = kernelRelease === null ? found.sourceVersion : isRpmKernelImage(found.name) ? kernelRelease : found.version;
    const source = kernelSource ?? found.source;
    const key = `${source}\n${version}\n${kernelRelease ?? ''}`;
    const group = groups.get(key) ?? { source, version, packages: [], kernelRelease };
    groups.set(key, group);
    if (!group.packages.some(({ name, version: known }) => name === found.name && known === found.version)) {
      group.packages.push({ name: found.name, version: found.version });
    }
  }
  return [...groups.values()];
}
