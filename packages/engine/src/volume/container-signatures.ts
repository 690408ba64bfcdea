import { ByteReader } from '../base/byte-reader.ts';
import type { CoverageReason, CoverageState } from '../base/coverage.ts';

export interface ContainerSignature {
  readonly at: readonly number[];
  /** Latin-1. */
  readonly bytes: string;
  readonly state: CoverageState;
  readonly reason: CoverageReason;
  readonly name: (head: Uint8Array) => string;
  readonly uuid?: (head: Uint8Array) => string | undefined;
}

/**
 * Sources: LUKS1 On-Disk Format 1.2.3 and LUKS2 On-Disk Format 1.1 (magic, version at 6, UUID at
 * 168); LVM2 lib/format_text/layout.h (label in one of the first four sectors, type at 24); Linux
 * md_p.h (superblocks 1.1 and 1.2); libbde's "BitLocker Drive Encryption"; mkswap(8).
 */
export const containerSignatures: readonly ContainerSignature[] = [
  {
    at: [0],
    bytes: 'LUKS\xba\xbe',
    state: 'encrypted',
    reason: 'encrypted-in-guest',
    name: (head) => (head.length >= 8 ? `LUKS${new ByteReader(head, 'LUKS header').u16be(6)}` : 'LUKS'),
    uuid: (head) => (head.length >= 208 ? asciiz(new ByteReader(head, 'LUKS header').latin1(168, 40)) : undefined),
  },
  { at: [3], bytes: '-FVE-FS-', state: 'encrypted', reason: 'encrypted-in-guest', name: () => 'BitLocker' },
  {
    at: [24, 536, 1048, 1560],
    bytes: 'LVM2 001',
    state: 'unsupported',
    reason: 'volume-manager-not-read-yet',
    name: () => 'LVM2',
  },
  { at: [0, 4096], bytes: '\xfc\x4e\x2b\xa9', state: 'unsupported', reason: 'volume-manager-not-read-yet', name: () => 'mdraid' },
  { at: [4086], bytes: 'SWAPSPACE2', state: 'out-of-scope', reason: 'partition-type-out-of-scope', name: () => 'swap' },
];

function asciiz(text: string): string | undefined {
  const end = text.indexOf('\0');
  const value = end < 0 ? text : text.slice(0, end);
  return /^[0-9a-f-]{36}$/i.test(value) ? value.toLowerCase() : undefined;
}
