import { DomainError } from '@nodeward/engine';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';

export interface DatabaseMoveOptions {
  readonly to?: string;
  readonly dataDir?: string;
}

/** Moves the embedded database of a stopped server to an empty PostgreSQL; what is not equal at the end is not kept. */
export async function runDatabaseMove(options: DatabaseMoveOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  const to = options.to ?? invocation.environment.DATABASE_URL ?? '';
  if (to === '') throw new WrongUseError('--to is missing: the address of an empty PostgreSQL database, 15 or newer');
  if (!/^postgres(ql)?:\/\//.test(to)) throw new WrongUseError('no address of a PostgreSQL database: it is written postgresql://USER:PASSWORD@HOST/NAME');
  const { moveDatabase } = await import('@nodeward/server');
  try {
    const moved = await moveDatabase({
      to,
      dataDir: options.dataDir,
      progress: ({ phase, table, place, tables, rows }) => invocation.progress.show(`${phase} ${table} (${place} of ${tables}), ${rows} rows`),
    });
    invocation.progress.clear();
    invocation.print(`${moved.tables} tables with ${moved.rows} rows were copied; counts and contents are equal on both sides.\n`);
    invocation.say(`Next: set DATABASE_URL to the address of that database, keep --data-dir ${printable(moved.dataDir)} (sessions and secret.key stay there), and start the server.`);
    invocation.say('Do not start a server on the embedded database again: it would go on with the same work a second time.');
    return exitStatus.assessed;
  } catch (error) {
    const isSystemError = error instanceof Error && 'syscall' in error;
    if (!(error instanceof DomainError || isSystemError)) throw error;
    invocation.note(printable(error.message));
    return exitStatus.incomplete;
  }
}
