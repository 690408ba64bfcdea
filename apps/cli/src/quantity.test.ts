import { describe, expect, it } from 'vitest';
import { bytesText, counted } from './quantity.ts';

describe('quantities', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [12_900_000, '12.9 MB'],
    [128_000_000_000, '128.0 GB'],
  ])('%i bytes are %s', (bytes, expected) => {
    expect(bytesText(bytes)).toBe(expected);
  });

  it.each([
    [0, '0 rows'],
    [1, '1 row'],
    [2, '2 rows'],
  ])('%i of them are "%s"', (count, expected) => {
    expect(counted(count, 'row', 'rows')).toBe(expected);
  });
});
