import { Buffer } from 'node:buffer';
import type * as z from 'zod';
import { InvalidRequestError } from './errors.ts';

/** The sort key of a page's last row, for the client to hand back as it is. */
export function writeCursor(position: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Undefined at the first page. Anything that `writeCursor` has not made of such a position is refused. */
export function readCursor<Position>(cursor: string | undefined, position: z.ZodType<Position>): Position | undefined {
  if (cursor === undefined) return undefined;
  try {
    return position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new InvalidRequestError('the cursor is not one of ours', [{ path: 'query.cursor', message: 'not a cursor' }], { cause });
  }
}
