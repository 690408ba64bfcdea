import { expect, it } from 'vitest';
import { adler32 } from './adler32.ts';

it.each([
  ['nothing', new Uint8Array(0), 1],
  ['a nine-letter word', Buffer.from('Wikipedia'), 0x11e60398],
])('the checksum of %s is the published one', (_, bytes, sum) => {
  expect(adler32(bytes)).toBe(sum);
});

it('takes its remainders in time', () => {
  const bytes = new Uint8Array(1024 * 1024).fill(255);
  // RFC 1950, §9, byte by byte.
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }

  expect(adler32(bytes)).toBe(high * 65_536 + low);
});
