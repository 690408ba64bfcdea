import { describe, expect, it } from 'vitest';
import { kevFormat } from './parse.ts';

/** Facts of CISA's catalogue, in its shape. */
const looney = { cveID: 'CVE-2023-4911', vendorProject: 'GNU', product: 'GNU C Library', dateAdded: '2023-11-21', dueDate: '2023-12-12', knownRansomwareCampaignUse: 'Unknown' };
const catalogue = { title: 'x', catalogVersion: '2025.08.25', dateReleased: '2025-08-25T17:04:19.9796Z', count: 1, vulnerabilities: [looney] };

describe('the catalogue of known exploited vulnerabilities', () => {
  it('is told by its content, and says when it was released', () => {
    expect(kevFormat.recognises(catalogue)).toBe(true);
    expect(kevFormat.parse(catalogue)).toEqual({ released: '2025-08-25T17:04:19.9796Z', count: 1, entries: [looney] });
  });

  it('gives the day, and ransomware only where it is known', () => {
    expect(kevFormat.parseEntry(looney)).toEqual({ kind: 'read', value: { cve: 'CVE-2023-4911', added: '2023-11-21', ransomware: false } });
    expect(kevFormat.parseEntry({ ...looney, knownRansomwareCampaignUse: 'Known' })).toMatchObject({ value: { ransomware: true } });
    expect(kevFormat.parseEntry({ ...looney, knownRansomwareCampaignUse: true })).toMatchObject({ value: { ransomware: false } });
  });

  it.each([
    ['no date', { ...catalogue, dateReleased: undefined }], ['a date that is none', { ...catalogue, dateReleased: 'yesterday' }],
    ['a date without end', { ...catalogue, dateReleased: `2025-08-25T${'1'.repeat(1e6)}Z` }], ['a count that is text', { ...catalogue, count: 'one' }],
    ['no list', { ...catalogue, vulnerabilities: {} }], ['nothing', null], ['a list', []],
  ])('is refused as a whole with %s', (_what, root) => {
    expect(kevFormat.parse(root)).toBeUndefined();
  });

  it.each([
    ['nothing', null, 'not-an-object'], ['a list', [looney], 'not-an-object'], ['a number for a name', { ...looney, cveID: 4911 }, 'field-malformed'],
    ['another identifier', { ...looney, cveID: 'GHSA-4v7x-pqxf-cx7m' }, 'field-malformed'], ['a name without end', { ...looney, cveID: `CVE-2023-${'9'.repeat(1e6)}` }, 'field-malformed'],
    ['a number for a date', { ...looney, dateAdded: 20231121 }, 'field-malformed'], ['a date with time', { ...looney, dateAdded: '2023-11-21T00:00:00Z' }, 'field-malformed'],
    ['prototype keys', JSON.parse('{"__proto__":{"cveID":"CVE-2023-4911","dateAdded":"2023-11-21"}}'), 'field-malformed'],
  ])('has an entry refused: %s', (_what, entry, reason) => {
    expect(kevFormat.parseEntry(entry)).toMatchObject({ kind: 'refused', reason });
    expect(JSON.stringify(kevFormat.parseEntry(entry)).length).toBeLessThan(200);
  });
});
