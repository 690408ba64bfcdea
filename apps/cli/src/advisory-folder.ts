import { access, constants, mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
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
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new WrongUseError(printable(`cannot write to the folder ${folder}: ${codeOf(cause)}`), { cause });
  }
}

/** Step by step: Node's recursive mkdir never ends where the system says ENOENT of a folder whose parent is there, as below /proc. */
async function makeFolder(folder: string, isParentThere = false): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    // a drive that is not there is its own parent
    if (code !== 'ENOENT' || isParentThere || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await makeFolder(folder, true);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
