import { InvalidInputError } from '@nodeward/engine';
import { defaultDataDir, processEnvironment } from './config.ts';
import { entrySources } from './compose.ts';
import { openEntryLinks } from './http/entry-links.ts';
import { findRunningServer } from './running-server.ts';

/** `nodeward link`: the address of a fresh one-time link of the server that runs on the data directory. */
export async function createLink(options: { readonly dataDir?: string }): Promise<string> {
  const dataDir = options.dataDir ?? defaultDataDir(processEnvironment(), process.cwd());
  const server = await findRunningServer(dataDir);
  if (server === undefined) throw new InvalidInputError(`no server runs on ${dataDir}: start one with \`nodeward serve\``);
  return entryAddress(server.origin, await openEntryLinks(dataDir, entrySources).create());
}

export function entryAddress(origin: string, token: string): string {
  return `${origin}/enter?token=${token}`;
}
