import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Sandbox {
  /** Programs and arguments that go before the program; none where the system allows none. */
  readonly prefix: readonly string[];
  /** False where a hostile parser could still open a socket: macOS, Windows, Linux without user namespaces. */
  readonly networkClosed: boolean;
}

/** Takes the child down with its parent, and takes from it the gain of any set-uid program. */
const setpriv = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--no-new-privs', '--'];
/** A network namespace of its own, with nothing in it; as root, or as an unprivileged user in a user namespace. */
const candidates: readonly Sandbox[] = [
  { prefix: ['/usr/bin/unshare', '--net', '--', ...setpriv], networkClosed: true },
  { prefix: ['/usr/bin/unshare', '--user', '--net', '--', ...setpriv], networkClosed: true },
  { prefix: setpriv, networkClosed: false },
];

let found: Promise<Sandbox> | undefined;

/**
 * What the system offers round a child process, tried once. Node's permission model does not close the network; where
 * `networkClosed` is false nothing else does, and only the empty environment and the file rights protect.
 */
export function findSandbox(): Promise<Sandbox> {
  return (found ??= firstThatRuns());
}

async function firstThatRuns(): Promise<Sandbox> {
  for (const candidate of candidates) {
    if (await runs(candidate.prefix)) return candidate;
  }
  return { prefix: [], networkClosed: false };
}

function runs([program, ...args]: readonly string[]): Promise<boolean> {
  if (program === undefined || !existsSync(program)) return Promise.resolve(false);
  return new Promise((resolve) => {
    execFile(program, [...args, process.execPath, '--version'], { env: {}, timeout: 10_000 }, (error) => resolve(error === null));
  });
}

/** Node's permission model: read rights for the code that the entry loads, nothing else. */
export function permissionArguments(entry: URL): readonly string[] {
  return ['--permission', ...codeFolders(entry).map((folder) => `--allow-fs-read=${folder}`)];
}

/** The entry's own folder, the engine, and the installed packages that the engine imports. */
function codeFolders(entry: URL): readonly string[] {
  const folder = dirname(fileURLToPath(entry));
  const engine = packageFolder(dirname(fileURLToPath(import.meta.resolve('@nodeward/engine'))));
  const own = packageFolder(folder);
  const installed = [...ancestors(own), ...ancestors(engine)].map((parent) => join(parent, 'node_modules')).filter((path) => existsSync(path));
  const manifests = [...ancestors(folder), ...ancestors(engine)].map((parent) => join(parent, 'package.json'));
  return [...new Set([join(folder, '/'), join(engine, '/'), ...installed.map((path) => join(path, '/')), ...manifests])];
}

function packageFolder(folder: string): string {
  return ancestors(folder).find((parent) => existsSync(join(parent, 'package.json'))) ?? folder;
}

/** The folder itself first. */
function ancestors(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
