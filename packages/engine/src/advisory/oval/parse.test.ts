import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../base/errors.ts';
import { severityOf } from '../severity-of.ts';
import { OvalDefinition, readOvalDocument } from './document.ts';
import { ovalFormat } from './parse.ts';
import { ovalDocument, type OvalFacts } from './oval-document-for-tests.ts';

const postgresql: OvalFacts = { cve: 'CVE-2025-1094', source: 'postgresql', bounds: [['less than', '0:16.7-1.azl3']], severity: 'High' };

function parseAll(text: string): ReturnType<typeof ovalFormat.parse>[] {
  return readOvalDocument(text, 'feed.xml').map((record) => ovalFormat.parse(record));
}

function only(facts: Partial<OvalFacts>): ReturnType<typeof ovalFormat.parse> | undefined {
  return parseAll(ovalDocument([{ ...postgresql, ...facts }])).find(({ kind }) => kind !== 'index');
}

describe('a definition of Microsoft\'s OVAL', () => {
  it('is an advisory about a source package', () => {
    expect(parseAll(ovalDocument([postgresql]))).toEqual([
      { kind: 'index', date: '2025-02-24T13:05:27Z' },
      {
        kind: 'advisory',
        advisory: {
          id: 'oval:com.microsoft.azurelinux:def:1', vulnerabilities: ['CVE-2025-1094'], related: ['CVE-2025-1094'],
          summary: 'CVE-2025-1094 in postgresql', details: 'About CVE-2025-1094 & postgresql.', published: '2025-02-19T00:00:00Z', vendorSeverity: 'high',
          cvss: [], references: ['https://example.org/CVE-2025-1094'],
          affected: [{ ecosystem: 'Azure Linux:3', package: 'postgresql', fixed: '16.7-1.azl3' }],
        },
      },
    ]);
  });

  it.each([
    ['a fixed version', [['less than', '0:1.2-3.azl3']], { ecosystem: 'Azure Linux:3', fixed: '1.2-3.azl3' }],
    ['an epoch that is one', [['less than', '2:1.2-3.azl3']], { ecosystem: 'Azure Linux:3', fixed: '2:1.2-3.azl3' }],
    ['the last affected version', [['less than or equal', '0:6.04-10.cm2']], { ecosystem: 'Azure Linux:2', lastAffected: '6.04-10.cm2' }],
    ['a version that it must be above', [['less than', '0:1.20.7-1.azl3'], ['greater than', '0:0.0.0.azl3']], { ecosystem: 'Azure Linux:3', fixed: '1.20.7-1.azl3', above: '0.0.0' }],
    ['a blank after the epoch', [['less than', '0: 1.20.10-1.azl3']], { ecosystem: 'Azure Linux:3', fixed: '1.20.10-1.azl3' }],
    ['no release: the tag is none', [['less than', '0:29.3.azl3']], { ecosystem: 'Azure Linux:3', fixed: '29.3' }],
    ['several versions in one, which stay incomparable', [['less than', '0:1.17.13-2,1.18.8-2.azl3']], { ecosystem: 'Azure Linux:3', fixed: '1.17.13-2,1.18.8-2.azl3' }],
    ['no version, which stays incomparable', [['less than', '0:null.cm2']], { ecosystem: 'Azure Linux:2', fixed: 'null' }],
  ] as const)('with %s', (_what, bounds, affected) => {
    expect(only({ bounds })).toMatchObject({ kind: 'advisory', advisory: { affected: [{ package: 'postgresql', ...affected }] } });
  });

  it('that no longer holds is withdrawn, also without a date of its own', () => {
    expect(only({ patchable: 'Not Applicable' })).toMatchObject({ advisory: { withdrawn: '2025-02-19T00:00:00Z' } });
    expect(only({ patchable: 'Not Applicable', date: '' })).toMatchObject({ advisory: { withdrawn: '2025-02-24T13:05:27Z' } });
    expect(only({ patchable: 'false' })).not.toHaveProperty('advisory.withdrawn');
  });

  it.each([['Critical', 'critical'], ['High', 'high'], ['Medium', 'medium'], ['Low', 'low']])('%s is the vendor\'s word', (severity, expected) => {
    const found = only({ severity });

    expect(found?.kind === 'advisory' ? severityOf(found.advisory.vendorSeverity, found.advisory.cvss) : undefined).toEqual({ severity: expected, source: 'vendor' });
  });

  it.each([
    ['another operation', { bounds: [['equals', '0:1-1.azl3']] }, 'unknown-operator', 'equals'],
    ['no operation, which means equals', { bounds: [['', '0:1-1.azl3']] }, 'unknown-operator', 'equals'],
    ['alternatives', { criteria: '<criteria operator="OR">' }, 'unknown-operator', 'criteria OR'],
    ['a negation', { criteria: '<criteria operator="AND" negate="true">' }, 'unknown-operator', 'criteria AND negated'],
    ['another check', { check: 'all' }, 'unknown-operator', 'check all'],
    ['another kind of test', { test: 'dpkginfo_test' }, 'unknown-operator', 'dpkginfo_test'],
    ['another kind of comparison', { datatype: 'version' }, 'unknown-operator', 'datatype version'],
    ['a further condition on the package', { extraState: '<linux-def:arch operation="equals">aarch64</linux-def:arch>' }, 'unknown-operator', 'rpminfo_state by arch'],
    ['several values in one state', { extraState: '<linux-def:evr datatype="evr_string" operation="less than">0:9-1.azl3</linux-def:evr>' }, 'unknown-operator', 'rpminfo_state with several of evr'],
    ['several states of one test', { extraReference: '<linux-def:state state_ref="oval:com.microsoft.azurelinux:ste:1000"/>' }, 'unknown-operator', 'rpminfo_test with several of state'],
    ['no release that is known', { bounds: [['less than', '0:1-1.el9']] }, 'bound-unsupported', 'of no release: 0:1-1.el9'],
    ['bounds of two releases', { bounds: [['less than', '0:1-1.azl3'], ['greater than', '0:1-1.cm2']] }, 'bound-unsupported', 'of no release: 0:1-1.azl3'],
    ['no upper bound', { bounds: [['greater than', '0:1-1.azl3']] }, 'bound-unsupported', 'greater than'],
    ['two upper bounds', { bounds: [['less than', '0:1-1.azl3'], ['less than or equal', '0:1-1.azl3']] }, 'bound-unsupported', 'less than, less than or equal'],
    ['a last version of no release', { bounds: [['less than or equal', '0:6.04.azl3']] }, 'bound-unsupported', 'up to 6.04, of no release'],
    ['a test that is missing', { testReference: 'oval:nowhere' }, 'field-missing', 'oval:nowhere'],
    ['a package without a name', { source: '' }, 'field-missing', 'oval:com.microsoft.azurelinux:tst:1000'],
  ] as const)('is refused with %s', (_what, facts, reason, detail) => {
    expect(only(facts)).toEqual({ kind: 'refused', id: 'oval:com.microsoft.azurelinux:def:1', reason, detail });
  });

  it('cannot be imitated by JSON', () => {
    const [, real] = readOvalDocument(ovalDocument([postgresql]), 'feed.xml');

    expect(ovalFormat.recognises(real)).toBe(true);
    expect(ovalFormat.recognises(JSON.parse(JSON.stringify(real)))).toBe(false);
  });
});

describe('an OVAL document', () => {
  it.each([
    ['nothing', '', 'is damaged'],
    ['XML of another kind', '<rss/>', 'is XML (rss), and no OVAL'],
    ['a cut', ovalDocument([postgresql]).slice(0, -30), 'is damaged'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY b "bb">]><oval_definitions>&b;</oval_definitions>', 'has a DOCTYPE'],
    ['an entity that nobody declared', '<oval_definitions>&b;</oval_definitions>', 'is damaged'],
    ['a nest', `<oval_definitions>${'<a>'.repeat(100)}`, 'is nested deeper than 32 elements'],
    ['an identifier twice', ovalDocument([postgresql, { ...postgresql, number: 1 }]), 'twice'],
    ['a text without end', `<oval_definitions><generator><x>${'a'.repeat(2 ** 21)}</x></generator></oval_definitions>`, 'has a text of more than'],
    ['what is no XML', '{"hello": 1}', 'is damaged'],
  ])('is refused in one line with %s', (_what, text, words) => {
    expect(() => readOvalDocument(text, 'feed.xml')).toThrow(InvalidInputError);
    expect(() => readOvalDocument(text, 'feed.xml')).toThrow(words);
  });

  it('gives nothing where it holds nothing', () => {
    expect(readOvalDocument('<oval_definitions/>', 'feed.xml')).toEqual([]);
  });
});

const feeds = join(process.env.NODEWARD_SHARED ?? fileURLToPath(new URL('../../../../../../shared', import.meta.url)), 'data/feeds');
const published = [
  { file: 'azurelinux-3.0-oval.xml.gz', definitions: 2266, above: 23, last: 0, withdrawn: 0, ecosystem: 'Azure Linux:3' },
  { file: 'cbl-mariner-2.0-oval.xml.gz', definitions: 2436, above: 0, last: 251, withdrawn: 132, ecosystem: 'Azure Linux:2' },
];
const hasData = published.every(({ file }) => existsSync(join(feeds, file)));

describe.skipIf(!hasData)('the published OVAL', () => {
  it.each(published)('$file is read without a refusal', ({ file, definitions, above, last, withdrawn, ecosystem }) => {
    const records = readOvalDocument(gunzipSync(readFileSync(join(feeds, file))).toString('utf8'), file).filter((record) => record instanceof OvalDefinition);
    const parsed = records.map((record) => ovalFormat.parse(record));
    const advisories = parsed.flatMap((result) => (result.kind === 'advisory' ? [result.advisory] : []));
    const ranges = advisories.flatMap(({ affected }) => affected);

    expect(parsed.filter(({ kind }) => kind !== 'advisory')).toEqual([]);
    expect(advisories).toHaveLength(definitions);
    expect(new Set(ranges.map((range) => range.ecosystem))).toEqual(new Set([ecosystem]));
    expect(ranges.filter((range) => range.above !== undefined)).toHaveLength(above);
    expect(ranges.filter((range) => range.lastAffected !== undefined)).toHaveLength(last);
    expect(advisories.filter((advisory) => advisory.withdrawn !== undefined)).toHaveLength(withdrawn);
  });
});

it.runIf(!hasData)('the published OVAL is skipped, loudly', () => {
  console.log('SKIPPED (no data): the published OVAL');
  expect(hasData).toBe(false);
});
