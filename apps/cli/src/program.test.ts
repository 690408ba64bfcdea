import { describe, expect, it } from 'vitest';
import type { Invocation } from './invocation.ts';
import { runProgram } from './program.ts';

/** Runs the words and gives the exit status with what was noted. */
async function noted(...words: readonly string[]): Promise<readonly [number, ...string[]]> {
  const notes: string[] = [];
  const invocation: Invocation = {
    environment: {},
    now: () => new Date(0),
    color: false,
    print: () => undefined,
    note: (line) => notes.push(line),
    say: () => undefined,
    progress: { show: () => undefined, clear: () => undefined },
    exitOnInterrupt: () => undefined,
    abortOnInterrupt: () => new AbortController().signal,
  };
  return [await runProgram(words, invocation), ...notes];
}

describe('wrong use ends with 2 and one line', () => {
  it.each([
    ['an option that serve does not have', ['serve', '--nope'], /^unknown option '--nope'; see nodeward serve --help$/],
    ['a port of serve that is none', ['serve', '--port', '70000'], /'70000' is invalid.*; see nodeward serve --help$/],
    ['a word that serve does not take', ['serve', 'here'], /^too many arguments for 'serve'.*; see nodeward serve --help$/],
    ['an option before the command of connections', ['connections', '--data-dir', 'X', 'list'], /^the command goes before its options: nodeward connections list \[options\]; see nodeward connections --help$/],
    ['options of its own before the command of connections', ['connections', '--link', 'X', 'edit', 'prod', '--name', 'p'], /^the command goes before its options: nodeward connections edit \[options\]; see/],
    ['an option before a word that is no command of connections', ['connections', '--data-dir', 'X', 'tset', 'prod'], /^unknown command 'tset'; see nodeward connections --help$/],
    ['an option that connections does not have', ['connections', '--nope', 'list'], /^unknown option '--nope'; see nodeward connections list --help$/],
    ['a format that connections does not have', ['connections', '--format', 'xml'], /'xml' is invalid.*; see nodeward connections list --help$/],
    ['a data folder without a name', ['connections', 'list', '--data-dir', ''], /^option '--data-dir <FOLDER>' argument is empty; see nodeward connections list --help$/],
    ['a folder to serve without a name', ['serve', '--images', 'X', '--images', ''], /^option '--images <FOLDER>' argument is empty; see nodeward serve --help$/],
    ['a vulnerability without a name', ['which-image', ''], /^argument 'CVE' is empty; see nodeward which-image --help$/],
    ['a path without a name', ['assess', 'X', ''], /^argument 'PATH' is empty; see nodeward assess --help$/],
    ['a subscription that is none', ['connect', 'aks', '--subscription', 'prod'], /^option '--subscription <ID>' argument 'prod' is invalid\. It is no ID of the form .*; see nodeward connect aks --help$/],
    ['a tenant that is none', ['connections', 'edit', 'c', '--tenant-id', 'contoso'], /^option '--tenant-id <ID>' argument 'contoso' is invalid\. It is no ID of the form .*; see nodeward connections edit --help$/],
  ] as const)('%s', async (_, words, line) => {
    expect(await noted(...words)).toEqual([2, expect.stringMatching(line)]);
  });

  it('and the folder of an option may have the name of a command', async () => {
    expect(await noted('connections', '--data-dir', 'list')).toEqual([2, expect.stringMatching(/^no server runs on /)]);
  });
});
