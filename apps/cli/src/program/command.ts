import { Command, Option } from 'commander';
import { WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';

export type Report = (status: number) => void;

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

/** Of the commands that have no --fail-on. */
export const statusTextWithoutFloor = exitStatusText.replace('  1  --fail-on reached\n', '').replace('2, 4, 3, 1', '2, 4, 3');

export const kubeletVersionHelp = 'the kubelet that runs, as the Node object reports it (status.nodeInfo.kubeletVersion)';

/** Ends by an error in place of ending the process, and prints only through the invocation. */
export function command(name: string, invocation: Invocation): Command {
  return new Command(name)
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ helpWidth: 80 })
    .configureOutput({ writeOut: (text) => invocation.print(text), writeErr: () => undefined });
}

/** A fresh one each time: commander keeps what was parsed in it. */
export function formatOption(): Option {
  return new Option('--format <FORMAT>', 'table or json').choices(['table', 'json']).default('table');
}

/** How a command gets into the running server. */
export function withSession(target: Command): Command {
  return target
    .option('--data-dir <FOLDER>', 'the data folder of a server on this machine (default: as serve)')
    .option('--link <ADDRESS>', 'a one-time address that `nodeward link` has printed, for a server elsewhere');
}

/** Of an option that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

export function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65535) throw new WrongUseError(`--port ${text} is no port number; see nodeward serve --help`);
  return number;
}
