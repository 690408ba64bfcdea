import { open, readFile, stat } from 'node:fs/promises';
import type { AdvisoryLookup, DiskSource, Reading, RunningKernel, SourceNames } from '@nodeward/engine';
import { InvalidInputError, isAksManifest, openFileSource, parseAksManifest, readDisk } from '@nodeward/engine/assess';
import { WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { bytesText } from './quantity.ts';
import { addressName, isAddress, readRemote } from './remote-target.ts';

export interface TargetOptions {
  readonly sourceNames: SourceNames | undefined;
  readonly runningKernel?: RunningKernel | undefined;
  /** Binaries that nothing starts are opened too. */
  readonly openStaged?: boolean | undefined;
}

/** What was read before anybody knew which advisories it needs. */
export interface TargetReading {
  /** As it may be shown: an address without its query. */
  readonly path: string;
  readonly reading: Reading;
  /** The same with what the advisories know of source packages. */
  readonly resolved: (advisories: AdvisoryLookup) => Reading;
}

/** Where a list has its first marker at the latest: it begins with a few pages of components. */
const headBytes = 256 * 1024;

/** A path that does not lead to a readable file is a mistake of the command line, not of a disk. */
export async function checkTarget(path: string): Promise<void> {
  if (isAddress(path)) return;
  const status = await stat(path).catch((cause: unknown) => {
    throw new WrongUseError(`cannot open ${path}: ${systemCode(cause)}`, { cause });
  });
  if (!status.isFile()) throw new WrongUseError(`${path} is not a file; give the image files themselves`);
}

/** Tells by content whether the file is a published list or a disk image, and reads it; what an address leads to is a disk. */
export async function readTarget(path: string, options: TargetOptions, invocation: Invocation): Promise<TargetReading> {
  if (isAddress(path)) return readAddress(path, options, invocation);
  if (await isList(path)) return readList(path, await readFile(path), options);
  const reading = await readImage(path, options, invocation);
  return { path, reading, resolved: () => reading };
}

/** A list whose sources are all known needs no advisories to be read. */
function readList(path: string, bytes: Uint8Array, { sourceNames }: TargetOptions): TargetReading {
  const reading = parseAksManifest(bytes, { name: path, sourceNames });
  const isSourceUnknown = reading.coverage.some(({ state }) => state === 'unknown-source');
  return { path, reading, resolved: (advisories) => (isSourceUnknown ? parseAksManifest(bytes, { name: path, sourceNames, advisories }) : reading) };
}

async function readAddress(address: string, options: TargetOptions, invocation: Invocation): Promise<TargetReading> {
  const path = await addressName(address);
  const reading = await readRemote(address, (source) => readSource(path, source, options, invocation), invocation);
  return { path, reading, resolved: () => reading };
}

async function readImage(path: string, options: TargetOptions, invocation: Invocation): Promise<Reading> {
  const source = await openFileSource(path).catch((cause: unknown) => {
    if (cause instanceof InvalidInputError) throw new WrongUseError(cause.message, { cause });
    throw cause;
  });
  try {
    return await readSource(path, source, options, invocation);
  } finally {
    await source.close();
  }
}

async function readSource(path: string, source: DiskSource, { runningKernel, openStaged = false }: TargetOptions, { progress }: Invocation): Promise<Reading> {
  try {
    const onProgress = ({ bytes }: { readonly bytes: number }): void => progress.show(`${path}: ${bytesText(bytes)} read`);
    return await readDisk(source, { runningKernel, openStaged, onProgress });
  } finally {
    progress.clear();
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
