import { componentFamilies, type CoverageEntry, coverageWithNodeObject, type FactClass, factClasses } from '@nodeward/engine';

/** As it stands on a node whose Node object names the kubelet; null or empty: none does. */
export function withKnownKubelet(coverage: readonly CoverageEntry[], kubeletVersion: string | null): readonly CoverageEntry[] {
  return kubeletVersion === null || kubeletVersion === '' ? coverage : coverageWithNodeObject(coverage, { kubeletVersion });
}

const kubeletUnknown = 'component-chosen-by-cluster';

/** Read as far as a cluster reports it: the kernel that runs, and none that is installed. */
const reportedOnly = 'node-status-only';

/** A class is read where an entry says so and none says otherwise. */
export function readClasses(coverage: readonly CoverageEntry[]): readonly FactClass[] {
  return factClasses.filter((factClass) => {
    const entries = coverage.filter(({ subject }) => subject === factClass);
    return entries.length > 0 && entries.every(({ state, reason }) => state === 'read' && reason !== reportedOnly);
  });
}

export interface ToldClass {
  readonly factClass: FactClass;
  /** Component families of which nothing was told; `installed-kernels`: of the kernel only what runs was told, which closes its findings and replaces no class that was read whole; `*`: nobody knows what is missing. */
  readonly untold: readonly string[];
  /** Worth keeping only if it has rows: a class that was read in part proves what it found, and nothing else. */
  readonly onlyWithRows: boolean;
}

/** Whole as a list, and only where some of it comes from nobody has said: the rows that it has are true. */
function isListed(entries: readonly CoverageEntry[]): boolean {
  return entries.length > 0 && entries.every(({ state, reason }) => state === 'read' || state === 'unknown-source' || reason === 'security-patch-unknown');
}

/** What a reading may say of a node's classes: part of a class is better than none of it, and closes nothing. */
export function toldClasses(coverage: readonly CoverageEntry[]): readonly ToldClass[] {
  const read = new Set(readClasses(coverage));
  return factClasses.flatMap((factClass): readonly ToldClass[] => {
    if (read.has(factClass)) return [{ factClass, untold: [], onlyWithRows: false }];
    const entries = coverage.filter(({ subject }) => subject === factClass);
    if (entries.length > 0 && entries.every(({ state, reason }) => state === 'read' && reason === reportedOnly)) return [{ factClass, untold: ['installed-kernels'], onlyWithRows: false }];
    if (factClass !== 'node-components' && factClass !== 'go-modules') return isListed(entries) ? [{ factClass, untold: ['*'], onlyWithRows: true }] : [];
    const untold = factClass === 'node-components' ? untoldFamilies(entries, coverage) : kubeletAlone(entries);
    return [untold === undefined ? { factClass, untold: ['*'], onlyWithRows: true } : { factClass, untold, onlyWithRows: false }];
  });
}

function kubeletAlone(entries: readonly CoverageEntry[]): readonly string[] | undefined {
  return entries.length > 0 && entries.every(({ state, reason }) => state === 'read' || reason === kubeletUnknown) ? ['kubelet'] : undefined;
}

/** Undefined where nobody can say which families are missing, or where every one of them is. */
function untoldFamilies(entries: readonly CoverageEntry[], coverage: readonly CoverageEntry[]): readonly string[] | undefined {
  const [entry, ...more] = entries;
  if (more.length > 0 || entry?.state !== 'out-of-scope' || entry.reason !== 'component-version-unknown') return kubeletAlone(entries);
  const named = new Set(entry.detail?.split(' ') ?? []);
  if (coverage.some(({ subject, reason }) => subject === 'component kubelet' && reason === kubeletUnknown)) named.add('kubelet');
  const untold = componentFamilies.filter((family) => named.has(family));
  return untold.length === named.size && untold.length < componentFamilies.length ? untold : undefined;
}
