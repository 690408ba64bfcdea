import type { Command } from 'commander';
import type { DatabaseBuildOptions } from '../commands/db-build.ts';
import type { DatabaseStatusOptions } from '../commands/db-status.ts';
import type { DatabaseUpdateOptions } from '../commands/db-update.ts';
import type { Invocation } from '../invocation.ts';
import { command, formatOption, type Report } from './command.ts';

const updateStatusText = `
Sources:
  ubuntu, azure-linux-3, azure-linux-2, go, kubernetes, kev, epss, node-images
Environment:
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY, NODEWARD_CA_FILE,
  NODEWARD_ADVISORY_MIRROR, NODEWARD_NODE_IMAGE_MIRROR
Exit status:
  0  every source has answered
  2  wrong use
  3  a source failed and its old data stays in use, or another update runs
  4  the advisory database that is there is damaged
`;

/** `nodeward db`. */
export function advisoryDatabase(invocation: Invocation, report: Report): Command {
  const build = command('build', invocation)
    .description('Build or renew the advisory database from feed files; what kind of feed a file is, its content tells.')
    .argument('<FEED...>', 'feed files: OSV records of Ubuntu, Go or Kubernetes (zip or json), Microsoft\'s OVAL of Azure Linux (xml or xml.gz), CISA\'s kev.json, EPSS (csv or csv.gz)')
    .requiredOption('-o, --output <FOLDER>', 'folder of the advisory database')
    .addHelpText('after', '\nExit status:\n  0  every feed is in it\n  2  wrong use, or a feed was refused: what it would have replaced stays in use\n  4  the advisory database that is there is damaged\n')
    .action(async (feeds: string[], options: DatabaseBuildOptions) => {
      const { runDatabaseBuild } = await import('../commands/db-build.ts');
      report(await runDatabaseBuild(feeds, options, invocation));
    });
  const status = command('status', invocation)
    .description('Check the advisory database and say what is in it.')
    .option('--db <FOLDER>', 'advisory database (default: $NODEWARD_DB, else nodeward/advisories in the XDG data folder)')
    .addOption(formatOption())
    .addHelpText('after', '\nExit status:\n  0  good\n  2  wrong use\n  4  absent, damaged or empty\n')
    .action(async (options: DatabaseStatusOptions) => {
      const { runDatabaseStatus } = await import('../commands/db-status.ts');
      report(await runDatabaseStatus(options, invocation));
    });
  const update = command('update', invocation)
    .description('Fetch from the publishers, or from a mirror, what has changed, and build it into the advisory database.')
    .argument('[SOURCE...]', 'only these (default: all)')
    .option('--db <FOLDER>', 'advisory database (default: $NODEWARD_DB, else nodeward/advisories in the XDG data folder)')
    .option('--mirror <URL|FOLDER>', 'in place of the publishers (default: $NODEWARD_ADVISORY_MIRROR; for node-images $NODEWARD_NODE_IMAGE_MIRROR)')
    .option('--ca-file <FILE>', 'certificates that are trusted besides, PEM (default: $NODEWARD_CA_FILE)')
    .addHelpText('after', updateStatusText)
    .action(async (sources: string[], options: DatabaseUpdateOptions) => {
      const { runDatabaseUpdate } = await import('../commands/db-update.ts');
      report(await runDatabaseUpdate(sources, options, invocation));
    });
  return command('db', invocation).usage('COMMAND [options]').description('Update, build and check advisory databases.').addCommand(update).addCommand(build).addCommand(status);
}
