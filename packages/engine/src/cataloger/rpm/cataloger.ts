import type { Coverage } from '../../base/coverage.ts';
import { LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { type NotRead, notRead, notReadBecause } from '../../base/not-read.ts';
import type { Package } from '../../model/inventory.ts';
import type { Cataloger } from '../cataloger.ts';
import { mayHoldComponent, type OwnedFile } from '../owning-package.ts';
import { findDatabases, type RpmDatabase } from './find-databases.ts';
import { openHeader } from './header.ts';
import { packageOf } from './package-of.ts';
import type { StoredHeader } from './stored-header.ts';

interface Found {
  readonly path: string;
  readonly packages: Map<string, Package>;
  readonly unreadable: Map<string, NotRead>;
  readonly ownedFiles: OwnedFile[];
  damage?: NotRead | undefined;
}

/** rpm packages, from whichever of rpm's databases the tree has: SQLite with its log, ndb, or Berkeley DB. */
export const rpmCataloger: Cataloger = {
  id: 'rpm',
  subject: 'os-packages',
  catalog: async (root, coverage) => {
    const databases = await findDatabases(root);
    let found: Found | undefined;
    for (const database of databases) {
      found = await readDatabase(database);
      // A database that somebody's rpm made and never filled is not the one in use; a damaged one may be.
      if (!isEmpty(found)) break;
    }
    if (found === undefined) return undefined;
    noteOthers(databases, found, coverage);
    noteState(found, coverage);
    const { packages, ownedFiles, path } = found;
    return packages.size === 0 ? undefined : { packages: [...packages.values()], ownedFiles, evidencePath: path };
  },
};

async function readDatabase(database: RpmDatabase): Promise<Found> {
  const { path, hotJournal } = database;
  const found: Found = { path, packages: new Map(), unreadable: new Map(), ownedFiles: [] };
  if (hotJournal !== undefined) return { ...found, damage: notRead('unsupported', 'journal-not-replayed', hotJournal) };
  try {
    for await (const stored of database.headers()) {
      await contained(found, stored);
      if (found.packages.size + found.unreadable.size > limits.packages) throw new LimitExceededError(`more than ${limits.packages} packages`);
    }
  } catch (error) {
    found.damage = whyOf(error);
  }
  return found;
}

/** What is wrong with one header leaves the others readable, and the class open. */
async function contained(found: Found, stored: StoredHeader): Promise<void> {
  try {
    await add(found, stored);
  } catch (error) {
    found.unreadable.set(`#${stored.number}`, whyOf(error));
  }
}

function whyOf(error: unknown): NotRead {
  const why = notReadBecause(error);
  if (why === undefined) throw error;
  return why.state === 'unsupported' ? notRead(why.state, 'package-database-unsupported', why.detail) : why;
}

async function add({ packages, unreadable, ownedFiles }: Found, stored: StoredHeader): Promise<void> {
  const header = await openHeader(await stored.open());
  const parsed = await packageOf(header);
  if (parsed.kind === 'unreadable') unreadable.set(parsed.name === '' ? `#${stored.number}` : parsed.name, notRead('unreadable', 'corrupt-structure', parsed.missing));
  if (parsed.kind !== 'installed') return;
  const { package: installed } = parsed;
  const files = mayHoldComponent(installed) ? await header.files() : [];
  if (ownedFiles.length + files.length > limits.directoryEntries) throw new LimitExceededError(`more than ${limits.directoryEntries} files of packages`);
  packages.set(`${installed.name}-${installed.version}.${installed.architecture}`, installed);
  for (const path of files) ownedFiles.push({ path, package: installed });
}

function isEmpty({ packages, unreadable, damage }: Found): boolean {
  return packages.size === 0 && unreadable.size === 0 && damage === undefined;
}

/** Which of several databases rpm itself would open is told by its format alone: that there are others is said. */
function noteOthers(databases: readonly RpmDatabase[], used: Found, coverage: Coverage): void {
  for (const { path } of databases) {
    if (path !== used.path) coverage.add(`database ${path}`, 'out-of-scope', 'not-needed-by-root', used.path);
  }
}

/** A database with a damaged part closes nothing: what is missing from it may have been there. An empty one is damaged. */
function noteState({ path, packages, unreadable, damage }: Found, coverage: Coverage): void {
  for (const [name, why] of unreadable) coverage.add(`package ${name}`, why.state, why.reason, why.detail);
  const unsourced = [...packages.values()].filter(({ sourceKnown }) => !sourceKnown);
  for (const { name } of unsourced) coverage.add(`package ${name}`, 'unknown-source', 'source-package-unknown');
  if (damage !== undefined) coverage.add('os-packages', damage.state, damage.reason, damage.detail ?? path);
  else if (packages.size === 0 || unreadable.size > 0) coverage.add('os-packages', 'unreadable', 'corrupt-structure', path);
  else if (unsourced.length > 0) coverage.add('os-packages', 'unknown-source', 'source-package-unknown', `${unsourced.length} of ${packages.size} packages`);
  else coverage.add('os-packages', 'read', 'read');
}
