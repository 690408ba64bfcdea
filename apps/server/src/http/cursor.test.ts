import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readCursor, writeCursor } from './cursor.ts';
import { InvalidRequestError } from './errors.ts';

const position = z.tuple([z.string(), z.int()]);

describe('a cursor', () => {
  it('comes back as it was written', () => {
    expect(readCursor(writeCursor(['ノード', 3]), position)).toEqual(['ノード', 3]);
  });

  it('is absent at the first page', () => {
    expect(readCursor(undefined, position)).toBeUndefined();
  });

  it.each([
    ['no JSON', 'AAAA'],
    ['another shape', writeCursor([1, 'a'])],
    ['too long', writeCursor(['a', 1, 2])],
    ['an object', Buffer.from('{"a":1}').toString('base64url')],
    ['empty', ''],
  ])('that is %s is refused', (_, cursor) => {
    expect(() => readCursor(cursor, position)).toThrow(InvalidRequestError);
  });
});
