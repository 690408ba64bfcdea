import { describe, expect, it } from 'vitest';
import { SourceReadError, SourceTruncatedError } from '../base/errors.ts';
import { type BlockCacheOptions, createBlockCache } from './block-cache.ts';
import { createBufferSource } from './buffer-source.ts';
import type { DiskSource } from './disk-source.ts';
import { createRandom } from './load-fixture-for-tests.ts';

const content = Uint8Array.from({ length: 10_007 }, (_, index) => (index * 31) % 251);

function recorded(bytes: Uint8Array): { source: DiskSource; requests: [offset: number, length: number][] } {
  const requests: [number, number][] = [];
  const inner = createBufferSource(bytes);
  return { requests, source: { ...inner, read: (offset, length) => (requests.push([offset, length]), inner.read(offset, length)) } };
}

const small: BlockCacheOptions = { blockSize: 100, capacity: 1000, requestSize: 400 };

describe('the block cache', () => {
  it('gives the same bytes as the source, whatever is asked in whatever order', async () => {
    const cache = createBlockCache(createBufferSource(content), small);
    const random = createRandom(1);

    for (let round = 0; round < 2000; round++) {
      const offset = random(content.length);
      const length = random(Math.min(1500, content.length - offset) + 1);
      expect(Buffer.from(await cache.read(offset, length)).equals(content.subarray(offset, offset + length))).toBe(true);
    }
  });

  it('asks for whole aligned blocks, once', async () => {
    const { source, requests } = recorded(content);
    const cache = createBlockCache(source, small);

    await cache.read(250, 10);
    await cache.read(299, 1);

    expect(requests).toEqual([[200, 100]]);
    expect(cache.statistics).toEqual({ bytes: 100, requests: 1 });
  });

  it('asks for neighbours in one request, up to its size', async () => {
    const { source, requests } = recorded(content);

    await createBlockCache(source, small).read(1050, 600);

    expect(requests).toEqual([[1000, 400], [1400, 300]]);
  });

  it('never asks twice for a block that is on its way', async () => {
    const { source, requests } = recorded(content);
    const cache = createBlockCache(source, small);

    await Promise.all([cache.read(10, 5), cache.read(20, 5), cache.read(30, 5)]);

    expect(requests.length).toBe(1);
  });

  it('reads ahead where the access is sequential', async () => {
    const { source, requests } = recorded(content);
    const cache = createBlockCache(source, small);

    for (let at = 0; at < 2000; at += 100) await cache.read(at, 100);

    expect(requests.length).toBeLessThan(10);
    expect(Math.max(...requests.map(([, length]) => length))).toBe(400);
  });

  it('keeps no more than its capacity, and what was used last', async () => {
    const { source, requests } = recorded(content);
    const cache = createBlockCache(source, { blockSize: 100, capacity: 300, requestSize: 100 });

    for (const block of [0, 20, 40, 0, 60, 0, 20]) await cache.read(block * 100, 1);

    expect(requests.map(([offset]) => offset / 100)).toEqual([0, 20, 40, 60, 20]);
  });

  it('asks again after a failed read', async () => {
    let failures = 1;
    const inner = createBufferSource(content);
    const flaky: DiskSource = { ...inner, read: (offset, length) => (failures-- > 0 ? Promise.reject(new SourceReadError('once')) : inner.read(offset, length)) };
    const cache = createBlockCache(flaky, small);

    await expect(cache.read(0, 350)).rejects.toBeInstanceOf(SourceReadError);

    expect((await cache.read(0, 350)).length).toBe(350);
  });

  it.each([[-1, 1], [0, -1], [0.5, 1], [Number.NaN, 1], [Number.MAX_SAFE_INTEGER, 2]])('refuses %d+%d as no range', async (offset, length) => {
    await expect(createBlockCache(createBufferSource(content)).read(offset, length)).rejects.toBeInstanceOf(SourceReadError);
  });

  it('refuses to read past the end', async () => {
    await expect(createBlockCache(createBufferSource(content)).read(content.length - 1, 2)).rejects.toBeInstanceOf(SourceTruncatedError);
  });
});
