import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Advisory } from '../../model/advisory.ts';
import { refusalReasons } from '../feed.ts';
import { feedFormats, threatFormats } from '../registry.ts';
import { osvFormat } from './parse.ts';

/** Facts of two records of Canonical's export of 2026, in its shape. */
const openssl = {
  schema_version: '1.7.0',
  id: 'UBUNTU-CVE-2025-15467',
  upstream: ['CVE-2025-15467'],
  related: ['USN-7980-1'],
  published: '2026-01-27T00:00:00Z',
  modified: '2026-09-11T05:02:59Z',
  details: 'A stack overflow.',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }, { type: 'Ubuntu', score: 'medium' }],
  references: [{ type: 'REPORT', url: 'https://ubuntu.com/security/CVE-2025-15467' }],
  affected: [
    {
      package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'openssl', purl: 'pkg:deb/ubuntu/openssl@3.0.2-0ubuntu1.21?arch=source&distro=jammy' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.2-0ubuntu1.21' }] }],
      versions: ['3.0.2-0ubuntu1', '3.0.2-0ubuntu1.1'],
      ecosystem_specific: {
        binaries: [{ binary_name: 'openssl', binary_version: '3.0.2-0ubuntu1.21' }, { binary_name: 'libssl3', binary_version: '3.0.2-0ubuntu1.21' }],
        availability: 'No subscription required',
      },
    },
    {
      package: { ecosystem: 'Ubuntu:Pro:FIPS-updates:22.04:LTS', name: 'openssl' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.2-0ubuntu1.21+Fips1' }] }],
    },
  ],
};

function parsed(record: unknown): Advisory {
  const result = osvFormat.parse(record);
  if (result.kind !== 'advisory') throw new Error(JSON.stringify(result));
  return result.advisory;
}

function withEvents(events: readonly unknown[]): unknown {
  return { id: 'X-1', affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'p' }, ranges: [{ type: 'ECOSYSTEM', events }] }] };
}

const place = { ecosystem: 'Ubuntu:22.04:LTS', package: 'p' };

describe('the registry of feed formats', () => {
  it('has one line per folder', () => {
    const folders = readdirSync(new URL('..', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());

    expect([...feedFormats.map((format) => format.id), ...Object.keys(threatFormats)].toSorted()).toEqual(folders.map((folder) => folder.name).toSorted());
    expect(feedFormats.map((format) => format.id)).toEqual(feedFormats.map((format) => format.id).toSorted());
  });

  it.each(feedFormats.map((format) => [format.id, format] as const))('%s names a licence for each family, and refuses instead of throwing', (_id, format) => {
    expect(format.families.size).toBeGreaterThan(0);
    for (const value of [undefined, null, 1, 'text', [], {}, { id: 3 }, JSON.parse('{"__proto__":{"id":"x"}}')]) {
      const result = format.parse(value);
      expect(result.kind === 'refused' && refusalReasons.includes(result.reason)).toBe(true);
      expect(format.recognises(value)).toBe(false);
    }
  });
});

describe('an OSV record', () => {
  it('becomes an advisory', () => {
    expect(parsed(openssl)).toEqual({
      id: 'UBUNTU-CVE-2025-15467',
      vulnerabilities: ['CVE-2025-15467'],
      related: ['CVE-2025-15467', 'USN-7980-1'],
      details: 'A stack overflow.',
      published: '2026-01-27T00:00:00Z',
      modified: '2026-09-11T05:02:59Z',
      vendorSeverity: 'medium',
      cvss: ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
      references: ['https://ubuntu.com/security/CVE-2025-15467'],
      affected: [
        { ecosystem: 'Ubuntu:22.04:LTS', package: 'openssl', fixed: '3.0.2-0ubuntu1.21', binaries: ['libssl3', 'openssl'] },
        { ecosystem: 'Ubuntu:Pro:FIPS-updates:22.04:LTS', package: 'openssl', fixed: '3.0.2-0ubuntu1.21+Fips1' },
      ],
    });
  });

  it.each([
    ['has no lower bound from "0" on', [{ introduced: '0' }, { fixed: '2' }], [{ fixed: '2' }]],
    ['is open above without a fix', [{ introduced: '0' }], [{}]],
    ['keeps a lower bound', [{ introduced: '1' }, { fixed: '2' }], [{ introduced: '1', fixed: '2' }]],
    ['has as many ranges as pairs', [{ introduced: '0' }, { fixed: '2' }, { introduced: '3' }, { fixed: '4' }], [{ fixed: '2' }, { introduced: '3', fixed: '4' }]],
    ['may end in an open pair', [{ introduced: '0' }, { fixed: '2' }, { introduced: '3' }], [{ fixed: '2' }, { introduced: '3' }]],
    ['tells a last affected version from a fix', [{ introduced: '0' }, { last_affected: '2' }], [{ lastAffected: '2' }]],
    ['ignores the default limit', [{ introduced: '0' }, { limit: '*' }], [{}]],
  ])('%s', (_what, events, bounds) => {
    expect(parsed(withEvents(events)).affected).toEqual(bounds.map((bound) => ({ ...place, ...bound })));
  });

  it('may name single versions instead of ranges', () => {
    const record = { id: 'X-1', affected: [{ package: { ecosystem: place.ecosystem, name: 'p' }, versions: ['1', '2'] }] };

    expect(parsed(record).affected).toEqual([{ ...place, introduced: '1', lastAffected: '1' }, { ...place, introduced: '2', lastAffected: '2' }]);
  });

  it.each([
    ['by upstream', { id: 'X-1-1', upstream: ['CVE-2023-1000', 'UBUNTU-CVE-2023-1000'] }, ['CVE-2023-1000']],
    ['by aliases', { id: 'X-1-1', aliases: ['CVE-2023-10002', 'CVE-2023-10001'] }, ['CVE-2023-10001', 'CVE-2023-10002']],
    ['by its own name', { id: 'UBUNTU-CVE-2023-1000' }, ['CVE-2023-1000']],
    ['by its id where there is no CVE', { id: 'USN-0090-1', related: ['LP-1'] }, ['USN-0090-1']],
  ])('names its vulnerabilities %s', (_how, record, vulnerabilities) => {
    expect(parsed({ affected: [], ...record }).vulnerabilities).toEqual(vulnerabilities);
  });

  it('keeps the best CVSS version first, and the vendor\'s word in lower case', () => {
    const severity = [{ type: 'CVSS_V3', score: 'CVSS:3.1/x' }, { type: 'CVSS_V4', score: 'CVSS:4.0/x' }, { type: 'Ubuntu', score: 'High' }];

    expect(parsed({ id: 'X-1', affected: [], severity })).toMatchObject({ cvss: ['CVSS:4.0/x', 'CVSS:3.1/x'], vendorSeverity: 'high' });
  });

  it('takes an empty list of binaries as no list', () => {
    const affected = [{ ...openssl.affected[0], ecosystem_specific: { binaries: [] } }];

    expect(parsed({ ...openssl, affected }).affected[0]).not.toHaveProperty('binaries');
  });
});

describe('a hostile or unknown record', () => {
  it.each([
    ['an event nobody knows', withEvents([{ introduced: '0' }, { unfixed: '2' }]), 'unknown-operator'],
    ['an event named like a prototype', withEvents([JSON.parse('{"__proto__":"1"}')]), 'unknown-operator'],
    ['a range of another type', { id: 'X', affected: [{ package: { ecosystem: 'Ubuntu', name: 'p' }, ranges: [{ type: 'GIT', events: [] }] }] }, 'unknown-operator'],
    ['a fix without a beginning', withEvents([{ fixed: '2' }]), 'bounds-out-of-order'],
    ['two beginnings', withEvents([{ introduced: '0' }, { introduced: '1' }, { fixed: '2' }]), 'bounds-out-of-order'],
    ['a limit', withEvents([{ introduced: '0' }, { limit: '5' }]), 'bound-unsupported'],
    ['an event with two keys', withEvents([{ introduced: '0', fixed: '2' }]), 'field-malformed'],
    ['an event without keys', withEvents([{}]), 'field-malformed'],
    ['a version that is a number', withEvents([{ introduced: 0 }]), 'field-malformed'],
    ['neither ranges nor versions', { id: 'X', affected: [{ package: { ecosystem: 'Ubuntu', name: 'p' } }] }, 'no-bounds'],
    ['a package without a name', { id: 'X', affected: [{ package: { ecosystem: 'Ubuntu' }, versions: ['1'] }] }, 'field-missing'],
    ['affected as text', { id: 'X', affected: 'all' }, 'field-malformed'],
    ['an alias that is an object', { id: 'X', affected: [], aliases: [{}] }, 'field-malformed'],
    ['an empty id', { id: '', affected: [] }, 'field-missing'],
    ['nothing', null, 'not-an-object'],
  ])('is refused with its reason: %s', (_what, record, reason) => {
    expect(osvFormat.parse(record)).toMatchObject({ kind: 'refused', reason });
  });
});
