import type { AdvisoryLookup, RangeRow } from '../model/advisory-lookup.ts';
import type { Advisory, AffectedRange } from '../model/advisory.ts';
import type { Inventory } from '../model/inventory.ts';
import type { NodeMatch } from '../model/match.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { packageFamilyOf } from '../model/package-family.ts';
import { explainAbsent, mayBeInstalled } from './explain-absent.ts';
import { explainedRange, type ExplanationEntry, type ExplanationReason, noMatch } from './explanation.ts';
import { holdsOn } from './hits.ts';
import { type InstalledThing, installedThings, isOfThing, speaksOf } from './installed-thing.ts';
import { matchInventory } from './match.ts';
import { nodeMatches } from './node-matches.ts';

/**
 * Why a vulnerability (or advisory id) matches on a node or does not: one entry for each advisory
 * range that speaks of something installed, and entries for what is not there or was not read.
 * `packageName` may be a source, a binary package, a component, its path or a Go module. Never empty.
 * The inventory is the one that was matched: after `withReportedKernel` and `withNodeObject`.
 */
export function explain(inventory: Inventory, facts: NodeFacts, advisories: AdvisoryLookup, vulnerability: string, packageName?: string): readonly ExplanationEntry[] {
  const about = advisories.about(vulnerability);
  const asked = packageName ?? '';
  if (about.length === 0) return [noMatch({ sourcePackage: asked, packageFamily: packageFamilyOf(asked), reason: 'no-such-vulnerability' })];

  const holding = about.filter(({ withdrawn }) => withdrawn === undefined);
  const matches = nodeMatches(matchInventory(inventory, advisories).matches, inventory, facts).matches;
  const things = installedThings(inventory, facts).filter(({ names }) => packageName === undefined || names.includes(packageName));
  const looked = things.flatMap((thing) => lookAt(thing, holding, matches, inventory));
  const withdrawn = about.filter((advisory) => !holding.includes(advisory)).map(({ id }) => noMatch({ sourcePackage: asked, packageFamily: packageFamilyOf(asked), advisory: id, reason: 'withdrawn' }));
  const entries = [...looked, ...withdrawn, ...explainAbsent({ inventory, facts, about: holding, looked, packageName })];
  if (entries.length > 0) return entries;
  return [noMatch({ sourcePackage: asked, packageFamily: packageFamilyOf(asked), reason: reasonOfNothing(things, inventory, packageName) })];
}

function reasonOfNothing(things: readonly InstalledThing[], inventory: Inventory, packageName: string | undefined): ExplanationReason {
  if (things.length > 0 || packageName === undefined) return 'not-in-advisory';
  return mayBeInstalled(inventory, undefined) ? 'not-read' : 'not-installed';
}

/** A range as one advisory states it, with what it says of one thing. */
interface Looked {
  readonly advisory: Advisory;
  readonly range: AffectedRange;
  readonly row: RangeRow;
}

function lookAt(thing: InstalledThing, about: readonly Advisory[], matches: readonly NodeMatch[], inventory: Inventory): ExplanationEntry[] {
  const looked = about.flatMap((advisory) => advisory.affected.filter((range) => speaksOf(range, thing))
    .map((range): Looked => ({ advisory, range, row: { ...range, packageId: 0, sequence: 0 } })));
  const own = matches.filter((match) => isOfThing(match, thing));
  return looked.map((found) => explainRange(found, thing, decisive(found, looked, own), inventory));
}

type Decisive = { readonly match: NodeMatch; readonly isItself: boolean } | undefined;

/** The match of this advisory's vulnerability, and whether a range of the same channel gave it. */
function decisive({ advisory, range }: Looked, looked: readonly Looked[], own: readonly NodeMatch[]): Decisive {
  const match = own.find(({ vulnerability }) => advisory.vulnerabilities.includes(vulnerability));
  if (match === undefined) return undefined;
  const isSource = (found: Looked): boolean => found.advisory.id === match.advisory && (found.range.fixed ?? null) === match.fixedVersion;
  const isItself = looked.some((found) => isSource(found) && found.range.ecosystem === range.ecosystem);
  return { match, isItself };
}

function explainRange({ advisory, range, row }: Looked, thing: InstalledThing, found: Decisive, { operatingSystem }: Inventory): ExplanationEntry {
  const { sourcePackage, packageFamily, component, installedVersion, versionOrder, evidence, judgeIn } = thing;
  const judge = judgeIn(range.ecosystem);
  const named = {
    sourcePackage, packageFamily, component, installedVersion, versionOrder, evidence,
    advisory: advisory.id, ecosystem: range.ecosystem, range: explainedRange(range),
  };
  const without = (reason: ExplanationReason): ExplanationEntry => noMatch({ ...named, reason });
  if (!holdsOn(range, operatingSystem)) return without('other-operating-system');
  const verdict = judge.check(row);
  if (verdict === undefined) return without(judge.whyNot(row));
  if (judge.concerned(row).length === 0) return without('binaries-not-affected');
  if (found?.isItself !== true) return without('other-channel-decides');
  return { ...named, ...outcomeOf(found.match), rule: found.match.rule, evidence: found.match.evidence === '' ? evidence : found.match.evidence };
}

/** What the match means on this node. */
function outcomeOf(match: NodeMatch): Pick<ExplanationEntry, 'outcome' | 'state' | 'reason'> {
  const { state, reason, kernel, componentState } = match;
  if (componentState === 'staged') return { outcome: 'no-match', state, reason: 'staged' };
  if (kernel !== null && kernel !== 'running') return { outcome: 'no-match', state, reason: 'kernel-not-running' };
  if (state !== 'undetermined') return { outcome: 'match', state, reason: null };
  const isUnread = reason === 'running-kernel-unknown' || reason === 'component-version-unknown';
  return { outcome: 'match', state, reason: isUnread ? 'not-read' : 'version-not-comparable' };
}
