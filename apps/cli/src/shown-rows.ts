import { type NodeMatch, severityRank } from '@nodeward/engine';

/** Rows shown without `--all`: what has a fix or could not be told, on the kernel that runs. */
export function isShownByDefault({ state, kernel }: NodeMatch): boolean {
  return (state === 'affected-fix-available' || state === 'undetermined') && (kernel === null || kernel === 'running');
}

/** Worst first, then by vulnerability and package: the same input gives the same order. */
export function inReadingOrder(matches: readonly NodeMatch[]): readonly NodeMatch[] {
  return matches.toSorted(
    (a, b) => severityRank(b.severity) - severityRank(a.severity) || byText(a.vulnerability, b.vulnerability) || byText(a.sourcePackage, b.sourcePackage),
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
