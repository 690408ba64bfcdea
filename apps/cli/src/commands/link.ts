import { InvalidInputError } from '@nodeward/engine';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';

export interface LinkOptions {
  readonly dataDir?: string;
}

/** A fresh one-time address of the server that uses this data folder, so that nobody stays locked out. */
export async function runLink(options: LinkOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  const { createLink } = await import('@nodeward/server/link');
  try {
    invocation.print(`${await createLink(options)}\n`);
    return exitStatus.assessed;
  } catch (error) {
    if (error instanceof InvalidInputError) throw new WrongUseError(printable(error.message), { cause: error });
    throw error;
  }
}
