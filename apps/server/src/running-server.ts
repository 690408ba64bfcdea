import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** `origin` is for browsers; `local`, where a proxy stands before the server, is how this machine reaches it without the proxy. */
const runningServer = z.object({ origin: z.string(), local: z.string().optional(), pid: z.int().positive() });
/** Where the server of a data directory is to be found. */
export type RunningServer = z.infer<typeof runningServer>;

const fileName = 'server.json';

export async function announceServer(dataDir: string, server: RunningServer): Promise<void> {
  const file = join(dataDir, fileName);
  await writeFile(`${file}.new`, JSON.stringify(server), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export async function withdrawServer(dataDir: string): Promise<void> {
  await rm(join(dataDir, fileName), { force: true });
}

/** Undefined where no server runs; one that was killed has left its file behind. */
export async function findRunningServer(dataDir: string): Promise<RunningServer | undefined> {
  const text = await readFile(join(dataDir, fileName), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const server = runningServer.parse(JSON.parse(text));
  return isAlive(server.pid) ? server : undefined;
}

/** Signal 0 asks without sending; EPERM says that the process lives and is another user's. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
