// Makes the packages that can be installed without this repository: compiled, without tests, in one folder.
//   node scripts/pack.ts [FOLDER]      (default: packed/)
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');
const output = resolve(process.argv[2] ?? join(root, 'packed'));
const compiled = ['packages/engine', 'packages/api', 'packages/providers', 'apps/server', 'apps/cli'] as const;
const binary = (name: string): string => join(root, 'node_modules/.bin', name);

const words = z.record(z.string(), z.string()).optional();
const manifest = z.object({ name: z.string(), version: z.string().default('0.0.0'), license: z.string(), description: z.string().optional(), type: z.string(), bin: words, exports: words, dependencies: words, optionalDependencies: words });
type Manifest = z.infer<typeof manifest>;
const readManifest = (folder: string): Manifest => manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));

/** What only the tests and the makers of fixtures need. */
const isForTests = (path: string): boolean => /(\.test\.|-for-tests\.|-under-test\.|\.contract\.)|\/(fixtures|proof|tests|testing)(\/|$)/.test(path);

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const stage = mkdtempSync(join(tmpdir(), 'nodeward-pack-'));
try {
  for (const workspace of compiled) pack(compile(workspace));
  pack(portal());
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** Sources become JavaScript in the same places: everything finds its neighbours by its own address. */
function compile(workspace: (typeof compiled)[number]): string {
  const from = join(root, workspace);
  const to = join(stage, basename(workspace));
  mkdirSync(to, { recursive: true });
  for (const part of ['src', 'bin', 'openapi.json']) {
    if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true, filter: (path) => !path.endsWith('.ts') && !isForTests(path) });
  }
  execFileSync(binary('tsc'), ['-p', from, '--noEmit', 'false', '--outDir', join(stage, 'emitted', basename(workspace)), '--rootDir', from], { stdio: 'inherit' });
  cpSync(join(stage, 'emitted', basename(workspace), 'src'), join(to, 'src'), { recursive: true, filter: (path) => !isForTests(path) });
  writeManifest(to, readManifest(from));
  return to;
}

function portal(): string {
  const from = join(root, 'apps/portal');
  const to = join(stage, 'portal');
  execFileSync(binary('vite'), ['build', '--logLevel', 'warn'], { cwd: from, stdio: 'inherit' });
  mkdirSync(to, { recursive: true });
  cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true });
  writeManifest(to, readManifest(from));
  return to;
}

/** Of the workspace's manifest what concerns those who install it. The command brings its own Node, and the server the portal that it serves. */
function writeManifest(folder: string, { name, version, license, description, type, bin, exports = {}, dependencies = {} }: Manifest): void {
  const published = {
    name,
    version,
    license,
    description,
    type,
    ...(bin === undefined ? {} : { bin }),
    dependencies: name === '@nodeward/server' ? { ...dependencies, '@nodeward/portal': version } : dependencies,
    ...(name === 'nodeward' ? { optionalDependencies: readManifest(root).optionalDependencies } : {}),
    ...(Object.keys(exports).length === 0 ? {} : { exports: publishedExports(exports) }),
  };
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
}

function publishedExports(exports: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(exports).filter(([path]) => path !== './testing').map(([path, file]) => [path, file.replace(/\.ts$/, '.js')]));
}

function pack(folder: string): void {
  const files = execFileSync('npm', ['pack', '--silent', '--pack-destination', output], { cwd: folder, encoding: 'utf8' });
  process.stdout.write(`${join(output, files.trim())}, ${readdirSync(folder).length} entries\n`);
}
