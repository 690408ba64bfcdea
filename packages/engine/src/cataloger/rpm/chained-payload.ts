import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Payload } from './stored-header.ts';

/** One link of a chain of pages: its contents, and the page behind it (0: the last one). */
export interface ChainLink {
  readonly bytes: Uint8Array;
  readonly next: number;
}

/**
 * A payload that begins with `head` and goes on in a chain of pages, fetched no further than asked.
 * `follow` refuses a page that it has given before, so that no chain is endless.
 */
export function createChainedPayload(head: Uint8Array, firstPage: number, length: number, follow: (page: number) => Promise<ChainLink>): Payload {
  if (length > limits.rpmHeaderBytes) throw new LimitExceededError(`rpm header of ${length} bytes`);
  let bytes = head;
  let next = firstPage;
  return {
    length,
    read: async (count) => {
      if (count > length) throw new CorruptStructureError(`rpm header: ${count} bytes of ${length}`, 0);
      const parts = [bytes];
      for (let have = bytes.length; have < count; ) {
        if (next === 0) throw new CorruptStructureError(`rpm header: its pages end after ${have} of ${length} bytes`, 0);
        const link = await follow(next);
        const part = link.bytes.subarray(0, length - have);
        if (part.length === 0) throw new CorruptStructureError('rpm header: an empty page in its chain', 0);
        parts.push(part);
        have += part.length;
        next = link.next;
      }
      if (parts.length > 1) bytes = Buffer.concat(parts);
      return bytes.subarray(0, count);
    },
  };
}

/** Every page has one place in a sound database: a second visit is a cycle, or two owners. */
export function createVisits(what: string): (page: number) => void {
  const seen = new Set<number>();
  return (page) => {
    if (seen.has(page)) throw new CorruptStructureError(`${what}: page ${page} is used twice`, page);
    seen.add(page);
  };
}
