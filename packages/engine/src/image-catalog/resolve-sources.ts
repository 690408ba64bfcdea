import { Coverage, type CoverageEntry } from '../base/coverage.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Inventory, Package } from '../model/inventory.ts';
import { kernelReleaseOf, kernelSourceOf } from '../model/package-family.ts';
import { isThirdParty } from '../model/third-party-package.ts';
import { resolveDebSources } from './deb-sources.ts';
import { resolveRpmSources } from './rpm-sources.ts';
import { isRpmSystem, sourceNamesOf } from './source-names.ts';

/** Subjects of what was found about sources while matching; `joinSources` turns them into entries of the fact classes. */
const ofPackages = 'sources of packages';
const ofKernels = 'sources of kernels';

export interface ResolvedSources {
  /** Under the same id: where packages come from is no part of what is installed. */
  readonly inventory: Inventory;
  readonly coverage: readonly CoverageEntry[];
}

/**
 * A published list is read when a node is assessed and matched whenever advisories change; what these say of source
 * packages holds for the match. Nothing to do where every source is known already.
 */
export function resolveSources(inventory: Inventory, advisories: AdvisoryLookup): ResolvedSources {
  if (inventory.packages.every((found) => found.sourceKnown || isThirdParty(found))) return { inventory, coverage: [] };
  const { operatingSystem } = inventory;
  const witnesses = { operatingSystem, sourceNames: sourceNamesOf(inventory), advisories };
  const resolve = isRpmSystem(operatingSystem) ? resolveRpmSources : resolveDebSources;
  const resolved = resolve(inventory.packages, witnesses);
  const packages = inventory.packages.map((found, index) => (found.sourceKnown ? found : (resolved[index] ?? found)));
  return { inventory: { ...inventory, packages }, coverage: coverageOf(packages) };
}

function coverageOf(packages: readonly Package[]): readonly CoverageEntry[] {
  const coverage = new Coverage();
  const unknown = packages.filter((found) => !found.sourceKnown && !isThirdParty(found));
  const kernels = packages.filter(({ name, version, source }) => kernelReleaseOf(name, version) !== undefined && kernelSourceOf(source) === undefined);
  if (unknown.length === 0) coverage.add(ofPackages, 'read', 'read', `${packages.length} packages`);
  else coverage.add(ofPackages, 'unknown-source', 'source-package-unknown', `${unknown.length} of ${packages.length} packages`);
  if (kernels.length === 0) coverage.add(ofKernels, 'read', 'read');
  else coverage.add(ofKernels, 'unknown-source', 'source-package-unknown', kernels.map(({ name }) => name).join(', '));
  for (const name of new Set(unknown.map((found) => found.name))) coverage.add(`package ${name}`, 'unknown-source', 'source-package-unknown');
  return coverage.entries;
}

/** What the match found takes the place of what the reading had said of sources, and of nothing else. */
export function joinSources(read: readonly CoverageEntry[], found: readonly CoverageEntry[]): { readonly read: readonly CoverageEntry[]; readonly found: readonly CoverageEntry[] } {
  const [packages, kernels] = [ofPackages, ofKernels].map((subject) => found.find((entry) => entry.subject === subject));
  // a match without a reading keeps them, for the readings that share it
  if (packages === undefined || kernels === undefined || !read.some(({ subject }) => subject === 'os-packages')) return { read, found };
  const verdicts = new Map([['os-packages', packages], ['kernel', kernels]]);
  const joined = read.flatMap((entry) => {
    if (entry.state !== 'unknown-source') return [entry];
    const verdict = verdicts.get(entry.subject);
    return verdict === undefined ? [] : [{ ...verdict, subject: entry.subject }];
  });
  return { read: joined, found: found.filter((entry) => entry !== packages && entry !== kernels) };
}
