import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { NotMatchedReason } from '../model/assessment.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Match } from '../model/match.ts';
import { ecosystemOf } from '../model/operating-system.ts';
import { versionSchemeOf } from '../version/registry.ts';
import { matchComponents } from './match-components.ts';
import { matchPackages } from './match-packages.ts';

export interface InventoryMatches {
  /** By vulnerability, source, version and component. Undetermined ones are among them. */
  readonly matches: readonly Match[];
  /** Set where no package could be compared: then what is missing among the matches means nothing. */
  readonly notMatched?: NotMatchedReason;
}

/** Packages against the vendor's advisories for their release, components against those of their publishers. */
export function matchInventory(inventory: Inventory, advisories: AdvisoryLookup): InventoryMatches {
  const components = matchComponents(inventory, advisories);
  const ecosystem = ecosystemOf(inventory.operatingSystem);
  if (ecosystem === undefined || versionSchemeOf(ecosystem) === undefined || !advisories.hasEcosystem(ecosystem)) {
    return { matches: components.sort(byKey), notMatched: 'no-advisories-for-operating-system' };
  }
  const packages = matchPackages(inventory, ecosystem, advisories);
  return { matches: [...packages, ...components].sort(byKey) };
}

function byKey(a: Match, b: Match): number {
  return compareText(a.vulnerability, b.vulnerability) || compareText(a.sourcePackage, b.sourcePackage)
    || compareText(a.installedVersion, b.installedVersion) || compareText(a.kernelRelease ?? '', b.kernelRelease ?? '')
    || compareText(a.component ?? '', b.component ?? '');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
