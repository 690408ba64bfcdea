import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const notThere = new Set(['ENOENT', 'ENOTDIR']);

/**
 * Files that never change once published, each beside its SHA-256. One that no longer agrees with it counts as absent and
 * is fetched again.
 */
export class KeptFiles {
  readonly #folder: string | undefined;

  /** Without a folder nothing is kept. */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  async read(path: string): Promise<Buffer | undefined> {
    if (this.#folder === undefined) return undefined;
    const file = fileOf(this.#folder, path);
    const [bytes, hash] = await Promise.all([readIfThere(file), readIfThere(`${file}.sha256`)]);
    return bytes !== undefined && hash?.toString('latin1').trim() === sha256(bytes) ? bytes : undefined;
  }

  /** The hash comes first: a file without one is no file. */
  async keep(path: string, bytes: Buffer): Promise<void> {
    if (this.#folder === undefined) return;
    const file = fileOf(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeWhole(`${file}.sha256`, `${sha256(bytes)}\n`);
    await writeWhole(file, bytes);
  }
}

function fileOf(folder: string, path: string): string {
  return join(folder, ...path.split('/'));
}

async function writeWhole(file: string, content: Buffer | string): Promise<void> {
  const temporaryFile = `${file}.${randomUUID()}.part`;
  try {
    await writeFile(temporaryFile, content, { flush: true });
    await rename(temporaryFile, file);
  } finally {
    await rm(temporaryFile, { force: true });
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && notThere.has(String(error.code))) return undefined;
    throw error;
  }
}
