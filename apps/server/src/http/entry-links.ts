import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How long a link that nobody opened stays good. */
const linkLifeMs = 24 * 60 * 60 * 1000;

export interface EntryLinks {
  /** Makes the token of a link. Who may write the data directory may enter: the token's hash is a file in it. */
  create(): Promise<string>;
  /** True once per token: the file is removed, and only one caller can remove it. */
  redeem(token: string): Promise<boolean>;
  /** Forgets every link that was never opened. */
  clear(): Promise<void>;
}

export interface EntrySources {
  readonly now: () => number;
  /** At least 256 bits, base64url. */
  readonly newToken: () => string;
}

export function openEntryLinks(dataDir: string, sources: EntrySources): EntryLinks {
  const folder = join(dataDir, 'entry-links');
  return {
    async create() {
      const token = sources.newToken();
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(join(folder, hashToken(token)), '', { mode: 0o600, flag: 'wx' });
      return token;
    },
    async redeem(token) {
      const file = join(folder, hashToken(token));
      const age = await ageOf(file, sources.now());
      if (age === undefined || !(await removed(file))) return false;
      return age <= linkLifeMs;
    },
    async clear() {
      const names = await readdir(folder).catch(emptyWhereAbsent);
      await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
    },
  };
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

async function ageOf(file: string, now: number): Promise<number | undefined> {
  try {
    return now - (await stat(file)).mtimeMs;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return undefined;
  }
}

async function removed(file: string): Promise<boolean> {
  try {
    await unlink(file);
    return true;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return false;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function emptyWhereAbsent(error: unknown): readonly string[] {
  if (!isAbsent(error)) throw error;
  return [];
}
