import type { RootTree } from '../../filesystem/filesystem.ts';
import { bdbHeaders } from './bdb-headers.ts';
import { ndbHeaders } from './ndb-headers.ts';
import { openRandomFile, type RandomFile } from './random-file.ts';
import { sqliteHeaders } from './sqlite/headers.ts';
import type { StoredHeader } from './stored-header.ts';

export interface RpmDatabase {
  readonly path: string;
  /** The rollback journal that a crash has left beside it, where there is one. */
  readonly hotJournal: string | undefined;
  headers(): AsyncGenerator<StoredHeader>;
}

/** rpm's `_dbpath` of most distributions; of SUSE, Fedora and Azure Linux; of image-based systems. */
const folders = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm'] as const;

/** Newest first: rpm leaves the older file behind when it changes to another format. */
const formats = [
  { file: 'rpmdb.sqlite', open: openSqlite },
  { file: 'Packages.db', open: (_: RootTree, file: RandomFile) => Promise.resolve({ hotJournal: undefined, headers: () => ndbHeaders(file) }) },
  { file: 'Packages', open: (_: RootTree, file: RandomFile) => Promise.resolve({ hotJournal: undefined, headers: () => bdbHeaders(file) }) },
] as const;

/** SQLite's pager.c: a journal with this beginning has something to roll back. */
const journalMagic = 'd9d505f920a163d7';

/** Every rpm database of the tree, once each, the newest format first. */
export async function findDatabases(root: RootTree): Promise<readonly RpmDatabase[]> {
  const seen = new Set<string>();
  const found: RpmDatabase[] = [];
  for (const { file: name, open } of formats) {
    for (const folder of folders) {
      const path = `${folder}/${name}`;
      const real = await root.realPath(path);
      const file = seen.has(real) ? undefined : await openRandomFile(root, path);
      seen.add(real);
      if (file !== undefined) found.push({ path, ...(await open(root, file)) });
    }
  }
  return found;
}

async function openSqlite(root: RootTree, file: RandomFile): Promise<Omit<RpmDatabase, 'path'>> {
  // SQLite names both after the file itself, not after a link to it.
  const real = await root.realPath(file.path);
  const log = await openRandomFile(root, `${real}-wal`);
  const journal = await root.readRange(`${real}-journal`, 0, 8);
  const isHot = Buffer.from(journal ?? []).toString('hex') === journalMagic;
  return { hotJournal: isHot ? `${file.path}-journal` : undefined, headers: () => sqliteHeaders(file, log) };
}
