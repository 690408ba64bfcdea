import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '..');
const built = join(repository, 'apps/portal/dist/index.html');
const sources = ['apps/portal/src', 'apps/portal/index.html', 'apps/portal/vite.config.ts', 'apps/portal/package.json', 'packages/api/src'];

/** Builds the portal that the server hands out where it is missing or older than its sources; the reason where it cannot be built. */
export function buildStalePortal(): string | undefined {
  if (!isStale()) return undefined;
  process.stderr.write('Building the portal…\n');
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build', '--workspace', '@nodeward/portal'], { cwd: repository, encoding: 'utf8', shell: process.platform === 'win32' });
  return status === 0 ? undefined : `${stdout}${stderr}`;
}

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
