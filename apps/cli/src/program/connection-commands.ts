import type { Command } from 'commander';
import type { ConnectAksOptions, ConnectKubernetesOptions, ConnectOptions } from '../commands/connect.ts';
import type { ConnectionsOptions } from '../commands/connections.ts';
import type { EditConnectionOptions } from '../commands/edit-connection.ts';
import type { Invocation } from '../invocation.ts';
import { azureId, azureIds, collect, command, formatOption, port, type Report, withSession } from './command.ts';

const connectStatusText = `
Exit status:
  0  connected, and every node is assessed
  2  wrong use, or not connected: one line says why, and nothing is kept
  3  connected, and not every node is assessed, or the server no longer answers
  A server that was started here goes on until Ctrl-C.
`;

const connectionName = '--name <NAME>' as const;

/** A connection may be made through a server that is started for it. */
function withServer(target: Command): Command {
  return withSession(target).option('--port <PORT>', 'port of a server that is started here; when it is taken, the next free one', port);
}

export function connect(invocation: Invocation, report: Report): Command {
  const kubernetes = withServer(command('kubernetes', invocation))
    .description('Connect a cluster by its kubeconfig, read-only: get, list and watch on nodes.')
    .option('--kubeconfig <FILE>', 'kubeconfig on the machine of the server (default: $KUBECONFIG, else ~/.kube/config)')
    .option('--context <NAME>', "context of the kubeconfig (default: its current one)")
    .option('--in-cluster', 'the service account of the pod that the server runs in')
    .option('--allow-exec <NAME>', 'of a server that is started here: a program that a kubeconfig may run for its credentials, such as kubelogin; repeatable', collect)
    .option('--pool-label <LABEL>', 'node label that names the pool, before the well-known ones')
    .option('--source-names <FILE>', 'source package of each binary package, for lists that name binary packages only')
    .option(connectionName, 'name of the connection (default: the context)')
    .option('--store-secret', 'keep the kubeconfig itself in the server, encrypted, in place of its path')
    .addHelpText('after', connectStatusText)
    .action(async (options: ConnectKubernetesOptions) => {
      const { runConnectKubernetes } = await import('../commands/connect.ts');
      report(await runConnectKubernetes(options, invocation));
    });
  const aks = withServer(command('aks', invocation))
    .description('Connect Azure subscriptions and the AKS clusters in them, by the ambient Azure identity of the server.')
    .option('--subscription <ID>', 'only this subscription; repeatable (default: every one that the identity sees)', azureIds)
    .option('--tenant-id <ID>', 'tenant of the identity', azureId)
    .option('--client-id <ID>', 'application, or user-assigned managed identity', azureId)
    .option('--scanner-resource-group <ID>', 'where copies of disks may be made: /subscriptions/…/resourceGroups/…')
    .option('--read-disks', 'read managed OS disks through snapshots; needs --scanner-resource-group')
    .option('--read-reference-images', 'read disks made from community gallery images; needs --scanner-resource-group')
    .option('--source-names <FILE>', 'source package of each binary package, for lists that name binary packages only')
    .option(connectionName, 'name of the connection')
    .option('--store-secret', 'keep the client secret of $AZURE_CLIENT_SECRET in the server, encrypted')
    .addHelpText('after', connectStatusText)
    .action(async (options: ConnectAksOptions) => {
      const { runConnectAks } = await import('../commands/connect.ts');
      report(await runConnectAks(options, invocation));
    });
  const images = withServer(command('images', invocation))
    .description('Connect a folder of disk images with its nodeward.yaml.')
    .argument('<FOLDER>', 'folder on the machine of the server')
    .option(connectionName, 'name of the connection (default: of the folder)')
    .addHelpText('after', connectStatusText)
    .action(async (folder: string, options: ConnectOptions) => {
      const { runConnectImages } = await import('../commands/connect.ts');
      report(await runConnectImages(folder, options, invocation));
    });
  return command('connect', invocation).usage('KIND [options]').description('Connect an environment: through the running server, or a server that is started here.').addCommand(kubernetes).addCommand(aks).addCommand(images);
}

const listStatusText = `
Exit status:
  0  listed, and none has failed
  2  wrong use, no running server, or refused by it
  3  a connection has failed, or the server no longer answers
`;

const testStatusText = `
Exit status:
  0  reached, and no right that is needed is missing
  2  wrong use, no running server, or refused by it
  3  not reached, a right that is needed is missing, or the server no longer
     answers
`;

const changeStatusText = `
Exit status:
  0  done
  2  wrong use, no running server, or refused by it
  3  the server no longer answers
`;

export function connections(invocation: Invocation, report: Report): Command {
  const one = (name: string, description: string, run: (found: string, options: ConnectionsOptions) => Promise<number>, statusText = changeStatusText): Command =>
    withSession(command(name, invocation))
      .description(description)
      .argument('<CONNECTION>', 'name or id')
      .addHelpText('after', statusText)
      .action(async (found: string, options: ConnectionsOptions) => report(await run(found, options)));
  const list = withSession(command('list', invocation))
    .description('List the connections of the running server.')
    .addOption(formatOption())
    .addHelpText('after', listStatusText)
    .action(async (options: ConnectionsOptions) => {
      const { runListConnections } = await import('../commands/connections.ts');
      report(await runListConnections(options, invocation));
    });
  const test = one('test', 'Reach the environment, and name every right that is missing.', async (found, options) => {
    const { runTestConnection } = await import('../commands/connections.ts');
    return runTestConnection(found, options, invocation);
  }, testStatusText);
  const pause = one('pause', 'Discover and assess nothing through it for now; what is known stays.', async (found, options) => {
    const { runPauseConnection } = await import('../commands/connections.ts');
    return runPauseConnection(found, true, options, invocation);
  });
  const resume = one('resume', 'Discover and assess through it again.', async (found, options) => {
    const { runPauseConnection } = await import('../commands/connections.ts');
    return runPauseConnection(found, false, options, invocation);
  });
  const remove = one('remove', 'Forget it with its secret and everything that was found through it.', async (found, options) => {
    const { runRemoveConnection } = await import('../commands/connections.ts');
    return runRemoveConnection(found, options, invocation);
  });
  return command('connections', invocation).usage('COMMAND [options]').description('List, test, edit, pause, resume and remove connections.').hook('preSubcommand', refuseUnknown).addCommand(list, { isDefault: true }).addCommand(test).addCommand(editConnection(invocation, report)).addCommand(pause).addCommand(resume).addCommand(remove);
}

/** A word that names no command, or comes after an option, would be taken for an argument of the default one. */
function refuseUnknown(asked: Command, found: Command): void {
  if (asked.args[0] === found.name()) return;
  // the words that are left once the default command has taken its options with their values
  const [word] = found.parseOptions(asked.args).operands;
  if (word === undefined) return;
  if (asked.commands.some((known) => known.name() === word)) asked.error(`the command goes before its options: nodeward connections ${word} [options]`);
  asked.error(`unknown command '${word}'`);
}

const editStatusText = `
  What is not named stays as it is, a stored secret too; so do the clusters, nodes
  and findings that are known. The connection is discovered anew at once.
Exit status:
  0  changed, and discovered
  2  wrong use, or refused by the server: nothing is changed
  3  changed, and the environment could not be discovered, or the server no
     longer answers
`;

function editConnection(invocation: Invocation, report: Report): Command {
  return withSession(command('edit', invocation))
    .description('Change the settings of a connection that was added while the server ran.')
    .argument('<CONNECTION>', 'name or id')
    .option(connectionName, 'another name')
    .option('--no-name', 'the name that the environment has for itself')
    .option('--kubeconfig <FILE>', 'kubernetes: kubeconfig on the machine of the server')
    .option('--in-cluster', 'kubernetes: the service account of the pod that the server runs in')
    .option('--context <NAME>', 'kubernetes: context of the kubeconfig')
    .option('--no-context', 'kubernetes: its current context')
    .option('--pool-label <LABEL>', 'kubernetes: node label that names the pool')
    .option('--no-pool-label', 'kubernetes: only the well-known ones')
    .option('--subscription <ID>', 'aks: only this subscription; repeatable, in place of those of before', azureIds)
    .option('--all-subscriptions', 'aks: every subscription that the identity sees')
    .option('--tenant-id <ID>', 'aks: tenant of the identity', azureId)
    .option('--no-tenant-id', 'aks: the tenant that the identity has')
    .option('--client-id <ID>', 'aks: application, or user-assigned managed identity', azureId)
    .option('--no-client-id', 'aks: the ambient identity decides')
    .option('--scanner-resource-group <ID>', 'aks: where copies of disks may be made')
    .option('--no-scanner-resource-group', 'aks: nowhere')
    .option('--read-disks', 'aks: read managed OS disks through snapshots')
    .option('--no-read-disks', 'aks: do not')
    .option('--read-reference-images', 'aks: read disks made from community gallery images')
    .option('--no-read-reference-images', 'aks: do not')
    .option('--folder <FOLDER>', 'images: folder on the machine of the server')
    .option('--source-names <FILE>', 'source package of each binary package')
    .option('--no-source-names', 'without that file')
    .option('--store-secret', 'keep the kubeconfig of --kubeconfig, or the client secret of $AZURE_CLIENT_SECRET, in the server, encrypted')
    .option('--no-store-secret', 'aks: forget the stored client secret')
    .addHelpText('after', editStatusText)
    .action(async (found: string, options: EditConnectionOptions) => {
      const { runEditConnection } = await import('../commands/edit-connection.ts');
      report(await runEditConnection(found, options, invocation));
    });
}
