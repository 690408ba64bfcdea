import type { CveNumber } from '../advisory/cve-number.ts';
import type { EpssRow } from '../advisory/epss/parse.ts';
import { ByteReader } from '../base/byte-reader.ts';

/**
 * EPSS scores as SQLite keeps them: a block holds the CVEs of one year whose numbers agree but for
 * their last 12 bits, 6 bytes each, sorted. 12 bits number, 17 score, 17 percentile (units of 10^-5),
 * big-endian, make 46 bits: within what a double holds exactly. 360,000 CVEs are 2.3 MB; a row each is 7 MB.
 */
const rowBytes = 6;
const numbersPerBlock = 2 ** 12;
const valueRange = 2 ** 17;
/** CVE numbers have at most nine digits, so a year has fewer blocks than this. */
const blocksPerYear = 2 ** 20;

export function epssBlockOf({ year, number }: CveNumber): number {
  return year * blocksPerYear + Math.floor(number / numbersPerBlock);
}

/** Rows of one block, each CVE once, in any order. */
export function writeEpssBlock(rows: readonly EpssRow[]): Buffer {
  const body = Buffer.alloc(rows.length * rowBytes);
  const packed = rows.map(({ number, score, percentile }) => ((number % numbersPerBlock) * valueRange + score) * valueRange + percentile);
  for (const [index, row] of packed.toSorted((a, b) => a - b).entries()) body.writeUIntBE(row, index * rowBytes, rowBytes);
  return body;
}

/** Undefined where the block does not hold the number. */
export function findInEpssBlock(body: Uint8Array, { number }: CveNumber): Pick<EpssRow, 'score' | 'percentile'> | undefined {
  const index = indexOf(body, number % numbersPerBlock);
  if (index === undefined) return undefined;
  const reader = new ByteReader(body, 'EPSS block');
  const row = reader.u16be(index * rowBytes) * 2 ** 32 + reader.u32be(index * rowBytes + 2);
  return { score: Math.floor(row / valueRange) % valueRange, percentile: row % valueRange };
}

/**
 * Binary search by the 12 bits that stand in the first two bytes of a row. A process asks for some
 * hundred CVEs once, before any of this is compiled: plain indexing takes a third of the reader's time.
 */
function indexOf(body: Uint8Array, wanted: number): number | undefined {
  let [from, to] = [0, Math.floor(body.length / rowBytes)];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const found = ((body[middle * rowBytes] ?? 0) << 6) | ((body[middle * rowBytes + 1] ?? 0) >>> 2);
    if (found === wanted) return middle;
    if (found < wanted) from = middle + 1;
    else to = middle;
  }
  return undefined;
}
