import { open, readFile, stat } from 'node:fs/promises';
import {
  type AdvisoryDatabase,
  InvalidInputError,
  isAksManifest,
  openFileSource,
  parseAksManifest,
  readDisk,
  type Reading,
  type RunningKernel,
  type SourceNames,
} from '@nodeward/engine';
import { WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { bytesText } from './quantity.ts';

export interface TargetOptions {
  readonly advisories: AdvisoryDatabase;
  readonly sourceNames: SourceNames | undefined;
  readonly runningKernel?: RunningKernel | undefined;
}

/** Where a list has its first marker at the latest: it begins with a few pages of components. */
const headBytes = 256 * 1024;

/** A path that does not lead to a readable file is a mistake of the command line, not of a disk. */
export async function checkTarget(path: string): Promise<void> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new WrongUseError(`cannot open ${path}: ${systemCode(cause)}`, { cause });
  });
  if (!status.isFile()) throw new WrongUseError(`${path} is not a file; give the image files themselves`);
}

/** Tells by content whether the file is a published list or a disk image, and reads it. */
export async function readTarget(path: string, options: TargetOptions, { progress }: Invocation): Promise<Reading> {
  if (await isList(path)) {
    return parseAksManifest(await readFile(path), { name: path, sourceNames: options.sourceNames, advisories: options.advisories });
  }
  const source = await openFileSource(path).catch((cause: unknown) => {
    if (cause instanceof InvalidInputError) throw new WrongUseError(cause.message, { cause });
    throw cause;
  });
  try {
    const onProgress = ({ bytes }: { readonly bytes: number }): void => progress.show(`${path}: ${bytesText(bytes)} read`);
    return await readDisk(source, { runningKernel: options.runningKernel, onProgress });
  } finally {
    progress.clear();
    await source.close();
  }
}

async function isList(path: string): Promise<boolean> {
  const file = await open(path).catch((cause: unknown) => {
    throw new WrongUseError(`cannot open ${path}: ${systemCode(cause)}`, { cause });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return isAksManifest(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}
