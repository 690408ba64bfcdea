import { describe, expect, it } from 'vitest';
import { epssBlockOf, findInEpssBlock, writeEpssBlock } from './epss-block.ts';

describe('a block of EPSS scores', () => {
  it('gives back what was put into it, and nothing for numbers between', () => {
    const rows = [4095, 0, 17, 1000, 4000].map((number, index) => ({ year: 2023, number, score: 100_000 - index, percentile: index * 25_000 }));
    const body = writeEpssBlock(rows);

    expect(body).toHaveLength(30);
    for (const row of rows) expect(findInEpssBlock(body, row)).toEqual({ score: row.score, percentile: row.percentile });
    for (const number of [1, 16, 18, 999, 4094]) expect(findInEpssBlock(body, { year: 2023, number })).toBeUndefined();
  });

  it('holds every number of its 4,096 at the largest values', () => {
    const rows = Array.from({ length: 4096 }, (_, number) => ({ year: 9999, number: 999_997_440 + number, score: 100_000, percentile: 100_000 }));
    const blocks = new Set(rows.map(epssBlockOf));
    const body = writeEpssBlock(rows);

    expect(blocks.size).toBe(1);
    expect([...blocks].every(Number.isSafeInteger)).toBe(true);
    expect(rows.every((row) => findInEpssBlock(body, row)?.percentile === 100_000)).toBe(true);
  });

  it('is another one for another year, and for the next numbers', () => {
    const ids = [{ year: 2023, number: 4095 }, { year: 2023, number: 4096 }, { year: 2024, number: 0 }, { year: 2023, number: 999_999_999 }].map(epssBlockOf);

    expect(new Set(ids).size).toBe(4);
    expect(ids[0]).toBe(epssBlockOf({ year: 2023, number: 1 }));
  });

  it('that is empty knows nothing', () => {
    expect(findInEpssBlock(new Uint8Array(), { year: 2023, number: 1 })).toBeUndefined();
  });
});
