import { describe, expect, it } from 'vitest';
import { createBufferSource } from '../source/buffer-source.ts';
import { loadFixture } from '../source/load-fixture-for-tests.ts';
import { openVolume } from './open-volume.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}/head.bin.zst`, import.meta.url));

function signed(at: number, bytes: string): Uint8Array {
  const head = new Uint8Array(16 * 1024);
  head.set(Buffer.from(bytes, 'latin1'), at);
  return head;
}

describe('a partition that is no plain volume', () => {
  it.each([
    ['LUKS1', load('luks1'), 'encrypted', 'encrypted-in-guest'],
    ['LUKS2', load('luks2'), 'encrypted', 'encrypted-in-guest'],
    ['swap', load('swap'), 'out-of-scope', 'partition-type-out-of-scope'],
    ['BitLocker', signed(3, '-FVE-FS-'), 'encrypted', 'encrypted-in-guest'],
    ['LVM2', signed(512 + 24, 'LVM2 001'), 'unsupported', 'volume-manager-not-read-yet'],
    ['mdraid', signed(4096, '\xfc\x4e\x2b\xa9'), 'unsupported', 'volume-manager-not-read-yet'],
  ])('is told as %s', async (detail, bytes, state, reason) => {
    expect(await openVolume(createBufferSource(bytes))).toMatchObject({ kind: 'not-read', state, reason, detail });
  });

  it('keeps the UUID by which fstab may call it', async () => {
    expect(await openVolume(createBufferSource(load('luks2')))).toMatchObject({ uuid: '6e6f6465-7761-4264-8001-000000000001' });
  });

  it.each([0, 3, 7, 200])('cut after %d bytes does not fail', async (length) => {
    const opened = await openVolume(createBufferSource(load('luks2').subarray(0, length)));

    expect(opened.kind).toBe(length < 6 ? 'volume' : 'not-read');
  });
});

it('anything else is a plain volume of the same bytes', async () => {
  const source = createBufferSource(new Uint8Array(10_000));

  expect(await openVolume(source)).toEqual({ kind: 'volume', source });
});
