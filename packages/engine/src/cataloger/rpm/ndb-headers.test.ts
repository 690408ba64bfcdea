import { describe, expect, it } from 'vitest';
import { createMemoryTree } from '../../filesystem/memory-tree-for-tests.ts';
import { loadFixture } from '../../source/load-fixture-for-tests.ts';
import { ndbHeaders } from './ndb-headers.ts';
import { openRandomFile } from './random-file.ts';

const whole = Buffer.from(loadFixture(new URL('fixtures/clean.ndb.zst', import.meta.url)));
/** The first two slots that are in use, in bytes. */
const [slot = 0, second = 0] = [...Array(254).keys()].map((index) => 32 + index * 16).filter((at) => whole.readUInt32LE(at + 4) !== 0);
const blob = whole.readUInt32LE(slot + 8) * 16;

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(whole);
  change(bytes);
  return bytes;
}

/** Numbers and lengths of all headers. */
async function read(bytes: Uint8Array): Promise<readonly string[]> {
  const file = await openRandomFile(createMemoryTree({ '/Packages.db': bytes }), '/Packages.db');
  const lines: string[] = [];
  if (file === undefined) return lines;
  for await (const stored of ndbHeaders(file)) {
    const payload = await stored.open();
    lines.push(`${stored.number} ${(await payload.read(payload.length)).length}`);
  }
  return lines;
}

it('an ndb database gives what is in use, and not the slot of what was erased', async () => {
  const lines = await read(whole);

  expect(lines.length).toBe(40);
  expect(lines.some((line) => line.startsWith('9999 '))).toBe(false);
});

describe('a hostile ndb database', () => {
  it.each([
    ['another magic number', (b: Buffer) => b.write('RpmX', 0), 'no such database'],
    ['an unknown version', (b: Buffer) => b.writeUInt32LE(7, 4), 'version 7'],
    ['no page of slots', (b: Buffer) => b.writeUInt32LE(0, 12), 'pages of slots'],
    ['more pages of slots than bytes', (b: Buffer) => b.writeUInt32LE(0xffffffff, 12), 'pages of slots'],
    ['a page of slots that is none', (b: Buffer) => b.writeUInt32LE(2, 12), 'ndb slot: not one'],
    ['a slot that is none', (b: Buffer) => b.write('Xlot', slot), 'ndb slot: not one'],
    ['two slots of one number', (b: Buffer) => b.writeUInt32LE(b.readUInt32LE(slot + 4), second + 4), 'used twice'],
    ['a slot of no blocks', (b: Buffer) => b.writeUInt32LE(0, slot + 12), 'too few blocks'],
    ['a slot of four billion blocks', (b: Buffer) => b.writeUInt32LE(0xffffffff, slot + 12), 'ndb blob of'],
    ['a slot behind its end', (b: Buffer) => b.writeUInt32LE(0xffffffff, slot + 8), 'bytes at'],
    ["a slot of another one's blob", (b: Buffer) => b.writeUInt32LE(b.readUInt32LE(second + 8), slot + 8), 'disagree'],
    ['a blob of another number', (b: Buffer) => b.writeUInt32LE(12_345, blob + 4), 'disagree'],
    ['a blob that says it is longer', (b: Buffer) => b.writeUInt32LE(0xffffffff, blob + 12), 'disagree'],
    ['a changed byte', (b: Buffer) => b.writeUInt8((b[blob + 40] ?? 0) ^ 1, blob + 40), 'ndb blob at byte'],
  ])('with %s is refused', async (_, change, message) => {
    await expect(read(changed(change))).rejects.toThrow(message);
  });
});
