import type { AdvisoryHead, AdvisoryLookup, RangeRow } from '../model/advisory-lookup.ts';
import type { NotMatchedReason } from '../model/assessment.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Match, MatchedPackage, MatchState } from '../model/match.ts';
import { ecosystemOf } from '../model/operating-system.ts';
import { packageFamilyOf } from '../model/package-family.ts';
import { debScheme } from '../version/deb/scheme.ts';
import { versionSchemeOf } from '../version/registry.ts';
import { RangeChecker, type Verdict } from './affected.ts';
import { channelsOf } from './channels.ts';
import { type InstalledSource, installedSources } from './installed-source.ts';

export interface InventoryMatches {
  /** By vulnerability, source and version. Undetermined ones are among them. */
  readonly matches: readonly Match[];
  /** Set where nothing could be compared: then no match means nothing. */
  readonly notMatched?: NotMatchedReason;
}

/** Every source package of an inventory against the vendor's advisories for its release. */
export function matchInventory(inventory: Inventory, advisories: AdvisoryLookup): InventoryMatches {
  const ecosystem = ecosystemOf(inventory.operatingSystem);
  if (ecosystem === undefined || versionSchemeOf(ecosystem) === undefined || !advisories.hasEcosystem(ecosystem)) {
    return { matches: [], notMatched: 'no-advisories-for-operating-system' };
  }
  const matches = installedSources(inventory.packages).flatMap((installed) => matchSource(installed, ecosystem, advisories));
  return { matches: matches.sort(byKey) };
}

/** One for all inventories: it remembers the bounds that it has parsed. */
const checker = new RangeChecker(debScheme);

/** A range that hit, with the advisory that it belongs to. */
interface Hit {
  readonly verdict: Verdict;
  readonly range: RangeRow;
  readonly advisory: AdvisoryHead;
  readonly packages: readonly MatchedPackage[];
}

/** By vulnerability. */
type Hits = Map<string, Hit>;

function matchSource(installed: InstalledSource, ecosystem: string, advisories: AdvisoryLookup): Match[] {
  const { own, base, subscription } = channelsOf(ecosystem, installed.source, installed.version);
  const hits: Hits = new Map();
  const settled = new Set<string>();
  for (const channel of own) {
    const ranges = advisories.ranges(channel, installed.source);
    addHits(hits, settled, hitsOf(installed, ranges, advisories));
    for (const vulnerability of mentioned(ranges, advisories)) settled.add(vulnerability);
  }
  const baseRanges = advisories.ranges(base, installed.source);
  const isOwnChannelUnknown = own.length > 0 && !own.some((channel) => advisories.hasEcosystem(channel));
  const baseHits = hitsOf(installed, baseRanges, advisories);
  addHits(hits, settled, isOwnChannelUnknown ? mapValues(baseHits, ofAnotherChannel) : baseHits);
  if (subscription !== undefined) addSubscription(hits, installed, baseRanges, advisories.ranges(subscription, installed.source), advisories);
  return [...hits].map(([vulnerability, hit]) => matchOf(vulnerability, installed, hit));
}

function hitsOf(installed: InstalledSource, ranges: readonly RangeRow[], advisories: AdvisoryLookup): Hits {
  const hits: Hits = new Map();
  if (ranges.length === 0) return hits;
  const version = checker.parse(installed.version);
  for (const range of ranges) {
    const verdict = checker.check(version, range);
    if (verdict === undefined) continue;
    const packages = confined(installed, range);
    if (packages.length === 0) continue;
    for (const advisory of advisories.advisories(range)) {
      for (const vulnerability of advisory.vulnerabilities) keepWorst(hits, vulnerability, { verdict, range, advisory, packages });
    }
  }
  return hits;
}

/**
 * An advisory that lists binaries speaks of those only. Kernel images are not held to the list: it
 * names the images of the fixed build, and each build's image has another name.
 */
function confined(installed: InstalledSource, range: RangeRow): readonly MatchedPackage[] {
  const { binaries } = range;
  if (binaries === undefined || installed.kernelRelease !== null) return installed.packages;
  return installed.packages.filter(({ name }) => binaries.includes(name));
}

const weight: Record<MatchState, number> = {
  'affected-fix-available': 5,
  'affected-fix-with-subscription': 4,
  'affected-no-fix': 3,
  undetermined: 2,
  deferred: 1,
  'not-affected': 0,
};

/** Several advisories may speak of one vulnerability: a fix counts once all of them are satisfied. */
function keepWorst(hits: Hits, vulnerability: string, hit: Hit): void {
  const known = hits.get(vulnerability);
  if (known === undefined || isWorse(hit, known)) hits.set(vulnerability, hit);
}

function isWorse(hit: Hit, known: Hit): boolean {
  const difference = weight[hit.verdict.state] - weight[known.verdict.state];
  if (difference !== 0) return difference > 0;
  const [a, b] = [hit.range.fixed, known.range.fixed].map((fixed) => (fixed === undefined ? undefined : checker.parse(fixed)));
  return a !== undefined && b !== undefined && checker.compare(a, b) > 0;
}

function addHits(hits: Hits, settled: ReadonlySet<string>, found: Hits): void {
  for (const [vulnerability, hit] of found) {
    if (!settled.has(vulnerability) && !hits.has(vulnerability)) hits.set(vulnerability, hit);
  }
}

function mentioned(ranges: readonly RangeRow[], advisories: AdvisoryLookup): Set<string> {
  return new Set(ranges.flatMap((range) => advisories.advisories(range)).flatMap((advisory) => advisory.vulnerabilities));
}

/** `1.12+Fips1` is built on 1.12, so what 1.12 fixed is fixed; what came later may be, and nobody here knows. */
function ofAnotherChannel(hit: Hit): Hit {
  return { ...hit, verdict: { state: 'undetermined', rule: 'version-not-comparable', reason: 'channel-not-in-database' } };
}

function mapValues(hits: Hits, change: (hit: Hit) => Hit): Hits {
  return new Map([...hits].map(([vulnerability, hit]) => [vulnerability, change(hit)]));
}

/** What the release itself leaves open, or no longer speaks of, a subscription may fix. */
function addSubscription(
  hits: Hits,
  installed: InstalledSource,
  baseRanges: readonly RangeRow[],
  ranges: readonly RangeRow[],
  advisories: AdvisoryLookup,
): void {
  if (ranges.length === 0) return;
  let spokenOf: ReadonlySet<string> | undefined;
  for (const [vulnerability, hit] of hitsOf(installed, ranges, advisories)) {
    const known = hits.get(vulnerability);
    if (known === undefined) {
      spokenOf ??= mentioned(baseRanges, advisories);
      if (spokenOf.has(vulnerability)) continue;
    }
    if (known !== undefined && (known.verdict.state !== 'affected-no-fix' || hit.verdict.state !== 'affected-fix-available')) continue;
    const state = hit.verdict.state === 'affected-fix-available' ? 'affected-fix-with-subscription' : hit.verdict.state;
    hits.set(vulnerability, { ...hit, verdict: { ...hit.verdict, state } });
  }
}

function matchOf(vulnerability: string, installed: InstalledSource, { verdict, range, advisory, packages }: Hit): Match {
  return {
    vulnerability,
    sourcePackage: installed.source,
    packageFamily: packageFamilyOf(installed.source),
    packages,
    installedVersion: installed.version,
    fixedVersion: range.fixed ?? null,
    state: verdict.state,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    severity: advisory.severity,
    severitySource: advisory.severitySource,
    cvss: advisory.cvss,
    kernelRelease: installed.kernelRelease,
    advisory: advisory.id,
    rule: verdict.rule,
  };
}

function byKey(a: Match, b: Match): number {
  return compareText(a.vulnerability, b.vulnerability) || compareText(a.sourcePackage, b.sourcePackage)
    || compareText(a.installedVersion, b.installedVersion) || compareText(a.kernelRelease ?? '', b.kernelRelease ?? '');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
