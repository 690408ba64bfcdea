import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { coverageStates, matchStates } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from './shared-data.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

/** Cells of every table row whose first cell is not the head's. */
function rows(path: string): readonly (readonly string[])[] {
  return read(path)
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('|---'))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

/** As the hosts of repositories make them. */
function headings(path: string): readonly string[] {
  return read(path).split('\n').filter((line) => /^#+ /.test(line)).map((line) => line.replace(/^#+ /, '').toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-'));
}

function code(cell: string | undefined): string {
  return (cell ?? '').replaceAll('`', '');
}

const kinds = [
  ['disk format', 'packages/engine/src/disk-format', 'format.ts'],
  ['filesystem', 'packages/engine/src/filesystem', 'reader.ts'],
  ['cataloger', 'packages/engine/src/cataloger', 'cataloger.ts'],
  ['version scheme', 'packages/engine/src/version', 'scheme.ts'],
  ['feed', 'packages/engine/src/advisory', 'parse.ts'],
  ['provider', 'packages/providers/src', 'provider.ts'],
] as const;

describe('docs/adding-a-plug-in.md', () => {
  const table = rows('docs/adding-a-plug-in.md');

  it.each(kinds)('has one row per %s', (kind, folder, role) => {
    const plugIns = readdirSync(join(repository, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(repository, folder, entry.name, role)))
      .map(({ name }) => name);

    expect(table.filter(([first]) => first === kind).flatMap(([, second]) => (second?.includes('/') === true ? [] : [code(second)])).toSorted()).toEqual(plugIns.toSorted());
  });

  it.each(kinds)('names plug-ins of the kind %s that its registry knows', (kind, folder, role) => {
    const registry = read(join(folder, 'registry.ts'));
    const missing = table.filter(([first, second]) => first === kind && second?.includes('/') === false).filter(([, name]) => !registry.includes(`./${code(name)}/${role}`));

    expect(missing).toEqual([]);
  });
});

describe('docs/error-codes.md', () => {
  it('lists the codes of the code, and no other', () => {
    const sources = ['packages/engine/src', 'packages/providers/src', 'apps/server/src'].flatMap((path) => sourceFiles(path));
    const codes = sources.flatMap((path) => [...read(path).matchAll(/extends DomainError \{\n(?:\s*(?:\/\/|\/\*\*).*\n)*\s*readonly code = '([A-Z_]+)'/g)].map((match) => match[1] ?? ''));

    const databaseCodes = [...(/databaseProblems = \[([^\]]*)\]/.exec(read('apps/server/src/database/database-errors.ts'))?.[1] ?? '').matchAll(/'([A-Z_]+)'/g)].map((match) => match[1] ?? '');

    expect(codes.length).toBeGreaterThan(10);
    expect(databaseCodes.length).toBeGreaterThan(5);
    expect(rows('docs/error-codes.md').map(([first]) => code(first)).filter((text) => text !== 'code').toSorted()).toEqual([...codes, ...databaseCodes].toSorted());
  });
});

describe('docs/glossary.md', () => {
  const table = rows('docs/glossary.md');

  it.each(['connection', 'cluster', 'node pool', 'node', 'node image', 'disk source', 'package', 'component', 'inventory', 'node facts', 'coverage', 'advisory', 'vulnerability', 'match', 'package family', 'finding', 'assessment', 'recommendation', 'forecast', 'upgrade job', 'right', 'package list', 'security patch', 'advisory source', 'mirror', 'source names', 'which image', 'printed command', 'node-status', 'paused', 'never', ...matchStates, ...coverageStates])('explains "%s" in both languages', (word) => {
    const row = table.find(([first]) => code(first) === word);

    expect(row?.[1]).toMatch(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u);
    expect(row?.[2]).toMatch(/\w/);
  });
});

describe('ARCHITECTURE.md', () => {
  it('has at most 200 lines', () => expect(read('ARCHITECTURE.md').split('\n').length).toBeLessThanOrEqual(200));

  it.each([...folders('packages'), ...folders('apps'), ...folders('packages/engine/src')])('has a paragraph on %s', (folder) => {
    expect(read('ARCHITECTURE.md')).toContain(`\`${folder.replace('packages/engine/src/', '')}\``);
  });
});

describe('the documents', () => {
  const documents = ['README.md', 'README.ja.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', ...sourceFiles('docs', '.md')];

  it.each(documents)('%s links only to what exists', (path) => {
    const targets = [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1] ?? '');

    expect(targets.filter((target) => !existsSync(join(repository, dirname(path), target)))).toEqual([]);
  });

  it.each(documents)('%s links only to headings that are there', (path) => {
    const targets = [...read(path).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, target = '', heading = '']) => [target === '' ? path : join(dirname(path), target), decodeURIComponent(heading)] as const);

    expect(targets.filter(([target, heading]) => !headings(target).includes(heading))).toEqual([]);
  });

  it.each(documents.filter((path) => path.startsWith('docs/') && path.endsWith('.ja.md')))('%s and its English say the same as far as a machine can tell', (path) => {
    const english = path.replace('.ja.md', '.md');
    const shape = (of: string): object => ({ chapters: read(of).split('\n').filter((line) => line.startsWith('#')).map((line) => line.indexOf(' ')), rows: rows(of).map((cells) => cells.length), fences: read(of).split('\n```').length });

    expect(read(path).split('\n')[2]).toBe(`[English](${basename(english)})`);
    expect(read(english).split('\n')[2]).toBe(`[日本語](${basename(path)})`);
    expect(shape(path)).toEqual(shape(english));
  });

  it.each(['README.md', 'README.ja.md'])('%s explains every exit status', (path) => {
    expect(rows(path).map(([first]) => code(first)).filter((text) => /^\d$/.test(text))).toEqual(['0', '1', '2', '3', '4']);
  });

  it('READMEs have the same chapters', () => {
    const chapters = (path: string): number => read(path).split('\n').filter((line) => line.startsWith('## ')).length;

    expect(chapters('README.ja.md')).toBe(chapters('README.md'));
  });
});

describe('Dockerfile', () => {
  const image = read('Dockerfile');
  const manifest = z.object({ optionalDependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));

  it.each([...folders('packages'), ...folders('apps')])('takes %s into the image', (workspace) => expect(image).toMatch(new RegExp(`[ "]${workspace}[ ;]`)));

  it('stands on the Node that the lock file pins', () => {
    const majors = new Set(Object.values(manifest.optionalDependencies).map((version) => version.split('.')[0]));

    expect([...image.matchAll(/node:(\d+)-/g)].map((match) => match[1])).toEqual(Array.from({ length: 3 }, () => [...majors].join()));
  });

  it('listens where the deployment looks for it', () => {
    expect(/EXPOSE (\d+)/.exec(image)?.[1]).toBe(/defaultPort = (\d+)/.exec(read('apps/server/src/config.ts'))?.[1]);
    expect(/containerPort: (\d+)/.exec(read('deploy/kubernetes/nodeward.yaml'))?.[1]).toBe(/EXPOSE (\d+)/.exec(image)?.[1]);
  });
});

describe('the tree', () => {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: repository, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }).split('\n').filter((path) => path !== '' && existsSync(join(repository, path)));
  /** Written in pieces, or this file would be its own finding. */
  const places = new RegExp(['/(?:work|farm|root)/|registry\\.npm', 'js\\.org|npm', 'mirror\\.'].join(''));

  it('names no folder of a machine and no package registry', () => {
    const named = files.filter((path) => isText(path) && places.test(read(path)));

    expect(named).toEqual([]);
  });

  it('locks packages without download addresses', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "http/);
  });

  it('has no file whose name says nothing', () => {
    expect(files.filter((path) => /(^|\/)(utils?|helpers?|common|misc|types|constants)\.[cm]?[jt]sx?$/.test(path))).toEqual([]);
  });
});

function folders(path: string): readonly string[] {
  return readdirSync(join(repository, path), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => `${path}/${entry.name}`);
}

function sourceFiles(path: string, ending = '.ts'): readonly string[] {
  return readdirSync(join(repository, path), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending) && !name.includes('node_modules') && !name.endsWith('.test.ts')).map((name) => `${path}/${name}`);
}

function isText(path: string): boolean {
  return /\.(ts|tsx|js|mjs|json|jsonc|md|sql|txt|tsv|yaml|yml|html|css|sh)$|^\.ci\/|^\.\w+$/.test(path);
}
