// npm start: builds the portal when it is missing or older than its sources, then `nodeward serve`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const repository = resolve(import.meta.dirname, '..');
const built = join(repository, 'apps/portal/dist/index.html');
const sources = ['apps/portal/src', 'apps/portal/index.html', 'apps/portal/vite.config.ts', 'apps/portal/package.json', 'packages/api/src'];

if (isStale()) buildPortal();
const nodeward = join(repository, 'apps/cli/bin/nodeward.js');
process.argv.splice(1, process.argv.length - 1, nodeward, 'serve', ...process.argv.slice(2));
await import(pathToFileURL(nodeward).href);

function isStale(): boolean {
  if (!existsSync(built)) return true;
  const builtAt = statSync(built).mtimeMs;
  return sources.map((path) => join(repository, path)).filter((path) => existsSync(path)).some((path) => newest(path) > builtAt);
}

function newest(path: string): number {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  const inside = readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(path, name)).mtimeMs);
  return Math.max(status.mtimeMs, ...inside);
}

/** Standard output stays free for the one address that the server prints. */
function buildPortal(): void {
  process.stderr.write('Building the portal…\n');
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build', '--workspace', '@nodeward/portal'], { cwd: repository, encoding: 'utf8', shell: process.platform === 'win32' });
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}nodeward: the portal could not be built\n`);
  process.exit(1);
}
