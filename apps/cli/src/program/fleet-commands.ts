import { type Command, Option } from 'commander';
import type { FindingsOptions } from '../commands/findings.ts';
import type { UpgradeOptions } from '../commands/upgrade.ts';
import type { WhichImageOptions } from '../commands/which-image.ts';
import type { Invocation } from '../invocation.ts';
import { collect, command, formatOption, kubeletVersionHelp, type Report, statusTextWithoutFloor, withSession } from './command.ts';

export function findings(invocation: Invocation, report: Report): Command {
  return withSession(command('findings', invocation))
    .description('List findings: of the running server, or of a disk or list; the JSON is what the API gives.')
    .argument('[PATH]', 'a disk image (raw, fixed VHD), its https address, or a node-image list (default: the running server)')
    .option('--pool <CLUSTER/POOL>', 'of one node pool of the server (default: vulnerabilities of the whole fleet)')
    .addOption(new Option('--state <STATE>', 'active (has a fix), no-fix, undetermined, resolved or all').choices(['active', 'no-fix', 'undetermined', 'resolved', 'all']).default('active'))
    .option('--search <TEXT>', 'only vulnerabilities and packages with this text')
    .addOption(formatOption())
    .option('--db <FOLDER>', 'for PATH: advisory database (default: $NODEWARD_DB, else nodeward/advisories in the XDG data folder)')
    .option('--source-names <FILE>', 'for PATH: source package of each binary package')
    .option('--kernel <RELEASE>', 'for PATH: the running kernel (uname -r)')
    .option('--kubelet-version <VERSION>', `for PATH: ${kubeletVersionHelp}`)
    .addHelpText('after', statusTextWithoutFloor)
    .action(async (path: string | undefined, options: FindingsOptions) => {
      const { runFindings } = await import('../commands/findings.ts');
      report(await runFindings(path, options, invocation));
    });
}

const whichImageStatusText = `
Exit status:
  0  the newest image of every family is without it
  1  the newest image of a family has it
  2  wrong use, or refused by the server
  3  it cannot be told of the newest image of a family, or no family is known
  4  no usable advisory database
`;

export function whichImage(invocation: Invocation, report: Report): Command {
  return withSession(command('which-image', invocation))
    .description('Say which published node images carry the fix: of the images that the connected clusters run, or of lists.')
    .argument('<CVE>', 'the vulnerability')
    .option('--lists <FOLDER>', "published node-image lists in the publisher's layout: a folder, or the address of a mirror (default: ask the running server)")
    .option('--family <NAME>', 'with --lists: only these images, for example AKSUbuntu-2204gen2containerd; repeatable', collect)
    .option('--db <FOLDER>', 'with --lists: advisory database (default: $NODEWARD_DB, else nodeward/advisories in the XDG data folder)')
    .option('--source-names <FILE>', 'with --lists: source package of each binary package')
    .addOption(formatOption())
    .addHelpText('after', whichImageStatusText)
    .action(async (vulnerability: string, options: WhichImageOptions) => {
      const { runWhichImage } = await import('../commands/which-image.ts');
      report(await runWhichImage(vulnerability, options, invocation));
    });
}

const upgradeStatusText = `
Exit status:
  0  upgraded and verified; nothing with a published fix is left
  1  not started because of its forecast or preflight, or something is left
  2  wrong use, or refused by the server
  3  failed, not every node could be verified, or the server no longer answers
`;

export function upgrade(invocation: Invocation, report: Report): Command {
  return withSession(command('upgrade', invocation))
    .description('Upgrade a node pool of the running server: forecast, steps, operation, proof.')
    .argument('<CLUSTER/POOL>', 'the node pool')
    .option('--image [NAME]', 'to this node image (default: the newest)')
    .option('--kubernetes <VERSION>', 'to this Kubernetes version, control plane first')
    .option('--restart', 'restart the nodes into their newest kernel')
    .option('--acknowledge', 'go on although it introduces vulnerabilities, fixes nothing, or is unknown')
    .option('--dry-run', 'say steps and forecast, and change nothing')
    .option('--no-wait', 'return once the job has been started')
    .addOption(formatOption())
    .addHelpText('after', upgradeStatusText)
    .action(async (pool: string, options: UpgradeOptions) => {
      const { runUpgrade } = await import('../commands/upgrade.ts');
      report(await runUpgrade(pool, options, invocation));
    });
}
