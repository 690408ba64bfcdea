import type { AdvisoryLookup, RangeRow } from '../model/advisory-lookup.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Match, MatchedPackage } from '../model/match.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import { packageFamilyOf } from '../model/package-family.ts';
import { debScheme } from '../version/deb/scheme.ts';
import { versionSchemeOf } from '../version/registry.ts';
import { rpmScheme, type RpmVersion } from '../version/rpm/scheme.ts';
import type { VersionScheme } from '../version/scheme.ts';
import { RangeChecker } from './affected.ts';
import { channelsOf } from './channels.ts';
import { type Hit, type Hits, hitsOf, holdsOn, type Judge, matchOf, type MatchSubject } from './hits.ts';
import { type InstalledSource, installedSources } from './installed-source.ts';

/** Every source package of an inventory against the vendor's advisories for its release. */
export function matchPackages({ packages, operatingSystem }: Inventory, ecosystem: string, advisories: AdvisoryLookup): Match[] {
  return installedSources(packages).flatMap((installed) => matchSource(installed, ecosystem, operatingSystem, advisories));
}

/**
 * A source rpm carries its epoch nowhere in its name, and Microsoft's advisories say 0 whatever it is
 * (perl's is 4): sources are compared without epochs, on both sides.
 */
const rpmSourceScheme: VersionScheme<RpmVersion> = {
  ...rpmScheme,
  parse: (text) => {
    const version = rpmScheme.parse(text);
    return version === undefined ? undefined : { ...version, epoch: 0 };
  },
};

/** One of each for all inventories: it remembers the bounds that it has parsed. */
const debChecker = new RangeChecker(debScheme);
const rpmChecker = new RangeChecker(rpmSourceScheme);

/** `deb` or `rpm`: how an ecosystem's sources are compared. */
export function versionOrderOf(ecosystem: string): string {
  return versionSchemeOf(ecosystem) === rpmScheme ? rpmScheme.id : debScheme.id;
}

export function judgeOfSource(installed: InstalledSource, ecosystem: string, operatingSystem: OperatingSystem): Judge {
  if (versionOrderOf(ecosystem) === rpmScheme.id) return judgeBy(rpmChecker, installed, operatingSystem);
  return isEveryUpload(installed) ? judgeOfUploads(installed, operatingSystem) : judgeBy(debChecker, installed, operatingSystem);
}

/** A release of Ubuntu's kernels (`5.15.0-1041-azure`) is that of every upload of one ABI (`5.15.0-1041.48`); a package always says which. */
function isEveryUpload({ version, kernelRelease }: InstalledSource): boolean {
  return kernelRelease?.startsWith(`${version}-`) === true;
}

/** What a range says of the first and of the last upload alike it says of all of them. */
function judgeOfUploads(installed: InstalledSource, operatingSystem: OperatingSystem): Judge {
  const judgeOf = (upload: string): Judge => judgeBy(debChecker, { ...installed, version: `${installed.version}.${upload}` }, operatingSystem);
  const [first, last] = [judgeOf('0~'), judgeOf('999999999')];
  return {
    ...first,
    check: (range) => {
      if (!holdsOn(range, operatingSystem)) return undefined;
      const [earliest, latest] = [first.check(range), last.check(range)];
      if (earliest !== undefined && latest !== undefined) return earliest;
      const isOutside = earliest === undefined && latest === undefined && first.whyNot(range) === last.whyNot(range);
      return isOutside ? undefined : { state: 'undetermined', rule: 'version-not-comparable', reason: 'kernel-build-unknown' };
    },
  };
}

function judgeBy<Parsed>(checker: RangeChecker<Parsed>, installed: InstalledSource, operatingSystem: OperatingSystem): Judge {
  const version = checker.parse(installed.version);
  return {
    check: (range) => (holdsOn(range, operatingSystem) ? checker.check(version, range) : undefined),
    whyNot: (range) => checker.whyNot(version, range),
    concerned: (range) => confined(installed, range),
    isLater: (fixed, other) => {
      const [a, b] = [checker.parse(fixed), checker.parse(other)];
      return a !== undefined && b !== undefined && checker.compare(a, b) > 0;
    },
  };
}

/**
 * An advisory that lists binaries speaks of those only. Kernel images are not held to the list: it
 * names the images of the fixed build, and each build's image has another name.
 */
function confined(installed: InstalledSource, { binaries }: RangeRow): readonly MatchedPackage[] {
  if (binaries === undefined || installed.kernelRelease !== null) return installed.packages;
  return installed.packages.filter(({ name }) => binaries.includes(name));
}

function matchSource(installed: InstalledSource, ecosystem: string, operatingSystem: OperatingSystem, advisories: AdvisoryLookup): Match[] {
  const { own, base, subscription, builtOn } = channelsOf(ecosystem, installed.source, installed.version);
  const baseRanges = advisories.ranges(base, installed.source);
  const subscriptionRanges = subscription === undefined ? [] : advisories.ranges(subscription, installed.source);
  if (own.length === 0 && baseRanges.length === 0 && subscriptionRanges.length === 0) return [];

  const judge = judgeOfSource(installed, ecosystem, operatingSystem);
  const hits: Hits = new Map();
  const settled = new Set<string>();
  let isSpokenOf = false;
  for (const channel of own) {
    const ranges = advisories.ranges(channel, installed.source);
    isSpokenOf ||= ranges.length > 0;
    addHits(hits, settled, hitsOf(ranges, judge, advisories));
    for (const vulnerability of mentioned(ranges, advisories)) settled.add(vulnerability);
  }
  const isForeign = builtOn !== undefined && !isSpokenOf;
  const isOwnChannelUnknown = isForeign || (own.length > 0 && !own.some((channel) => advisories.hasEcosystem(channel)));
  const baseHits = hitsOf(baseRanges, isForeign ? judgeOfSource({ ...installed, version: builtOn }, ecosystem, operatingSystem) : judge, advisories);
  addHits(hits, settled, isOwnChannelUnknown ? mapValues(baseHits, ofAnotherChannel) : baseHits);
  addSubscription(hits, hitsOf(subscriptionRanges, judge, advisories), baseRanges, advisories);
  const subject = subjectOf(installed);
  return [...hits].map(([vulnerability, hit]) => matchOf(vulnerability, subject, hit, advisories));
}

function subjectOf({ source, version, kernelRelease }: InstalledSource): MatchSubject {
  return {
    sourcePackage: source,
    packageFamily: packageFamilyOf(source),
    installedVersion: version,
    kernelRelease,
    component: null,
    factClass: kernelRelease === null ? 'os-packages' : 'kernel',
  };
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
function addSubscription(hits: Hits, found: Hits, baseRanges: readonly RangeRow[], advisories: AdvisoryLookup): void {
  let spokenOf: ReadonlySet<string> | undefined;
  for (const [vulnerability, hit] of found) {
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
