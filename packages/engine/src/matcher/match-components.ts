import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Match } from '../model/match.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import { semverScheme } from '../version/semver/scheme.ts';
import { RangeChecker, type Verdict } from './affected.ts';
import { type ComponentSubject, componentSubjects } from './component-subject.ts';
import { hitsOf, holdsOn, type Judge, matchOf, type MatchSubject } from './hits.ts';

/**
 * Components against the Kubernetes feed and Go's. One match for each vulnerability of each thing
 * that was compared, however many advisories speak of it.
 */
export function matchComponents({ components, operatingSystem }: Inventory, advisories: AdvisoryLookup): Match[] {
  return components.flatMap(componentSubjects).flatMap((subject) => matchSubject(subject, operatingSystem, advisories));
}

/** One for all inventories: it remembers the bounds that it has parsed. */
const checker = new RangeChecker(semverScheme);

const versionUnknown: Verdict = { state: 'undetermined', rule: 'version-not-comparable', reason: 'component-version-unknown' };

export function judgeOfComponent({ version, component, package: name, installedVersion, factClass }: ComponentSubject, operatingSystem: OperatingSystem): Judge {
  const parsed = version === undefined ? undefined : checker.parse(version);
  const packages = [{ name: factClass === 'node-components' ? component.name : name, version: installedVersion }];
  return {
    check: (range) => {
      if (!holdsOn(range, operatingSystem)) return undefined;
      return version === undefined ? versionUnknown : checker.check(parsed, range);
    },
    whyNot: (range) => checker.whyNot(parsed, range),
    concerned: () => packages,
    isLater,
  };
}

function isLater(fixed: string, other: string): boolean {
  const [a, b] = [checker.parse(fixed), checker.parse(other)];
  return a !== undefined && b !== undefined && checker.compare(a, b) > 0;
}

function matchSubject(subject: ComponentSubject, operatingSystem: OperatingSystem, advisories: AdvisoryLookup): Match[] {
  const ranges = advisories.ranges(subject.ecosystem, subject.package);
  if (ranges.length === 0) return [];
  const found = hitsOf(ranges, judgeOfComponent(subject, operatingSystem), advisories);
  const matched = matchSubjectOf(subject);
  return [...found].map(([vulnerability, hit]) => matchOf(vulnerability, matched, hit, advisories));
}

function matchSubjectOf({ component, package: sourcePackage, installedVersion, factClass }: ComponentSubject): MatchSubject {
  return { sourcePackage, packageFamily: component.family, installedVersion, kernelRelease: null, component: component.path, factClass };
}
