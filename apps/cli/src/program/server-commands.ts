import type { Command } from 'commander';
import type { DatabaseMoveOptions } from '../commands/database-move.ts';
import type { LinkOptions } from '../commands/link.ts';
import type { ServeOptions } from '../commands/serve.ts';
import type { Invocation } from '../invocation.ts';
import { collect, command, port, type Report } from './command.ts';

export function serve(invocation: Invocation, report: Report): Command {
  return command('serve', invocation)
    .description('Run the server and its portal; PostgreSQL by $DATABASE_URL, otherwise the embedded database.')
    .option('--images <FOLDER>', 'connect a folder of disk images with its nodeward.yaml; repeatable', collect)
    .option('--sample', 'connect the sample fleet (default where nothing else is connected)')
    .option('--data-dir <FOLDER>', 'everything that the server keeps (default: .nodeward in a clone, else nodeward in the XDG state folder)')
    .option('--port <PORT>', 'port; when it is taken, the next free one', port)
    .option('--host <ADDRESS>', 'address to listen on (default: loopback); another one needs --tls-cert and --tls-key, or --behind-proxy')
    .option('--host-name <NAME>', 'a name under which browsers reach the server; repeatable', collect)
    .option('--tls-cert <FILE>', 'certificate chain, PEM')
    .option('--tls-key <FILE>', 'private key, PEM')
    .option('--behind-proxy', 'a proxy in front of the server speaks TLS; needs --host-name')
    .option('--allow-exec <NAME>', 'a program that a kubeconfig may run for its credentials, such as kubelogin; repeatable (default: those of $NODEWARD_ALLOW_EXEC)', collect)
    .addHelpText('after', '\nExit status:\n  0  told to stop, and closed in good order\n  1  could not start, or failed\n  2  wrong use\n')
    .action(async (options: ServeOptions) => {
      const { runServe } = await import('../commands/serve.ts');
      report(await runServe(options));
    });
}

export function link(invocation: Invocation, report: Report): Command {
  return command('link', invocation)
    .description('Print a fresh one-time sign-in address of the running server.')
    .option('--data-dir <FOLDER>', 'the data folder of that server')
    .addHelpText('after', '\nExit status:\n  0  printed\n  2  wrong use, or no running server\n')
    .action(async (options: LinkOptions) => {
      const { runLink } = await import('../commands/link.ts');
      report(await runLink(options, invocation));
    });
}

/** `nodeward database`. */
export function serverDatabase(invocation: Invocation, report: Report): Command {
  const move = command('move', invocation)
    .description('Move the embedded database of a stopped server to an empty PostgreSQL, and prove that both are equal.')
    .option('--to <URL>', 'the empty database: postgresql://USER:PASSWORD@HOST/NAME (default: $DATABASE_URL)')
    .option('--data-dir <FOLDER>', 'the data folder of the server')
    .addHelpText('after', '\nExit status:\n  0  moved, and equal\n  2  wrong use\n  3  nothing was moved; one line says why\n')
    .action(async (options: DatabaseMoveOptions) => {
      const { runDatabaseMove } = await import('../commands/database-move.ts');
      report(await runDatabaseMove(options, invocation));
    });
  return command('database', invocation).usage('COMMAND [options]').description("The server's own database.").addCommand(move);
}
