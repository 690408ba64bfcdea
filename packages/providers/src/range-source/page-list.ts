import { LimitExceededError } from '@nodeward/engine';
import { ask, type Asker } from './ask.ts';
import { shownAddress } from './disk-address.ts';
import { RangeSourceError } from './range-source-error.ts';
import { readBody } from './read-body.ts';

/** Which bytes of a page blob were ever written; everything else reads as zeros. Ascending starts, and ends behind the last byte. */
export interface WrittenPages {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

export interface Piece {
  readonly from: number;
  readonly to: number;
}

const version = '2021-12-02';
const mostPages = 2_000_000;
const longestAnswer = 16 * 1024 * 1024;
const mostAnswers = 1000;
const pageRange = /<PageRange>\s*<Start>(\d{1,16})<\/Start>\s*<End>(\d{1,16})<\/End>\s*<\/PageRange>/g;

/** Get Page Ranges of the Blob service, with its markers: a disk of 30 GB in use has thousands of ranges. */
export async function readPageList(asker: Asker, size: number, headers: Readonly<Record<string, string>>): Promise<WrittenPages> {
  const starts: number[] = [];
  const ends: number[] = [];
  let marker = '';
  for (let nth = 0; nth < mostAnswers; nth++) {
    const query = { comp: 'pagelist', ...(marker === '' ? {} : { marker }) };
    const text = await ask(asker, { query, headers: { ...headers, 'x-ms-version': version } }, async (answer) => (await readBody(asker, answer, longestAnswer)).toString('utf8'));
    const next = append(text, size, starts, ends);
    if (next === '') return { starts: Float64Array.from(starts), ends: Float64Array.from(ends) };
    if (next === undefined || next === marker) throw invalid(asker);
    marker = next;
  }
  throw invalid(asker);
}

/** The next marker; undefined where this is no list of pages of a blob of this size. */
function append(text: string, size: number, starts: number[], ends: number[]): string | undefined {
  if (!/<PageList\b/.test(text) || !/<\/PageList>\s*$/.test(text)) return undefined;
  const before = starts.length;
  for (const [, from, last] of text.matchAll(pageRange)) {
    const start = Number(from);
    const end = Number(last) + 1;
    if (end <= start || end > size || start < (ends.at(-1) ?? 0)) return undefined;
    if (starts.length >= mostPages) throw new LimitExceededError(`more than ${mostPages} ranges of pages`);
    starts.push(start);
    ends.push(end);
  }
  const promised = text.split('<PageRange>').length - 1;
  if (starts.length - before !== promised) return undefined;
  return /<NextMarker>([^<]*)<\/NextMarker>/.exec(text)?.[1] ?? '';
}

function invalid({ address }: Asker): RangeSourceError {
  return new RangeSourceError('answer-invalid', `${shownAddress(address.url)}: the list of pages is none`);
}

/** What must be fetched of a range; pieces with a gap of less than `gap` bytes between them become one. */
export function writtenIn({ starts, ends }: WrittenPages, { from, to }: Piece, gap: number): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let index = firstEndingAfter(ends, from); index < starts.length; index++) {
    const start = Math.max(from, starts[index] ?? to);
    const end = Math.min(to, ends[index] ?? from);
    if (start >= to) break;
    const last = pieces.at(-1);
    if (last !== undefined && start - last.to < gap) pieces[pieces.length - 1] = { from: last.from, to: end };
    else pieces.push({ from: start, to: end });
  }
  return pieces;
}

function firstEndingAfter(ends: Float64Array, offset: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
