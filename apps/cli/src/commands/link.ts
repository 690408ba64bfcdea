import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { refuseFolder } from '../server-session.ts';

export interface LinkOptions {
  readonly dataDir?: string;
}

/** A fresh one-time address of the server that uses this data folder, so that nobody stays locked out. */
export async function runLink(options: LinkOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  const { createLink } = await import('@nodeward/server/link');
  invocation.print(`${await createLink(options).catch(refuseFolder)}\n`);
  return exitStatus.assessed;
}
