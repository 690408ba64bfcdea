import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type EntrySources, hashToken } from './entry-links.ts';

/** Enough for the browsers of the people of one installation; the oldest goes first. */
const maxSessions = 500;
export const sessionLifeMs = 30 * 24 * 60 * 60 * 1000;

const stored = z.object({ sessions: z.array(z.object({ hash: z.string(), expiresAt: z.number() })) });

export interface Sessions {
  /** Starts a session and returns its token, which only the browser keeps. */
  start(): Promise<string>;
  /** The token is worth nothing afterwards; one that is none is passed over. */
  end(token: string | undefined): Promise<void>;
  isValid(token: string | undefined): boolean;
}

/** Sessions outlive the server: `sessions.json` in the data directory (mode 0600) holds the hashes of their tokens. */
export async function openSessions(dataDir: string, sources: EntrySources): Promise<Sessions> {
  const file = join(dataDir, 'sessions.json');
  const expiries = new Map((await read(file)).map(({ hash, expiresAt }) => [hash, expiresAt]));
  let written = Promise.resolve();
  // one write after the other; a failed one is its own caller's and does not stop the next
  const write = (): Promise<void> => (written = written.catch(() => undefined).then(() => save(file, expiries)));
  return {
    async start() {
      const token = sources.newToken();
      prune(expiries, sources.now());
      expiries.set(hashToken(token), sources.now() + sessionLifeMs);
      await write();
      return token;
    },
    async end(token) {
      if (token !== undefined && expiries.delete(hashToken(token))) await write();
    },
    isValid: (token) => token !== undefined && (expiries.get(hashToken(token)) ?? 0) > sources.now(),
  };
}

function prune(expiries: Map<string, number>, now: number): void {
  for (const [hash, expiresAt] of expiries) {
    if (expiresAt <= now || expiries.size >= maxSessions) expiries.delete(hash);
  }
}

/** A file that cannot be read costs a new login, not the start of the server. */
async function read(file: string): Promise<z.infer<typeof stored>['sessions']> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const parsed = stored.safeParse(parseJson(text));
  return parsed.success ? parsed.data.sessions : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function save(file: string, expiries: ReadonlyMap<string, number>): Promise<void> {
  const sessions = [...expiries].map(([hash, expiresAt]) => ({ hash, expiresAt }));
  await writeFile(`${file}.new`, JSON.stringify({ sessions }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
