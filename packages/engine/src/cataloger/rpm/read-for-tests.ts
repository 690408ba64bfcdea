import { Coverage } from '../../base/coverage.ts';
import { createMemoryTree, type MemoryFile } from '../../filesystem/memory-tree-for-tests.ts';
import { rpmCataloger } from './cataloger.ts';

export interface RpmReading {
  /** As in `fixtures/*.txt`: name, version, architecture, source rpm. */
  readonly packages: readonly string[] | undefined;
  readonly coverage: readonly string[];
}

/** What the cataloger makes of a tree with these files. */
export async function readRpm(files: Readonly<Record<string, MemoryFile>>): Promise<RpmReading> {
  const coverage = new Coverage();
  const found = await rpmCataloger.catalog(createMemoryTree(files), coverage);
  const packages = found?.packages?.map((entry) => [entry.name, entry.version, entry.architecture, `${entry.source}-${entry.sourceVersion}.src.rpm`].join('\t'));
  return {
    packages: packages?.toSorted(),
    coverage: coverage.entries.map(({ subject, state, reason, detail }) => [subject, state, reason, detail].filter(Boolean).join(' ')),
  };
}

export const sqlitePath = '/var/lib/rpm/rpmdb.sqlite';
