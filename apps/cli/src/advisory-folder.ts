import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Invocation } from './invocation.ts';

/** `--db`, else `NODEWARD_DB`, else the XDG data folder (basedir specification 0.8: empty counts as unset). */
export function advisoryFolder(option: string | undefined, environment: Invocation['environment']): string {
  const named = option ?? nonEmpty(environment.NODEWARD_DB);
  if (named !== undefined) return named;
  const home = nonEmpty(environment.HOME) ?? homedir();
  return join(nonEmpty(environment.XDG_DATA_HOME) ?? join(home, '.local', 'share'), 'nodeward', 'advisories');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
