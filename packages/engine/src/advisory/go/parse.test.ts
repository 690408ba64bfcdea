import { describe, expect, it } from 'vitest';
import type { Advisory } from '../../model/advisory.ts';
import { feedFormats } from '../registry.ts';
import { goFormat } from './parse.ts';

/** Facts of GO-2023-1878, in the shape of Go's database. */
const netHttp = {
  schema_version: '1.3.1',
  id: 'GO-2023-1878',
  modified: '0001-01-01T00:00:00Z',
  published: '0001-01-01T00:00:00Z',
  aliases: ['CVE-2023-29406'],
  summary: 'Host header',
  details: 'About the Host header.',
  affected: [{
    package: { name: 'stdlib', ecosystem: 'Go' },
    ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.19.11' }, { introduced: '1.20.0-0' }, { fixed: '1.20.6' }] }],
    ecosystem_specific: { imports: [{ path: 'net/http', symbols: ['Request.Write'] }] },
  }],
  references: [{ type: 'FIX', url: 'https://go.dev/cl/506996' }],
  database_specific: { review_status: 'REVIEWED' },
};

function parsed(record: unknown): Advisory {
  const result = goFormat.parse(record);
  if (result.kind !== 'advisory') throw new Error(JSON.stringify(result));
  return result.advisory;
}

function withImports(imports: unknown): unknown {
  return { ...netHttp, affected: [{ ...netHttp.affected[0], ecosystem_specific: { imports } }] };
}

describe('a record of Go\'s vulnerability database', () => {
  it('becomes an advisory of the CVE, with a range for each pair, no severity, and no date where Go knows none', () => {
    expect(parsed(netHttp)).toEqual({
      id: 'GO-2023-1878',
      vulnerabilities: ['CVE-2023-29406'],
      related: ['CVE-2023-29406'],
      summary: 'Host header',
      details: 'About the Host header.',
      cvss: [],
      references: ['https://go.dev/cl/506996'],
      affected: [{ ecosystem: 'Go', package: 'stdlib', fixed: '1.19.11' }, { ecosystem: 'Go', package: 'stdlib', introduced: '1.20.0-0', fixed: '1.20.6' }],
    });
  });

  it('keeps a date that is one, and says that it was withdrawn', () => {
    expect(parsed({ ...netHttp, published: '2023-07-11T19:19:08Z', withdrawn: '2026-08-18T20:23:02Z' }))
      .toMatchObject({ published: '2023-07-11T19:19:08Z', withdrawn: '2026-08-18T20:23:02Z' });
  });

  it('has its own id for a vulnerability where nobody gave it a CVE', () => {
    expect(parsed({ ...netHttp, aliases: ['GHSA-4v7x-pqxf-cx7m'] })).toMatchObject({ vulnerabilities: ['GO-2023-1878'], related: ['GHSA-4v7x-pqxf-cx7m'] });
  });

  it.each([
    ['Windows only', [{ path: 'os', goos: ['windows'] }], ['windows']],
    ['Linux only', [{ path: 'a', goos: ['linux'] }, { path: 'b', goos: ['linux'] }], ['linux']],
    ['both where its imports together do', [{ path: 'a', goos: ['linux'] }, { path: 'b', goos: ['windows'] }], ['linux', 'windows']],
    ['none of ours where it names others', [{ path: 'crypto/x509', goos: ['darwin'] }], []],
    ['all where one import names none', [{ path: 'a', goos: ['windows'] }, { path: 'b' }], undefined],
    ['all where an import has an empty list', [{ path: 'a', goos: [] }], undefined],
    ['all without imports', [], undefined],
    ['all with an architecture only', [{ path: 'a', goarch: ['arm64'] }], undefined],
  ])('holds on %s', (_what, imports, systems) => {
    for (const range of parsed(withImports(imports)).affected) expect(range.operatingSystems).toEqual(systems);
  });

  it('is told from the records of other feeds by its content', () => {
    const told = (record: unknown): string | undefined => feedFormats.find((format) => format.recognises(record))?.id;

    expect(told(netHttp)).toBe('go');
    expect(told({ ...netHttp, affected: [] })).toBe('go');
    expect(told({ ...netHttp, id: 'GHSA-4v7x-pqxf-cx7m' })).toBe('go');
    expect(told({ id: 'UBUNTU-CVE-2023-1', affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'x' } }] })).toBe('osv');
  });

  it.each([
    ['when it was made', { modified: '2026-08-21T00:00:00Z' }, { kind: 'index', date: '2026-08-21T00:00:00Z' }],
    ['its modules', [{ path: 'stdlib', vulns: [{ id: 'GO-2023-1878' }] }], { kind: 'index' }],
    ['its records', [{ id: 'GO-2023-1878', modified: '2023-07-11T19:19:08Z', aliases: [] }], { kind: 'index' }],
  ])('stands beside an index of the archive that says %s', (_what, record, expected) => {
    expect(goFormat.parse(record)).toEqual(expected);
  });

  it.each([
    ['a range in other versions', { ...netHttp, affected: [{ ...netHttp.affected[0], ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }] }] }, 'unknown-operator'],
    ['an event nobody knows', { ...netHttp, affected: [{ ...netHttp.affected[0], ranges: [{ type: 'SEMVER', events: [{ until: '1' }] }] }] }, 'unknown-operator'],
    ['imports as text', withImports('net/http'), 'field-malformed'],
    ['an import that is a number', withImports([1]), 'field-malformed'],
    ['an operating system that is a number', withImports([{ path: 'a', goos: [5] }]), 'field-malformed'],
    ['operating systems as text', withImports([{ path: 'a', goos: 'windows' }]), 'field-malformed'],
    ['ecosystem_specific as a list', { ...netHttp, affected: [{ ...netHttp.affected[0], ecosystem_specific: [] }] }, 'field-malformed'],
    ['a fixed version that is a giant number', { ...netHttp, affected: [{ ...netHttp.affected[0], ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: 1e300 }] }] }] }, 'field-malformed'],
    ['prototype keys', JSON.parse('{"__proto__":{"id":"GO-2023-1","affected":[]},"constructor":1}'), 'field-missing'],
    ['a list that is no index', [{ path: 'x', affected: [] }], 'not-an-object'],
    ['an empty list', [], 'not-an-object'],
  ])('is refused with its reason: %s', (_what, record, reason) => {
    expect(goFormat.parse(record)).toMatchObject({ kind: 'refused', reason });
  });
});
