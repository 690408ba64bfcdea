import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { severities } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { helpPages } from './help-pages.ts';
import { severityChoices } from './program/disk-commands.ts';

const folder = new URL('../bin/help/', import.meta.url);
const command = new URL('../bin/nodeward.js', import.meta.url).pathname;

function print(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...words], { encoding: 'utf8' });
}

describe('help', () => {
  it('has a page for every command and no other', () => {
    expect(readdirSync(folder).toSorted()).toEqual([...helpPages().keys()].map((name) => `${name}.txt`).toSorted());
  });

  it.each([...helpPages()])('%s is what commander would print (npm run help:write writes it)', (name, text) => {
    expect(readFileSync(new URL(`${name}.txt`, folder), 'utf8')).toBe(text);
  });

  it('says the exit status of every command that does something', () => {
    const doing = [...helpPages()].filter(([, text]) => !/^Commands:$/m.test(text));

    expect(doing.filter(([, text]) => !text.includes('\nExit status:\n  0  ')).map(([name]) => name)).toEqual([]);
  });

  it.each([
    [[], 'nodeward'],
    [['-h'], 'nodeward'],
    [['--help'], 'nodeward'],
    [['help'], 'nodeward'],
    [['help', 'assess'], 'nodeward-assess'],
    [['assess', '--help'], 'nodeward-assess'],
    [['help', 'db', 'build'], 'nodeward-db-build'],
    [['db', 'status', '-h'], 'nodeward-db-status'],
  ] as const)('nodeward %j prints %s', (words, page) => {
    const { status, stdout, stderr } = print(...words);

    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(readFileSync(new URL(`${page}.txt`, folder), 'utf8'));
  });

  it('leaves help among other words to the command itself', () => {
    const { status, stdout } = print('assess', 'disk.raw', '--all', '--help');

    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: nodeward assess /);
  });

  it('does not take a path for a page', () => {
    expect(print('help', '../../package').status).toBe(2);
  });

  it('names the severities of the engine', () => {
    expect(severityChoices).toEqual(severities);
  });
});
