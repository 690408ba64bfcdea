import { type Command, Option } from 'commander';
import type { AssessOptions } from '../commands/assess.ts';
import type { ExplainOptions } from '../commands/explain.ts';
import type { ForecastOptions } from '../commands/forecast.ts';
import type { Invocation } from '../invocation.ts';
import { command, exitStatusText, formatOption, kubeletVersionHelp, type Report, statusTextWithoutFloor } from './command.ts';

/** Plain copies of the engine's words: help must not wait for the engine. A test compares them. */
export const severityChoices = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;

/** Options shared by the two commands that compare with advisories. */
function withAdvisories(target: Command): Command {
  return target
    .option('--db <FOLDER>', 'advisory database (default: $NODEWARD_DB, else nodeward/advisories in the XDG data folder)')
    .option('--source-names <FILE>', 'source package of each binary package, for lists that name binary packages only')
    .addOption(formatOption())
    .option('--all', 'show every state, and the rows of kernels that do not run and of binaries that nothing starts')
    .option('--kubelet-version <VERSION>', kubeletVersionHelp);
}

export function assess(invocation: Invocation, report: Report): Command {
  return withAdvisories(command('assess', invocation).description('Assess disk images and published node-image lists.').argument('<PATH...>', 'a disk image (raw, fixed VHD), its https address, or a node-image list'))
    .addOption(new Option('--fail-on <SEVERITY>', 'exit 1 when a vulnerability with a fix is at least this severe; unknown counts as medium').choices(severityChoices))
    .option('--kernel <RELEASE>', 'the running kernel (uname -r), where a better witness than the disk knows it')
    .addHelpText('after', exitStatusText)
    .action(async (paths: string[], options: AssessOptions) => {
      const { runAssess } = await import('../commands/assess.ts');
      report(await runAssess(paths, options, invocation));
    });
}

export function forecast(invocation: Invocation, report: Report): Command {
  return withAdvisories(command('forecast', invocation).description('Foretell what moving from one disk or node image to another fixes, leaves and introduces.'))
    .argument('<FROM>', 'disk image or node-image list of today')
    .argument('<TO>', 'disk image or node-image list to move to')
    .option('--to-kubelet-version <VERSION>', 'the kubelet after the move (default: the one of today)')
    .addHelpText('after', statusTextWithoutFloor)
    .action(async (from: string, to: string, options: ForecastOptions) => {
      const { runForecast } = await import('../commands/forecast.ts');
      report(await runForecast(from, to, options, invocation));
    });
}

export function explain(invocation: Invocation, report: Report): Command {
  return command('explain', invocation)
    .description('Say why a vulnerability is found on a disk or node image, or why it is not.')
    .argument('<PATH>', 'a disk image (raw, fixed VHD), its https address, or a node-image list')
    .argument('<CVE>', 'CVE, or the id of an advisory')
    .argument('[PACKAGE]', 'source or binary package, component, path of a binary, or Go module (default: all)')
    .option('--db <FOLDER>', 'advisory database (default: $NODEWARD_DB, else nodeward/advisories in the XDG data folder)')
    .option('--source-names <FILE>', 'source package of each binary package, for lists that name binary packages only')
    .option('--kernel <RELEASE>', 'the running kernel (uname -r), where a better witness than the disk knows it')
    .option('--kubelet-version <VERSION>', kubeletVersionHelp)
    .addOption(formatOption())
    .addHelpText('after', statusTextWithoutFloor)
    .action(async (path: string, vulnerability: string, packageName: string | undefined, options: ExplainOptions) => {
      const { runExplain } = await import('../commands/explain.ts');
      report(await runExplain({ path, vulnerability, packageName }, options, invocation));
    });
}
