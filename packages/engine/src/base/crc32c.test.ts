import { expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

const finished = (bytes: Uint8Array): number => (crc32c(0xffffffff, bytes) ^ 0xffffffff) >>> 0;

// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
it.each([
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 times 0xff', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
  ['31 to 0', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
])('the checksum of %s is the published one', (_, bytes, sum) => {
  expect(finished(bytes)).toBe(sum);
});

it('feeding in parts gives the same as feeding at once', () => {
  const bytes = Uint8Array.from({ length: 101 }, (_, index) => index * 7);

  for (let cut = 0; cut <= bytes.length; cut++) expect(crc32c(crc32c(1, bytes, 0, cut), bytes, cut)).toBe(crc32c(1, bytes));
});
