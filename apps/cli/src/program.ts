import { Command, CommanderError, Option } from 'commander';
import type { AssessOptions } from './commands/assess.ts';
import type { DatabaseBuildOptions } from './commands/db-build.ts';
import type { DatabaseStatusOptions } from './commands/db-status.ts';
import type { ForecastOptions } from './commands/forecast.ts';
import type { LinkOptions } from './commands/link.ts';
import type { ServeOptions } from './commands/serve.ts';
import { type ExitStatus, exitStatus, WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';

/** Plain copies of the engine's words: help must not wait for the engine. A test compares them. */
export const severityChoices = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;

export const exitStatusText = `
Exit status:
  0  assessed
  1  --fail-on reached
  2  wrong use
  3  not assessed, or only partly
  4  advisory database absent, damaged, made for the sample fleet, or without
     rows for this operating system
  Where several hold: 2, 4, 3, 1.
`;

type Report = (status: number) => void;

/** The whole command line. Each command loads its own code when it runs, so that help does not wait. */
export function createProgram(invocation: Invocation, report: Report): Command {
  const program = command('nodeward', invocation)
    .usage('COMMAND [options]')
    .description('Finds the vulnerabilities of the machines that Kubernetes nodes run on.')
    .version('0.1.0', '-V, --version', 'print the version')
    .helpCommand('help [COMMAND]', 'show the help of a command');
  program.addCommand(assess(invocation, report));
  program.addCommand(forecast(invocation, report));
  program.addCommand(database(invocation, report));
  program.addCommand(serve(invocation, report));
  program.addCommand(link(invocation, report));
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
    if (error instanceof CommanderError) return afterCommander(error, invocation);
    if (!(error instanceof WrongUseError)) throw error;
    invocation.note(error.message);
    return exitStatus.wrongUse;
  }
}

function afterCommander(error: CommanderError, invocation: Invocation): ExitStatus {
  if (error.exitCode === 0) return exitStatus.assessed;
  const said = error.code === 'commander.help' ? 'a command is missing' : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  invocation.note(`${said}; see nodeward --help`);
  return exitStatus.wrongUse;
}

/** Options shared by the two commands that compare with advisories. */
function withAdvisories(target: Command): Command {
  return target
    .option('--db <FOLDER>', 'advisory database (default: $NODEWARD_DB, else nodeward/advisories in the XDG data folder)')
    .option('--source-names <FILE>', 'source package of each binary package, for lists that name binary packages only')
    .addOption(new Option('--format <FORMAT>', 'table or json').choices(['table', 'json']).default('table'))
    .option('--all', 'show every state, and the rows of kernels that do not run');
}

function assess(invocation: Invocation, report: Report): Command {
  return withAdvisories(command('assess', invocation).description('Assess disk images and published node-image lists.').argument('<PATH...>', 'a raw disk image, or a node-image list; told apart by content'))
    .addOption(new Option('--fail-on <SEVERITY>', 'exit 1 when a vulnerability with a fix is at least this severe; unknown counts as medium').choices(severityChoices))
    .option('--kernel <RELEASE>', 'the running kernel (uname -r), where a better witness than the disk knows it')
    .addHelpText('after', exitStatusText)
    .action(async (paths: string[], options: AssessOptions) => {
      const { runAssess } = await import('./commands/assess.ts');
      report(await runAssess(paths, options, invocation));
    });
}

function forecast(invocation: Invocation, report: Report): Command {
  return withAdvisories(command('forecast', invocation).description('Foretell what moving from one disk or node image to another fixes, leaves and introduces.'))
    .argument('<FROM>', 'disk image or node-image list of today')
    .argument('<TO>', 'disk image or node-image list to move to')
    .addHelpText('after', exitStatusText)
    .action(async (from: string, to: string, options: ForecastOptions) => {
      const { runForecast } = await import('./commands/forecast.ts');
      report(await runForecast(from, to, options, invocation));
    });
}

function database(invocation: Invocation, report: Report): Command {
  const build = command('build', invocation)
    .description('Build or renew the advisory database from feed files; what kind of feed a file is, its content tells.')
    .argument('<FEED...>', 'feed files, for example an export of OSV records (zip or json)')
    .requiredOption('-o, --output <FOLDER>', 'folder of the advisory database')
    .action(async (feeds: string[], options: DatabaseBuildOptions) => {
      const { runDatabaseBuild } = await import('./commands/db-build.ts');
      report(await runDatabaseBuild(feeds, options, invocation));
    });
  const status = command('status', invocation)
    .description('Check the advisory database and say what is in it.')
    .option('--db <FOLDER>', 'advisory database (default: $NODEWARD_DB, else nodeward/advisories in the XDG data folder)')
    .action(async (options: DatabaseStatusOptions) => {
      const { runDatabaseStatus } = await import('./commands/db-status.ts');
      report(await runDatabaseStatus(options, invocation));
    });
  return command('db', invocation).usage('COMMAND [options]').description('Build and check advisory databases.').addCommand(build).addCommand(status);
}

function serve(invocation: Invocation, report: Report): Command {
  return command('serve', invocation)
    .description('Run the server and its portal; PostgreSQL by $DATABASE_URL, otherwise the embedded database.')
    .option('--images <FOLDER>', 'connect a folder of disk images with its nodeward.yaml; repeatable', collect)
    .option('--sample', 'connect the sample fleet (default where no --images is given)')
    .option('--data-dir <FOLDER>', 'everything that the server keeps (default: .nodeward in a clone, else nodeward in the XDG state folder)')
    .option('--port <PORT>', 'port; when it is taken, the next free one', port)
    .option('--host <ADDRESS>', 'address to listen on (default: loopback); another one needs --tls-cert and --tls-key, or --behind-proxy')
    .option('--host-name <NAME>', 'a name under which browsers reach the server; repeatable', collect)
    .option('--tls-cert <FILE>', 'certificate chain, PEM')
    .option('--tls-key <FILE>', 'private key, PEM')
    .option('--behind-proxy', 'a proxy in front of the server speaks TLS; needs --host-name')
    .action(async (options: ServeOptions) => {
      const { runServe } = await import('./commands/serve.ts');
      report(await runServe(options));
    });
}

function link(invocation: Invocation, report: Report): Command {
  return command('link', invocation)
    .description('Print a fresh one-time sign-in address of the running server.')
    .option('--data-dir <FOLDER>', 'the data folder of that server')
    .action(async (options: LinkOptions) => {
      const { runLink } = await import('./commands/link.ts');
      report(await runLink(options, invocation));
    });
}

function command(name: string, invocation: Invocation): Command {
  return new Command(name)
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ helpWidth: 80 })
    .configureOutput({ writeOut: (text) => invocation.print(text), writeErr: () => undefined });
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65535) throw new WrongUseError(`--port ${text} is no port number; see nodeward serve --help`);
  return number;
}
