import { type Command, CommanderError } from 'commander';
import { exitStatus, WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { advisoryDatabase } from './program/advisory-commands.ts';
import { command, exitStatusText, type Report } from './program/command.ts';
import { connect, connections } from './program/connection-commands.ts';
import { assess, explain, forecast } from './program/disk-commands.ts';
import { findings, upgrade, whichImage } from './program/fleet-commands.ts';
import { link, serve, serverDatabase } from './program/server-commands.ts';

/** The whole command line. Each command loads its own code when it runs, so that help does not wait. */
export function createProgram(invocation: Invocation, report: Report): Command {
  const program = command('nodeward', invocation)
    .usage('COMMAND [options]')
    .description('Finds the vulnerabilities of the machines that Kubernetes nodes run on.')
    .version('0.1.0', '-V, --version', 'print the version')
    .helpCommand('help [COMMAND]', 'show the help of a command');
  program.addCommand(assess(invocation, report));
  program.addCommand(forecast(invocation, report));
  program.addCommand(explain(invocation, report));
  program.addCommand(connect(invocation, report));
  program.addCommand(connections(invocation, report));
  program.addCommand(findings(invocation, report));
  program.addCommand(whichImage(invocation, report));
  program.addCommand(upgrade(invocation, report));
  program.addCommand(advisoryDatabase(invocation, report));
  program.addCommand(serve(invocation, report));
  program.addCommand(link(invocation, report));
  program.addCommand(serverDatabase(invocation, report));
  program.addHelpText('after', exitStatusText);
  return program;
}

/** Parses and runs; what the user did wrong is one line and exit status 2. */
export async function runProgram(words: readonly string[], invocation: Invocation): Promise<number> {
  let status: number = exitStatus.assessed;
  const program = createProgram(invocation, (reported) => (status = reported));
  try {
    await program.parseAsync(words, { from: 'user' });
    return status;
  } catch (error) {
    // help or version was asked for
    if (error instanceof CommanderError && error.exitCode === 0) return exitStatus.assessed;
    if (!(error instanceof WrongUseError)) throw error;
    invocation.note(error.message);
    return exitStatus.wrongUse;
  }
}
