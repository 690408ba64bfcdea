import type { Command } from 'commander';
import type { Invocation } from './invocation.ts';
import { createProgram } from './program.ts';

/** Every help page as commander prints it: file name without its ending → text. */
export function helpPages(): ReadonlyMap<string, string> {
  let text = '';
  const invocation: Invocation = {
    environment: {},
    now: () => new Date(0),
    color: false,
    print: (part) => (text += part),
    note: () => undefined,
    say: () => undefined,
    progress: { show: () => undefined, clear: () => undefined },
    exitOnInterrupt: () => undefined,
    abortOnInterrupt: () => new AbortController().signal,
  };
  const pages = new Map<string, string>();
  const visit = (command: Command, name: string): void => {
    text = '';
    command.outputHelp();
    pages.set(name, text);
    for (const child of command.commands) visit(child, `${name}-${child.name()}`);
  };
  visit(createProgram(invocation, () => undefined), 'nodeward');
  return pages;
}
