import { isAksManifest, parseAksManifest, parseSourceNames, type SourceNames } from '@nodeward/engine';
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidConfigurationError } from '../errors.ts';
import type { Evidence } from '../provider.ts';

/** Published lists are some 100 KB; what is larger, or starts with binary data, is a disk. */
const largestList = 16 * 1024 * 1024;
const headBytes = 4096;

/** The bytes of a published node-image list; undefined where the file is something else. */
export async function readNodeImageList(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > largestList) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    if (buffer.subarray(0, bytesRead).includes(0)) return undefined;
    const bytes = await file.readFile();
    return isAksManifest(bytes) ? bytes : undefined;
  } finally {
    await file.close();
  }
}

/** A list from which no inventory comes is refused; a list read in part says so in its coverage. */
export async function listEvidence(path: string, bytes: Uint8Array, sourceNamesPath: string | undefined): Promise<Evidence> {
  const origin = basename(path);
  const sourceNames = sourceNamesPath === undefined ? undefined : await readSourceNames(sourceNamesPath);
  const { inventory, coverage } = parseAksManifest(bytes, { name: origin, sourceNames });
  if (inventory !== undefined) return { kind: 'inventory', grade: 'manifest', inventory, coverage, origin };
  const detail = coverage.filter(({ state }) => state !== 'out-of-scope').map(({ reason, detail: more }) => [reason, more].join(' ').trim());
  return { kind: 'refused', cause: 'unsupported', detail: `${path}: ${detail.join(', ')}` };
}

async function readSourceNames(path: string): Promise<SourceNames> {
  try {
    return parseSourceNames(await readFile(path, 'utf8'), path);
  } catch (cause) {
    throw new InvalidConfigurationError(path, 0, cause instanceof Error ? cause.message : 'cannot be read', { cause });
  }
}
