import type { Package } from '../model/inventory.ts';
import type { ListedPackage } from './listed-package.ts';
import { resolveSource, type SourceWitnesses } from './source-names.ts';

function resolveDebSource(found: ListedPackage, { operatingSystem, sourceNames, advisories }: SourceWitnesses): Package {
  const { name, version } = found;
  const resolved = resolveSource(name, operatingSystem, sourceNames, advisories);
  const source = resolved.kind === 'known' ? resolved.source : name;
  const said = resolved.kind === 'known' ? resolved.versions?.get(version) : undefined;
  // The binary's version is the best that is known of the source's; they differ for few sources.
  return { ...found, source, sourceVersion: said ?? version, sourceKnown: resolved.kind !== 'unknown' };
}

/** Sources of the binaries of a list of Debian packages: what the feed says, then what was read elsewhere or given. */
export function resolveDebSources(listed: readonly ListedPackage[], witnesses: SourceWitnesses): readonly Package[] {
  return withKernelSources(listed.map((found) => resolveDebSource(found, witnesses)));
}

/** ABI and flavour stand in the names of everything that is built from one of Ubuntu's kernels: `linux-image-5.15.0-1118-azure`. */
const kernelAbi = /^(linux-.*\d+\.\d+\.\d+)-\d+(-.+)?$/;

/** A build of a kernel that nobody has named yet comes from the source of its other builds. */
function withKernelSources(packages: readonly Package[]): readonly Package[] {
  const flavourOf = (name: string): string | undefined => (kernelAbi.test(name) ? name.replace(kernelAbi, '$1-#$2') : undefined);
  const sources = Map.groupBy(packages.filter(({ name, sourceKnown }) => sourceKnown && kernelAbi.test(name)), ({ name }) => flavourOf(name));
  return packages.map((found) => {
    const named = found.sourceKnown ? [] : [...new Set(sources.get(flavourOf(found.name))?.map(({ source }) => source))];
    const [source] = named;
    return source === undefined || named.length > 1 ? found : { ...found, source, sourceKnown: true };
  });
}
