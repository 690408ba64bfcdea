import { copyFile, type FileHandle, open, readFile, rename, rm, utimes } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';

const decompress = promisify(zstdDecompress);
const chunkBytes = 64 * 1024;
const zeros = Buffer.alloc(chunkBytes);
/** Our own disks have 21 MiB. */
const largestDisk = 256 * 1024 * 1024;

/** Path of a disk that ships with the sample; see `disks/provenance.md`. */
export function bundledDiskPath(name: string): string {
  return fileURLToPath(new URL(`disks/${name}.img.zst`, import.meta.url));
}

/**
 * Puts the disk `source` (compressed where its name ends in `.zst`) in place of `target` in one
 * step, so that a reader sees the old bytes or the new ones. `time` (milliseconds) becomes the
 * file's own: doing the same again changes nothing that an evidence token sees.
 */
export async function installDisk(source: string, target: string, time: number): Promise<void> {
  if (source.endsWith('.zst')) return unpackDisk(source, [target], time);
  await replaceFile(target, time, async (partial) => copyFile(source, partial));
}

/** The same for several nodes that begin with the same disk. */
export async function unpackDisk(source: string, targets: readonly string[], time: number): Promise<void> {
  const disk = await decompress(await readFile(source), { maxOutputLength: largestDisk });
  for (const target of targets) await replaceFile(target, time, async (partial) => writeSparse(partial, disk));
}

/** Puts `source` in place of `target` with every occurrence of a text replaced by another of the same length, in one step. */
export async function rewriteDisk(source: string, target: string, time: number, from: string, to: string): Promise<void> {
  if (from.length !== to.length) throw new Error(`a disk cannot be rewritten from ${from} to ${to}: lengths differ`);
  const disk = await readFile(source);
  for (let at = disk.indexOf(from); at >= 0; at = disk.indexOf(from, at + to.length)) disk.write(to, at, 'latin1');
  await replaceFile(target, time, async (partial) => writeSparse(partial, disk));
}

async function replaceFile(target: string, time: number, fill: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${target}.partial`;
  await rm(partial, { force: true });
  await fill(partial);
  await utimes(partial, time / 1000, time / 1000);
  await rename(partial, target);
}

/** Leaves holes where the disk is empty: it takes some 400 KiB instead of 21 MiB. */
async function writeSparse(path: string, disk: Buffer): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (let start = 0; start < disk.length; start += chunkBytes) {
      const chunk = disk.subarray(start, start + chunkBytes);
      if (!chunk.equals(zeros.subarray(0, chunk.length))) await writeAll(file, chunk, start);
    }
    await file.truncate(disk.length);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
