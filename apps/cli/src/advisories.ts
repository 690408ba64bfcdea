import { readFile } from 'node:fs/promises';
import { type AdvisoryDatabase, AdvisoryDatabaseError, InvalidInputError, openAdvisoryDatabase, parseSourceNames, type SourceNames } from '@nodeward/engine';
import { advisoryFolder } from './advisory-folder.ts';
import { WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { printable } from './printable.ts';

export interface AdvisoryOptions {
  readonly db?: string;
  readonly sourceNames?: string;
}

/** Undefined, and said on standard error, where the database cannot be used at all. */
export async function openAdvisories({ db }: AdvisoryOptions, invocation: Invocation): Promise<AdvisoryDatabase | undefined> {
  const folder = advisoryFolder(db, invocation.environment);
  try {
    return await openAdvisoryDatabase(folder);
  } catch (error) {
    if (!(error instanceof AdvisoryDatabaseError)) throw error;
    const hint = error.reason === 'absent' ? '; make one with: nodeward db build FEED… -o FOLDER' : '';
    invocation.note(printable(`${error.message}${hint}`));
    return undefined;
  }
}

export async function readSourceNames({ sourceNames }: AdvisoryOptions): Promise<SourceNames | undefined> {
  if (sourceNames === undefined) return undefined;
  try {
    return parseSourceNames(await readFile(sourceNames, 'utf8'), sourceNames);
  } catch (cause) {
    const isSystemError = cause instanceof Error && 'code' in cause;
    if (!isSystemError) throw cause;
    const why = cause instanceof InvalidInputError ? cause.message : `cannot read ${sourceNames}: ${String(cause.code)}`;
    throw new WrongUseError(printable(why), { cause });
  }
}
