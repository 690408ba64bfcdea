import type { Coverage } from '../base/coverage.ts';
import type { RootTree } from '../filesystem/filesystem.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import type { CatalogResult } from './cataloger.ts';

/** What one cataloger of packages found, and what it said of it: nothing at all where its database is not there. */
export interface DatabaseReading {
  readonly id: string;
  readonly result: CatalogResult | undefined;
  readonly coverage: Coverage;
}

/** The package manager that an operating system (its `ID`) installs itself with. */
const managers: ReadonlyMap<string, string> = new Map([
  ...['debian', 'ubuntu'].map((id) => [id, 'dpkg'] as const),
  ...[
    'azurelinux', 'mariner', 'sles', 'sle-micro', 'sl-micro', 'opensuse-leap', 'opensuse-tumbleweed', 'opensuse-microos',
    'rhel', 'centos', 'fedora', 'rocky', 'almalinux', 'ol', 'amzn', 'photon',
  ].map((id) => [id, 'rpm'] as const),
]);

const otherDatabases = [
  { name: 'apk', paths: ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'] },
  { name: 'pacman', paths: ['/var/lib/pacman/local'] },
] as const;

/**
 * Which database holds the operating system's packages. Debian ships rpm and Azure Linux ships dpkg:
 * a second database is a tool's, and its packages are nobody's advisories. Where the system is not
 * known, two databases leave the class open.
 */
export async function settleDatabases(
  root: RootTree,
  readings: readonly DatabaseReading[],
  system: OperatingSystem | undefined,
  coverage: Coverage,
): Promise<CatalogResult | undefined> {
  const present = readings.filter((reading) => reading.result !== undefined || reading.coverage.entries.length > 0);
  const manager = managers.get(system?.id ?? '');
  const own = manager === undefined ? undefined : present.find(({ id }) => id === manager);
  if (own === undefined && (present.length === 0 || manager !== undefined)) {
    await noteMissing(root, coverage);
    noteSecond(present, coverage);
    return undefined;
  }
  if (own !== undefined) {
    copyEntries(own.coverage, coverage);
    noteSecond(present.filter((reading) => reading !== own), coverage);
    return own.result;
  }
  for (const reading of present) copyEntries(reading.coverage, coverage);
  if (present.length > 1) coverage.add('os-packages', 'unsupported', 'package-database-unsupported', present.map(({ id }) => id).join(' '));
  return present.find(({ result }) => result?.packages !== undefined)?.result;
}

export function copyEntries(from: Coverage, to: Coverage): void {
  for (const { subject, state, reason, detail } of from.entries) to.add(subject, state, reason, detail);
}

function noteSecond(readings: readonly DatabaseReading[], coverage: Coverage): void {
  for (const { id, result } of readings) {
    const count = result?.packages?.length ?? 0;
    if (count === 0) coverage.add(`database ${id}`, 'out-of-scope', 'not-needed-by-root');
    else coverage.add(`database ${id}`, 'no-feed', 'vendor-publishes-no-feed', `${count} packages`);
  }
}

async function noteMissing(root: RootTree, coverage: Coverage): Promise<void> {
  for (const { name, paths } of otherDatabases) {
    for (const path of paths) {
      if ((await root.status(path)) === undefined) continue;
      coverage.add('os-packages', 'unsupported', 'package-database-unsupported', name);
      return;
    }
  }
  coverage.add('os-packages', 'unreadable', 'package-database-missing');
}
