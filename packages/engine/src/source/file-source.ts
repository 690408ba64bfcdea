import { type FileHandle, open } from 'node:fs/promises';
import { InvalidInputError, SourceReadError, SourceTruncatedError } from '../base/errors.ts';
import { checkRange } from './check-range.ts';
import type { DiskSource } from './disk-source.ts';

/** Opens a local disk image for reading; what is no readable regular file is an `InvalidInputError`. */
export async function openFileSource(path: string): Promise<DiskSource> {
  const handle = await openForReading(path);
  const status = await handle.stat();
  if (status.isFile()) return new FileSource(handle, status.size);
  await handle.close();
  throw new InvalidInputError(`not a regular file: ${path}`);
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new InvalidInputError(`cannot open ${path}: ${systemCode(cause)}`, { cause });
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}

class FileSource implements DiskSource {
  readonly size: number;
  readonly #handle: FileHandle;
  #bytes = 0;
  #requests = 0;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  get statistics(): { bytes: number; requests: number } {
    return { bytes: this.#bytes, requests: this.#requests };
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.size, offset, length);
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) done += await this.#readSome(bytes, done, offset + done);
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #readSome(bytes: Buffer, done: number, position: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, position).catch((cause: unknown) => {
      throw new SourceReadError(`read of the image failed: ${systemCode(cause)}`, { cause });
    });
    this.#requests++;
    this.#bytes += bytesRead;
    if (bytesRead === 0) throw new SourceTruncatedError(`the image ends at byte ${position}, before its own size`);
    return bytesRead;
  }
}
