import type { NodeMatch } from '@nodeward/engine';
import { compareByRisk, isLive } from '@nodeward/engine/assess';

/** Rows shown without `--all`: what has a fix or could not be told, on the kernel that runs and in binaries that something starts. */
export function isShownByDefault(match: NodeMatch): boolean {
  return (match.state === 'affected-fix-available' || match.state === 'undetermined') && isLive(match);
}

/** Worst first, then by vulnerability, package and component: the same input gives the same order. */
export function inReadingOrder(matches: readonly NodeMatch[]): readonly NodeMatch[] {
  return matches.toSorted((a, b) => compareByRisk(a, b) || byText(a.sourcePackage, b.sourcePackage) || byText(a.component ?? '', b.component ?? ''));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
