import { Coverage, type CoverageEntry, isIncomplete } from '../base/coverage.ts';
import { joinSources, resolveSources } from '../image-catalog/resolve-sources.ts';
import { kernelsWithoutAdvisories } from '../matcher/kernels-without-advisories.ts';
import { matchInventory } from '../matcher/match.ts';
import { nodeMatches } from '../matcher/node-matches.ts';
import { withReportedKernel } from '../matcher/reported-kernel.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Assessment, NotMatchedReason, Reading } from '../model/assessment.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Match, NodeMatch } from '../model/match.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { coverageWithNodeObject, withNodeObject } from '../model/node-object.ts';
import { isThirdParty } from '../model/third-party-package.ts';

export interface AssessOptions {
  /** True where the node belongs to the sample fleet: only then may the sample's advisories be used. */
  readonly isSample?: boolean | undefined;
  /** What better witnesses say of this node, such as the Node object of its running kernel and kubelet. */
  readonly facts?: Partial<NodeFacts> | undefined;
}

/** reading → matches → this node's matches, and whether anything was left open. */
export function assessReading(reading: Reading, target: string, advisories: AdvisoryLookup, options: AssessOptions = {}): Assessment {
  const facts = { ...reading.facts, ...options.facts };
  const named = reading.inventory === undefined ? undefined : resolveSources(reading.inventory, advisories);
  const reported = named === undefined ? undefined : withReportedKernel(named.inventory, facts, advisories);
  const inventory = reported === undefined ? undefined : withNodeObject(reported.inventory, facts);
  const { matches, notMatched } = matchReading(inventory, advisories, options);
  const onNode = inventory === undefined ? { matches: [], coverage: [] } : nodeMatches(matches, inventory, facts);
  const found = [...(named?.coverage ?? []), ...(notMatched === undefined ? (reported?.coverage ?? []) : []), ...onNode.coverage, ...missingAdvisories(inventory, facts, advisories), ...unknownKernels(inventory, facts, advisories), ...(notMatched === 'no-advisories-for-operating-system' ? noAdvisories(inventory) : [])];
  const coverage = [...joinCoverage(coverageWithNodeObject(reading.coverage, facts), found), ...otherVendors(inventory, advisories)];
  return {
    ...reading,
    ...(inventory === undefined ? {} : { inventory }),
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
  inventory: Inventory | undefined,
  advisories: AdvisoryLookup,
  options: AssessOptions,
): { matches: readonly Match[]; notMatched?: NotMatchedReason } {
  if (inventory === undefined) return { matches: [], notMatched: 'no-inventory' };
  if (advisories.purpose === 'sample' && options.isSample !== true) return { matches: [], notMatched: 'database-made-for-sample' };
  return matchInventory(inventory, advisories);
}

/** design.md §2: what nothing on the node starts leaves nothing open. */
function isComplete(coverage: readonly CoverageEntry[], matches: readonly NodeMatch[]): boolean {
  return !coverage.some(isIncomplete) && !matches.some((match) => match.state === 'undetermined' && match.componentState !== 'staged');
}

/** Packages and kernel were read, and nobody was there to compare them with; the components are compared all the same. */
function noAdvisories(inventory: Inventory | undefined): readonly CoverageEntry[] {
  const coverage = new Coverage();
  for (const factClass of ['os-packages', 'kernel']) coverage.add(factClass, 'unsupported', withoutAdvisories, inventory?.operatingSystem.prettyName);
  return coverage.entries;
}

const withoutAdvisories = 'no-advisories-for-system';

/** What was not read has a nearer reason than that nothing is there to compare it with, and is not read by what a cluster reports. */
function isOutdone({ subject, reason }: CoverageEntry, read: readonly CoverageEntry[]): boolean {
  if (reason !== withoutAdvisories && reason !== nodeStatusOnly) return false;
  return read.some((entry) => entry.subject === subject && entry.state !== 'read' && entry.state !== 'unknown-source' && entry.reason !== nodeStatusOnly);
}

const nodeStatusOnly = 'node-status-only';

/** A fact class is `read` only as long as nothing speaks against it: what was found while matching replaces the entry of the reading. */
export function joinCoverage(reading: readonly CoverageEntry[], matching: readonly CoverageEntry[]): readonly CoverageEntry[] {
  const { read, found: all } = joinSources(reading, matching);
  const found = all.filter((entry) => !isOutdone(entry, read));
  const replaced = new Set(found.map((entry) => entry.subject));
  return [...read.filter((entry) => !replaced.has(entry.subject)), ...found];
}

/** A kernel that the feed does not know is not free of vulnerabilities. */
function unknownKernels(inventory: Inventory | undefined, facts: NodeFacts, advisories: AdvisoryLookup): readonly CoverageEntry[] {
  const coverage = new Coverage();
  const sources = inventory === undefined ? [] : kernelsWithoutAdvisories(inventory, facts, advisories);
  if (sources.length > 0) coverage.add('kernel', 'unsupported', 'no-advisories-for-kernel', sources.join(', '));
  return coverage.entries;
}

/** Components that nobody's advisories were there to compare with are not free of vulnerabilities. */
function missingAdvisories(inventory: Inventory | undefined, { componentFiles = [] }: NodeFacts, advisories: AdvisoryLookup): readonly CoverageEntry[] {
  const coverage = new Coverage();
  const staged = new Set(componentFiles.filter(({ state }) => state === 'staged').map(({ path }) => path));
  const active = (inventory?.components ?? []).filter(({ path }) => !staged.has(path));
  const missing = [
    ...(active.some(({ family }) => family === 'kubelet') && !advisories.hasEcosystem('kubernetes') ? ['kubernetes'] : []),
    ...(active.some(({ family }) => family !== 'kubelet') && !advisories.hasEcosystem('Go') ? ['Go'] : []),
  ];
  if (missing.length > 0) coverage.add('node-components', 'unsupported', 'no-advisories-for-components', missing.join(', '));
  const isModuleKnown = active.some(({ modules }) => modules !== undefined);
  if (isModuleKnown && !advisories.hasEcosystem('Go')) coverage.add('go-modules', 'unsupported', 'no-advisories-for-components', 'Go');
  return coverage.entries;
}

/** What another vendor packaged is covered where a binary of it was opened and its modules were compared. */
function otherVendors(inventory: Inventory | undefined, advisories: AdvisoryLookup): readonly CoverageEntry[] {
  const coverage = new Coverage();
  const names = new Set((inventory?.packages ?? []).filter(isThirdParty).map(({ name }) => name));
  const opened = new Set((inventory?.components ?? []).flatMap(({ package: owner, modules }) => (owner === undefined || modules === undefined ? [] : [owner])));
  const isCompared = (name: string): boolean => opened.has(name) && advisories.hasEcosystem('Go');
  for (const name of names) {
    if (isCompared(name)) coverage.add(`package ${name}`, 'read', 'read');
    else coverage.add(`package ${name}`, 'no-feed', 'vendor-publishes-no-feed');
  }
  return coverage.entries;
}
