import { Coverage, type CoverageEntry, isIncomplete } from '../base/coverage.ts';
import { matchInventory } from '../matcher/match.ts';
import { nodeMatches } from '../matcher/node-matches.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Assessment, NotMatchedReason, Reading } from '../model/assessment.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Match, NodeMatch } from '../model/match.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { isThirdParty } from '../model/third-party-package.ts';

export interface AssessOptions {
  /** True where the node belongs to the sample fleet: only then may the sample's advisories be used. */
  readonly isSample?: boolean | undefined;
  /** What better witnesses say of this node, such as the Node object of its running kernel. */
  readonly facts?: Partial<NodeFacts> | undefined;
}

/** reading → matches → this node's matches, and whether anything was left open. */
export function assessReading(reading: Reading, target: string, advisories: AdvisoryLookup, options: AssessOptions = {}): Assessment {
  const facts = { ...reading.facts, ...options.facts };
  const { matches, notMatched } = matchReading(reading, advisories, options);
  const onNode = reading.inventory === undefined ? { matches: [], coverage: [] } : nodeMatches(matches, reading.inventory, facts);
  const coverage = joinCoverage(reading, onNode.coverage);
  return {
    ...reading,
    facts,
    coverage,
    target,
    advisoryDatabaseRevision: advisories.revision,
    matches: onNode.matches,
    ...(notMatched === undefined ? {} : { notMatched }),
    complete: notMatched === undefined && isComplete(coverage, onNode.matches),
  };
}

function matchReading(
  reading: Reading,
  advisories: AdvisoryLookup,
  options: AssessOptions,
): { matches: readonly Match[]; notMatched?: NotMatchedReason } {
  if (reading.inventory === undefined) return { matches: [], notMatched: 'no-inventory' };
  if (advisories.purpose === 'sample' && options.isSample !== true) return { matches: [], notMatched: 'database-made-for-sample' };
  return matchInventory(reading.inventory, advisories);
}

/** design.md §2. */
function isComplete(coverage: readonly CoverageEntry[], matches: readonly NodeMatch[]): boolean {
  return !coverage.some(isIncomplete) && !matches.some((match) => match.state === 'undetermined');
}

/**
 * A fact class is `read` only as long as nothing speaks against it. The kernel's earlier entry is
 * replaced by what the better facts brought to light.
 */
function joinCoverage(reading: Reading, found: readonly CoverageEntry[]): readonly CoverageEntry[] {
  const replaced = new Set(found.map((entry) => entry.subject));
  const kept = reading.coverage.filter((entry) => !replaced.has(entry.subject));
  return [...kept, ...found, ...otherVendors(reading.inventory)];
}

function otherVendors(inventory: Inventory | undefined): readonly CoverageEntry[] {
  const coverage = new Coverage();
  const names = new Set((inventory?.packages ?? []).map((found) => found.name).filter(isThirdParty));
  for (const name of names) coverage.add(`package ${name}`, 'no-feed', 'vendor-publishes-no-feed');
  return coverage.entries;
}
