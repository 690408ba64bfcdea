import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DomainError, LimitExceededError } from '../base/errors.ts';
import { createBufferSource } from '../source/buffer-source.ts';
import { createRandom } from '../source/load-fixture-for-tests.ts';
import type { Filesystem } from './filesystem.ts';
import type { FilesystemReader } from './filesystem-reader.ts';

const expectations = z.object({
  files: z.record(z.string(), z.object({ size: z.number(), sha256: z.string() })),
  links: z.record(z.string(), z.string()),
  directories: z.record(z.string(), z.number()),
});
export type Expectations = z.infer<typeof expectations>;

export function loadExpectations(url: URL): Expectations {
  return expectations.parse(JSON.parse(readFileSync(url, 'utf8')));
}

export interface ContractCase {
  readonly name: string;
  readonly reader: FilesystemReader;
  readonly load: () => Uint8Array;
  readonly expected: Expectations;
}

export async function openForTest(reader: FilesystemReader, bytes: Uint8Array): Promise<Filesystem> {
  const opened = await reader.open(createBufferSource(bytes));
  if ('state' in opened) throw new Error(`not read: ${opened.reason} ${opened.detail ?? ''}`);
  return opened;
}

/** What every filesystem reader keeps, on an image that holds the common tree of `scripts/build-fixtures.sh`. */
export function itReadsLikeAFilesystem({ name, reader, load, expected }: ContractCase): void {
  describe(`${reader.id} as a filesystem: ${name}`, () => {
    const image = load();
    const opened = openForTest(reader, image);

    it('is recognised by its first bytes', () => {
      expect(reader.recognises(image.subarray(0, 128 * 1024))).toBe(true);
      expect(reader.recognises(new Uint8Array(128 * 1024))).toBe(false);
      expect(reader.recognises(new Uint8Array(0))).toBe(false);
    });

    it.each(Object.entries(expected.files))('gives every byte of %s', async (path, { size, sha256 }) => {
      const filesystem = await opened;

      const bytes = await filesystem.readFile(path);

      expect(await filesystem.status(path)).toEqual({ kind: 'file', size });
      expect(bytes?.length).toBe(size);
      expect(createHash('sha256').update(bytes ?? '').digest('hex')).toBe(sha256);
    });

    it.each(Object.keys(expected.files))('gives the same bytes of %s in ranges', async (path) => {
      const filesystem = await opened;
      const whole = (await filesystem.readFile(path)) ?? new Uint8Array(0);

      for (const [offset, length] of [[0, 10], [4090, 5000], [whole.length - 3, 100], [whole.length + 5, 1]] as const) {
        const from = Math.max(0, offset);
        const range = await filesystem.readRange(path, from, length);
        expect(Buffer.from(range ?? [1]).equals(whole.subarray(from, from + length))).toBe(true);
      }
    });

    it.each(Object.entries(expected.links))('reads the link %s without following it', async (path, target) => {
      const filesystem = await opened;

      expect(await filesystem.readLink(path)).toBe(target);
      expect((await filesystem.status(path))?.kind).toBe('symbolic-link');
      expect(await filesystem.readFile(path)).toBeUndefined();
    });

    it.each(Object.entries(expected.directories))('lists all of %s', async (path, count) => {
      const filesystem = await opened;

      const entries = (await filesystem.readDirectory(path)) ?? [];

      expect(entries.map((entry) => entry.name)).not.toContain('..');
      expect(new Set(entries.map((entry) => entry.name)).size).toBe(count);
      expect((await filesystem.status(path))?.kind).toBe('directory');
      for (const { name, kind } of entries) expect(kind).toBe((await filesystem.status(`${path}/${name}`))?.kind);
    });

    it.each(['/nothing', '/etc/nothing', '/etc/os-release/below', '/etc/../etc/os-release', '/many/entry-05000'])(
      'knows no %s',
      async (path) => {
        const filesystem = await opened;

        expect(await filesystem.status(path)).toBeUndefined();
        expect(await filesystem.readFile(path)).toBeUndefined();
        expect(await filesystem.readLink(path)).toBeUndefined();
        expect(await filesystem.readDirectory(path)).toBeUndefined();
      },
    );

    it('refuses a file over the limit instead of cutting it', async () => {
      await expect((await opened).readFile('/large.bin', 1000)).rejects.toBeInstanceOf(LimitExceededError);
    });

    it('ends every round of damaged bytes in a value or a DomainError', async () => {
      const random = createRandom(20260101);
      const answers = new Set<string>();
      const used = usedBlocks(image);
      const started = performance.now();

      for (let round = 0; round < 300; round++) {
        const { damaged, undo } = damage(image, used, random);
        answers.add(await walk(reader, damaged, expected));
        undo();
      }

      // Bounded, not fast: a hang or a quadratic loop takes minutes.
      expect(performance.now() - started).toBeLessThan(55_000);
      // A suite whose damage never hits anything would prove nothing.
      expect(answers.size).toBeGreaterThan(2);
    });
  });
}

/** Blocks of 1 KiB that hold anything: flipping zeros of free space would test nothing. */
function usedBlocks(image: Uint8Array): readonly number[] {
  const used: number[] = [];
  for (let at = 0; at + 1024 <= image.length; at += 1024) if (image.subarray(at, at + 1024).some((byte) => byte !== 0)) used.push(at);
  return used.slice(0, 600);
}

function damage(image: Uint8Array, used: readonly number[], random: (bound: number) => number): { damaged: Uint8Array; undo: () => void } {
  if (random(8) === 0) return { damaged: image.subarray(0, random(image.length)), undo: () => undefined };
  const before: [number, number][] = [];
  for (let flips = 1 + random(24); flips > 0; flips--) {
    const at = (used[random(used.length)] ?? 0) + random(1024);
    before.push([at, image[at] ?? 0]);
    image[at] = random(3) === 0 ? 0xff : random(256);
  }
  return { damaged: image, undo: () => before.reverse().forEach(([at, byte]) => (image[at] = byte)) };
}

async function walk(reader: FilesystemReader, bytes: Uint8Array, expected: Expectations): Promise<string> {
  try {
    const opened = await reader.open(createBufferSource(bytes));
    if ('state' in opened) return opened.reason;
    for (const path of ['/etc/os-release', '/deep/a/b/c/file', '/unwritten.bin', '/fragmented.bin']) await opened.readFile(path);
    for (const path of Object.keys(expected.links)) await opened.readLink(path);
    for (const path of Object.keys(expected.directories)) await opened.readDirectory(path);
    return 'read';
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.name;
  }
}
