import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from './shared-data.ts';

const cruiser = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const report = z.object({ summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }) });

/** File → its one line: each breaks exactly one rule. */
const forbidden = [
  ['an upward import in the engine', 'engine: base', 'packages/engine/src/base/upward.ts', "import { match } from '../matcher/match.ts'; export const a = match;"],
  ['an upward import of a type only', 'engine: version', 'packages/engine/src/version/upward.ts', "import type { Match } from '../model/match.ts'; export type A = Match;"],
  ['an import of a sibling plug-in', 'plug-in: packages/engine/src/filesystem', 'packages/engine/src/filesystem/xfs/reader.ts', "import { ext4 } from '../ext4/reader.ts'; export const xfs = ext4;"],
  ['an import of a sibling provider', 'plug-in: packages/providers/src', 'packages/providers/src/sample/provider.ts', "import { images } from '../images/provider.ts'; export const sample = images;"],
  ['a cloud SDK in the server', 'cloud SDKs only in providers', 'apps/server/src/cloud.ts', "import { credential } from '@azure/identity'; export const c = credential;"],
  ['a cloud SDK that is not installed, in the engine', 'cloud SDKs only in providers', 'packages/engine/src/source/ebs.ts', "import { client } from '@aws-sdk/client-ebs'; export const c = client;"],
  ['the engine in the portal', 'workspace: apps/portal', 'apps/portal/src/engine.ts', "import { match } from '@nodeward/engine'; export const m = match;"],
  ['the server in a provider, as a type', 'workspace: packages/providers', 'packages/providers/src/server.ts', "import type { Server } from '@nodeward/server'; export type S = Server;"],
  ['the server in the command line, outside serve and link', 'serve only through its package name, lazily', 'apps/cli/src/commands/assess.ts', "import { serve } from '@nodeward/server'; export const s = serve;"],
  ['a deep import into another workspace', 'no deep import into another workspace', 'apps/server/src/deep.ts', "import { match } from '../../../packages/engine/src/matcher/match.ts'; export const m = match;"],
  ['the network in the engine', 'engine has no network', 'packages/engine/src/advisory/fetch.ts', "import { get } from 'node:https'; export const g = get;"],
  ['the file system outside the engine’s sources', 'engine opens files in source and advisory-db only', 'packages/engine/src/cataloger/read.ts', "import { readFile } from 'node:fs/promises'; export const r = readFile;"],
  ['a cycle of types', 'no-cycles', 'packages/engine/src/risk/one.ts', "import type { Two } from './two.ts'; export type One = Two;"],
  ['a package that its workspace does not declare', 'no-undeclared', 'packages/api/src/undeclared.ts', "import { credential } from 'left-pad-of-the-test'; export const c = credential;"],
] as const;

const allowed = {
  'packages/engine/src/index.ts': "export { match } from './matcher/match.ts';",
  'packages/engine/src/base/errors.ts': 'export const error = 1;',
  'packages/engine/src/model/match.ts': "import { error } from '../base/errors.ts'; export type Match = typeof error;",
  'packages/engine/src/matcher/match.ts': "import type { Match } from '../model/match.ts'; export const match: Match = 1;",
  'packages/engine/src/filesystem/ext4/reader.ts': "import { error } from '../../base/errors.ts'; export const ext4 = error;",
  'packages/engine/src/risk/two.ts': "import type { One } from './one.ts'; export type Two = One | 1;",
  'packages/providers/src/index.ts': "export { images } from './images/provider.ts';",
  'packages/providers/src/images/provider.ts': "import { match } from '@nodeward/engine'; export const images = match;",
  'packages/providers/src/aks/discover.ts': "import { credential } from '@azure/identity'; export const aks = credential;",
  'apps/server/src/index.ts': "import { images } from '@nodeward/providers'; export const serve = images; export type Server = typeof serve;",
  'apps/cli/src/commands/serve.ts': "import { serve } from '@nodeward/server'; export const s = serve;",
} as const;

const workspaces = {
  '@nodeward/engine': { folder: 'packages/engine', dependencies: ['@aws-sdk/client-ebs'] },
  '@nodeward/providers': { folder: 'packages/providers', dependencies: ['@azure/identity', '@nodeward/engine', '@nodeward/server'] },
  '@nodeward/api': { folder: 'packages/api', dependencies: [] },
  '@nodeward/server': { folder: 'apps/server', dependencies: ['@azure/identity', '@nodeward/engine', '@nodeward/providers'] },
  '@nodeward/portal': { folder: 'apps/portal', dependencies: ['@nodeward/engine'] },
  nodeward: { folder: 'apps/cli', dependencies: ['@nodeward/server'] },
} as const;

describe('the import rules', () => {
  let tree = '';
  let violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[] = [];

  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), 'nodeward-boundaries-'));
    writeTree(tree);
    const { stdout, stderr } = spawnSync(process.execPath, [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'packages', 'apps'], {
      cwd: tree,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (stdout === '') throw new Error(stderr);
    violations = report.parse(JSON.parse(stdout)).summary.violations;
  });

  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  it.each(forbidden)('refuse %s', (_, rule, file) => {
    const found = violations.filter(({ from }) => from === file).map((violation) => violation.rule.name);

    expect(found).toContain(rule);
  });

  it.each(Object.keys(allowed).filter((file) => !file.includes('/risk/')))('let %s be', (file) => {
    expect(violations.filter(({ from }) => from === file)).toEqual([]);
  });

  it('hold for the repository itself', () => {
    const output = execFileSync(process.execPath, [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'packages', 'apps'], { cwd: repository, encoding: 'utf8' });

    expect(output).toMatch(/no dependency violations found \([1-9]\d+ modules/);
  });
});

function writeTree(tree: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `${text}\n`);
  };
  for (const file of ['.dependency-cruiser.mjs', 'tsconfig.base.json']) cpSync(join(repository, file), join(tree, file));
  write('tsconfig.json', '{ "extends": "./tsconfig.base.json", "include": ["packages", "apps"] }');
  write('package.json', '{ "name": "tree", "private": true, "type": "module", "workspaces": ["packages/*", "apps/*"] }');
  mkdirSync(join(tree, 'node_modules/@nodeward'), { recursive: true });
  symlinkSync(join(repository, 'node_modules/typescript'), join(tree, 'node_modules/typescript'));
  symlinkSync(join(repository, 'node_modules/@types'), join(tree, 'node_modules/@types'));
  for (const name of ['@azure/identity', 'left-pad-of-the-test']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js' }));
    write(`node_modules/${name}/index.js`, 'export const credential = 1;');
  }
  for (const [name, { folder, dependencies }] of Object.entries(workspaces)) {
    const declared = Object.fromEntries(dependencies.map((dependency) => [dependency, '*']));
    write(`${folder}/package.json`, JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './src/index.ts', dependencies: declared }));
    symlinkSync(join(tree, folder), join(tree, 'node_modules', name));
  }
  for (const [path, text] of Object.entries(allowed)) write(path, text);
  for (const [, , path, text] of forbidden) write(path, text);
}
