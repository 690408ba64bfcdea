import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

/** A committed fixture, unpacked: `loadFixture(new URL('fixtures/…/disk.img.zst', import.meta.url))`. A fresh copy each time. */
export function loadFixture(url: URL): Uint8Array {
  return new Uint8Array(zstdDecompressSync(readFileSync(url)));
}

/** Repeatable pseudo-random numbers below `bound` (a linear congruential generator; Numerical Recipes' constants). */
export function createRandom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
