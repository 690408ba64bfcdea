import { describe, expect, it } from 'vitest';
import { epssFormat } from './parse.ts';

describe('EPSS scores', () => {
  it('are told by their first line, which names the model and the day', () => {
    const line = '#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000';

    expect(epssFormat.recognises(line)).toBe(true);
    expect(epssFormat.recognises('cve,epss,percentile')).toBe(false);
    expect(epssFormat.parseHead(line)).toEqual({ model: 'v2025.03.14', date: '2026-08-16' });
  });

  it.each(['', '#model_version:', '#model_version:v1', '#model_version:v1,score_date:today', `#model_version:${'v'.repeat(1e6)},score_date:2026-08-16`, '#model_version:<b>,score_date:2026-08-16'])(
    'are refused with a first line of another kind', (line) => {
      expect(epssFormat.parseHead(line)).toBeUndefined();
    });

  it.each([
    ['CVE-2023-4911,0.81422,0.99606', { year: 2023, number: 4911, score: 81_422, percentile: 99_606 }],
    ['CVE-2026-1999047,1,0', { year: 2026, number: 1_999_047, score: 100_000, percentile: 0 }],
    ['CVE-1999-0001,1e-05,0.000049', { year: 1999, number: 1, score: 1, percentile: 5 }],
  ])('read %s', (line, value) => {
    expect(epssFormat.parseRow(line)).toEqual({ kind: 'read', value });
  });

  it.each([
    ['no fields', ''], ['one field', 'CVE-2023-4911'], ['two fields', 'CVE-2023-4911,0.5'], ['four fields', 'CVE-2023-4911,0.5,0.5,0.5'], ['a word', 'CVE-2023-4911,high,0.5'],
    ['more than one', 'CVE-2023-4911,1.00001,0.5'], ['less than zero', 'CVE-2023-4911,-0.1,0.5'], ['NaN', 'CVE-2023-4911,NaN,0.5'], ['a giant number', 'CVE-2023-4911,9e99,0.5'],
    ['no percentile', 'CVE-2023-4911,0.5,'], ['another identifier', 'GHSA-4v7x-pqxf-cx7m,0.5,0.5'], ['a year of five digits', 'CVE-20230-4911,0.5,0.5'],
    ['a number beyond what a name may have', 'CVE-2023-4911491149,0.5,0.5'], ['a prototype key', '__proto__,0.5,0.5'], ['a line without end', `CVE-2023-4911,0.${'5'.repeat(1e6)},0.5`],
  ])('refuse %s', (_what, line) => {
    const record = epssFormat.parseRow(line);

    expect(record).toMatchObject({ kind: 'refused', reason: 'field-malformed' });
    expect(JSON.stringify(record).length).toBeLessThan(300);
  });
});
