import type { Outbound } from '../network/outbound.ts';
import type { Asker } from './ask.ts';
import { shownAddress } from './disk-address.ts';
import { RangeSourceError } from './range-source-error.ts';

type Answer = Awaited<ReturnType<Outbound['fetch']>>;

/** A whole body of at most `limit` bytes; a longer one is cut off and refused. */
export async function readBody(asker: Asker, answer: Answer, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of piecesOf(answer)) {
    length += piece.length;
    asker.count(piece.length, 0);
    if (length > limit) throw new RangeSourceError('answer-invalid', `${shownAddress(asker.address.url)}: an answer of more than ${limit} bytes`, answer.status);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Exactly `length` bytes: fewer is an answer that was cut, more is none. */
export async function readExactly(asker: Asker, answer: Answer, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  const shown = shownAddress(asker.address.url);
  let at = 0;
  for await (const piece of piecesOf(answer)) {
    asker.count(piece.length, 0);
    if (at + piece.length > length) throw new RangeSourceError('answer-invalid', `${shown}: more bytes than were asked for`, answer.status);
    bytes.set(piece, at);
    at += piece.length;
  }
  if (at < length) throw new RangeSourceError('answer-cut', `${shown}: ${at} bytes of ${length}`, answer.status);
  return bytes;
}

/** Leaving the loop early cancels the body. */
function piecesOf({ body }: Answer): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return body ?? [];
}
