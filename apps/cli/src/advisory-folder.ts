import { access, constants, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { printable } from './printable.ts';

/** `--db`, else `NODEWARD_DB`, else the XDG data folder (basedir specification 0.8: empty counts as unset). */
export function advisoryFolder(option: string | undefined, environment: Invocation['environment']): string {
  const named = option ?? nonEmpty(environment.NODEWARD_DB);
  if (named !== undefined) return named;
  const home = nonEmpty(environment.HOME) ?? homedir();
  return join(nonEmpty(environment.XDG_DATA_HOME) ?? join(home, '.local', 'share'), 'nodeward', 'advisories');
}

/** Of a database that is to be written. */
export async function makeAdvisoryFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new WrongUseError(printable(`cannot write to the folder ${folder}: ${cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)}`), { cause });
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
