import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';

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

/** Ends by an error in place of ending the process, and prints only through the invocation; wrong use is one line that points to its own help. */
export function command(name: string, invocation: Invocation): Command {
  const made = new Command(name);
  return made
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error;
      throw new WrongUseError(printable(`${mistake(error, made)}; see ${wordsOf(made)} --help`), { cause: error });
    })
    .hook('preAction', (_, asked) => refuseEmpty(asked))
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ helpWidth: 80 })
    .configureOutput({ writeOut: (text) => invocation.print(text), writeErr: () => undefined });
}

/** Most often a variable of the shell that is not set; an empty folder would be taken for the present one. */
function refuseEmpty(asked: Command): void {
  const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.includes(''));
  const option = asked.options.find((one) => isEmpty(asked.getOptionValue(one.attributeName())));
  if (option !== undefined) asked.error(`option '${option.flags}' argument is empty`);
  const argument = asked.registeredArguments.find((_, index) => isEmpty(asked.processedArgs[index]));
  if (argument !== undefined) asked.error(`argument '${argument.name()}' is empty`);
}

function mistake({ code, message }: CommanderError, { args: [first, topic] }: Command): string {
  if (code !== 'commander.help') return message.replace(/^error: /, '').replace(/\.$/, '').replaceAll('\n', ' ');
  return first === 'help' && topic !== undefined ? `unknown command '${topic}'` : 'a command is missing';
}

function wordsOf(target: Command): string {
  return target.parent === null ? target.name() : `${wordsOf(target.parent)} ${target.name()}`;
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

/** Of a subscription, a tenant or an application. */
export function azureId(text: string): string {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) throw new InvalidArgumentError('It is no ID of the form 00000000-0000-0000-0000-000000000000.');
  return text;
}

export function azureIds(text: string, previous?: readonly string[]): string[] {
  return collect(azureId(text), previous);
}

export function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65535) throw new InvalidArgumentError('It is no port number.');
  return number;
}
