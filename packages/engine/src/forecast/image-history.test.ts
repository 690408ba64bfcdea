import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CoverageEntry } from '../base/coverage.ts';
import type { NodeMatch } from '../model/match.ts';
import { type HistoricImage, imageHistories, type ImageHistory } from './image-history.ts';

const row = (vulnerability: string, state: NodeMatch['state'] = 'affected-fix-available', sourcePackage = 'glibc'): NodeMatch => ({
  vulnerability,
  sourcePackage,
  packageFamily: sourcePackage,
  packages: [],
  installedVersion: '1',
  fixedVersion: '2',
  state,
  severity: 'high',
  severitySource: 'vendor',
  cvss: [],
  kernelRelease: null,
  component: null,
  factClass: 'os-packages',
  exploited: null,
  epss: null,
  advisory: vulnerability,
  rule: 'source-older-than-fixed',
  kernel: null,
  componentState: null,
  evidence: 'list',
});
const allRead: readonly CoverageEntry[] = [{ subject: 'os-packages', state: 'read', reason: 'read' }];

/** `+` has it, `-` has not, `n` has it and nobody has fixed it, `?` has a row that could not be compared, `!` was not read whole, `x` could not be matched. */
function images(pattern: string): HistoricImage[] {
  const sides = {
    '+': { matches: [row('CVE-1')], coverage: allRead },
    n: { matches: [row('CVE-1', 'affected-no-fix')], coverage: allRead },
    '-': { matches: [row('CVE-2')], coverage: allRead },
    v: { matches: [row('CVE-1', 'not-affected')], coverage: allRead },
    '?': { matches: [row('CVE-1', 'undetermined')], coverage: allRead },
    '!': { matches: [], coverage: [{ subject: 'os-packages', state: 'unreadable', reason: 'truncated' } as const] },
  } as const;
  return Array.from(pattern, (sign, index) => {
    const side = Object.entries(sides).find(([key]) => key === sign)?.[1];
    return { version: String(index), ...(side === undefined ? {} : { side }) };
  });
}

const imageHistory = (of: readonly HistoricImage[], vulnerability: string): ImageHistory => imageHistories(of).of(vulnerability);

describe('how a vulnerability came and went', () => {
  it.each([
    ['gone for good', '++--', { state: 'clean', firstFixed: '2', cameBack: [], goneSince: '2', undetermined: [] }],
    ['gone, back, gone', '+-+-', { state: 'clean', firstFixed: '1', cameBack: ['2'], goneSince: '3', undetermined: [] }],
    ['back twice', '+-++-+', { state: 'affected', firstFixed: '1', cameBack: ['2', '5'], goneSince: null, undetermined: [] }],
    ['in all', '+++', { state: 'affected', firstFixed: null, cameBack: [], goneSince: null, undetermined: [] }],
    ['fixed in one package and in another without a fix', '+n', { state: 'affected', firstFixed: '1', cameBack: [], goneSince: '1', undetermined: [], withoutFix: ['1'] }],
    ['never fixed by anybody', 'nn', { state: 'affected', firstFixed: null, cameBack: [], goneSince: null, undetermined: [], withoutFix: ['0', '1'] }],
    ['in none', '--v', { state: 'never', firstFixed: null, cameBack: [], goneSince: null, undetermined: [] }],
    ['arrived late, which is no return', '--+-', { state: 'clean', firstFixed: '3', cameBack: [], goneSince: '3', undetermined: [] }],
    ['the newest cannot be compared', '+-?', { state: 'unknown', firstFixed: '1', cameBack: [], goneSince: null, undetermined: ['2'] }],
    ['the newest was not read whole', '+-!', { state: 'unknown', firstFixed: '1', cameBack: [], goneSince: null, undetermined: ['2'] }],
    ['one in between cannot be told', '+x--', { state: 'clean', firstFixed: '2', cameBack: [], goneSince: '2', undetermined: ['1'] }],
    ['one among the clean cannot be told', '+-x-', { state: 'clean', firstFixed: '1', cameBack: [], goneSince: '3', undetermined: ['2'] }],
    ['none can be told', 'xx', { state: 'unknown', firstFixed: null, cameBack: [], goneSince: null, undetermined: ['0', '1'] }],
    ['no images', '', { state: 'unknown', firstFixed: null, cameBack: [], goneSince: null, undetermined: [] }],
  ])('%s', (_what, pattern, expected) => {
    expect(imageHistory(images(pattern), 'CVE-1')).toEqual({ withoutFix: [], ...expected, fixIsOut: pattern.endsWith('+') });
  });

  it('an image that was not read is not the proof that nobody ever had it', () => {
    expect(imageHistory(images('-x-'), 'CVE-1').state).not.toBe('never');
  });
});

const shared = process.env.NODEWARD_SHARED ?? join(import.meta.dirname, '../../../../../shared');
const expectedFile = join(shared, 'data/parity/fixable.jsonl');
const list = z.object({ version: z.string(), relation: z.string(), channel: z.string().optional(), fixable: z.array(z.tuple([z.string(), z.string()])) });

describe.skipIf(!existsSync(expectedFile))('over the sets of a separate program', () => {
  const lists = (existsSync(expectedFile) ? readFileSync(expectedFile, 'utf8').trim().split('\n') : []).map((line) => list.parse(JSON.parse(line)))
    .filter(({ relation, channel }) => relation === 'equal' && channel === 'Ubuntu:22.04:LTS')
    .toSorted((a, b) => a.version.replaceAll('.', '').padEnd(12, '0').localeCompare(b.version.replaceAll('.', '').padEnd(12, '0')));
  const historic = lists.map(({ version, fixable }): HistoricImage => ({ version, side: { coverage: allRead, matches: fixable.map(([cve, source]) => row(cve, 'affected-fix-available', source)) } }));
  const cves = [...new Set(lists.flatMap(({ fixable }) => fixable.map(([cve]) => cve)))];
  const all = imageHistories(historic);
  const histories = new Map(cves.map((cve) => [cve, all.of(cve)]));

  it('35 vulnerabilities came back', () => {
    expect(lists).toHaveLength(53);
    expect([...histories.values()].filter(({ cameBack }) => cameBack.length > 0)).toHaveLength(35);
  });

  it('names for each one that left what a plain reading of the sets names', () => {
    for (const cve of cves) {
      const there = lists.map(({ fixable }) => fixable.some(([id]) => id === cve));
      const first = there.findIndex((is, index) => !is && there[index - 1] === true);
      const back = lists.filter((_, index) => index > first && first !== -1 && there[index] === true && there[index - 1] === false).map(({ version }) => version);
      expect({ cve, ...histories.get(cve) }).toMatchObject({ cve, firstFixed: lists[first]?.version ?? null, cameBack: back, goneSince: there.at(-1) === true ? null : lists[there.lastIndexOf(true) + 1]?.version });
    }
    expect(histories.get('CVE-2023-4911')?.firstFixed).toBe('202310.04.0');
  });
});
