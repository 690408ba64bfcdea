import { InvalidInputError } from '@nodeward/engine';
import { defaultDataDir, entrySources, processEnvironment } from './config.ts';
import { openEntryLinks } from './http/entry-links.ts';
import { findRunningServer, type RunningServer } from './running-server.ts';

// What a command needs of a server that runs elsewhere: `@nodeward/server/link` loads nothing of the server itself.
export { defaultDataDir } from './config.ts';
export { findRunningServer, type RunningServer } from './running-server.ts';

interface LinkOptions {
  readonly dataDir?: string;
}

/** `nodeward link`: the address of a fresh one-time link of the server that runs on the data directory. */
export async function createLink(options: LinkOptions): Promise<string> {
  const { server, token } = await createToken(options);
  return entryAddress(server.origin, token);
}

/** The same for a command on this machine, which need not go through the proxy; `origin` is what browsers are told. */
export async function createLocalLink(options: LinkOptions): Promise<{ readonly link: string; readonly origin: string }> {
  const { server, token } = await createToken(options);
  return { link: entryAddress(server.local ?? server.origin, token), origin: server.origin };
}

async function createToken(options: LinkOptions): Promise<{ readonly server: RunningServer; readonly token: string }> {
  const dataDir = options.dataDir ?? defaultDataDir(processEnvironment(), process.cwd());
  const server = await findRunningServer(dataDir);
  if (server === undefined) throw new InvalidInputError(`no server runs on ${dataDir}: start one with \`nodeward serve\``);
  return { server, token: await openEntryLinks(dataDir, entrySources).create() };
}

export function entryAddress(origin: string, token: string): string {
  return `${origin}/enter?token=${token}`;
}
