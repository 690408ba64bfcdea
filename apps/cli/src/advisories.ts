import { readFile } from 'node:fs/promises';
import type { AdvisoryDatabase, OpenOptions, Reading, SourceNames } from '@nodeward/engine';
import { AdvisoryDatabaseError, ecosystemOf, InvalidInputError, openAdvisoryDatabase, parseSourceNames } from '@nodeward/engine/assess';
import { advisoryFolder } from './advisory-folder.ts';
import { WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { printable } from './printable.ts';

export interface AdvisoryOptions {
  readonly db?: string;
  readonly sourceNames?: string;
  /** Where it is named, there is a kubelet to be compared, whatever was read. */
  readonly kubeletVersion?: string | undefined;
}

/** Opens what these readings need, or all. Undefined, and said on standard error, where the database cannot be used. */
export async function openAdvisories({ db, kubeletVersion }: AdvisoryOptions, readings: readonly Reading[] | 'all', invocation: Invocation): Promise<AdvisoryDatabase | undefined> {
  const folder = advisoryFolder(db, invocation.environment);
  try {
    return await openAdvisoryDatabase(folder, readings === 'all' ? {} : neededBy(readings, kubeletVersion !== undefined));
  } catch (error) {
    if (!(error instanceof AdvisoryDatabaseError)) throw error;
    const hint = error.reason === 'absent' ? '; make one with: nodeward db update' : '';
    invocation.note(printable(`${error.message}${hint}`));
    return undefined;
  }
}

function neededBy(readings: readonly Reading[], isKubeletNamed: boolean): OpenOptions {
  const inventories = readings.flatMap(({ inventory }) => inventory ?? []);
  return {
    ecosystems: inventories.flatMap(({ operatingSystem }) => ecosystemOf(operatingSystem) ?? []),
    components: isKubeletNamed || inventories.some((inventory) => inventory.components.length > 0),
  };
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
