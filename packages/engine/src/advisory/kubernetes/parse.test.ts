import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFeedContent } from '../../advisory-db/feed-content.ts';
import { sharedData } from '../../advisory-db/shared-database-for-tests.ts';
import type { Advisory } from '../../model/advisory.ts';
import { feedFormats } from '../registry.ts';
import { kubernetesFormat } from './parse.ts';
import { windowsOnly } from './windows-only.ts';

const vector = 'CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:N';

/** Facts of the official feed, in its shape. */
function record(id: string, events: readonly object[], more: object = {}): object {
  return {
    id,
    modified: '2023-06-15T14:42:32Z',
    published: '2023-06-15T14:42:32Z',
    summary: `${id} in short`,
    details: `About ${id}.`,
    affected: [{
      package: { ecosystem: 'kubernetes', name: 'k8s.io/kubelet' },
      severity: [{ type: 'CVSS_V3', score: vector }],
      ranges: [{ type: 'SEMVER', events }],
      ...more,
    }],
    references: [{ url: 'https://github.com/kubernetes/kubernetes/issues/118690', type: 'ADVISORY' }],
  };
}

const bypass = record('CVE-2023-2431', [{ introduced: '0' }, { fixed: '1.24.14' }, { introduced: '1.27.0' }, { fixed: '1.27.2' }]);

function parsed(value: unknown): Advisory {
  const result = kubernetesFormat.parse(value);
  if (result.kind !== 'advisory') throw new Error(JSON.stringify(result));
  return result.advisory;
}

describe('a record of the Kubernetes feed', () => {
  it('becomes an advisory, with its severity from where the feed keeps it', () => {
    expect(parsed(bypass)).toEqual({
      id: 'CVE-2023-2431',
      vulnerabilities: ['CVE-2023-2431'],
      related: [],
      summary: 'CVE-2023-2431 in short',
      details: 'About CVE-2023-2431.',
      published: '2023-06-15T14:42:32Z',
      modified: '2023-06-15T14:42:32Z',
      cvss: [vector],
      references: ['https://github.com/kubernetes/kubernetes/issues/118690'],
      affected: [
        { ecosystem: 'kubernetes', package: 'k8s.io/kubelet', fixed: '1.24.14' },
        { ecosystem: 'kubernetes', package: 'k8s.io/kubelet', introduced: '1.27.0', fixed: '1.27.2' },
      ],
    });
  });

  it('may list its branches from the newest to the oldest', () => {
    const events = [{ introduced: '1.28.0' }, { fixed: '1.28.1' }, { introduced: '1.27.0' }, { fixed: '1.27.5' }];

    expect(parsed(record('CVE-2020-8551', events)).affected.map(({ introduced, fixed }) => [introduced, fixed])).toEqual([['1.28.0', '1.28.1'], ['1.27.0', '1.27.5']]);
  });

  it.each(['CVE-2021-25749', 'CVE-2023-3676', 'CVE-2023-3955', 'CVE-2023-5528', 'CVE-2024-5321'])('holds for Windows only where its text says so: %s', (id) => {
    expect(parsed(record(id, [{ introduced: '0' }])).affected).toEqual([{ ecosystem: 'kubernetes', package: 'k8s.io/kubelet', operatingSystems: ['windows'] }]);
  });

  it('is told from the records of other feeds by its content', () => {
    expect(feedFormats.find((format) => format.recognises(bypass))?.id).toBe('kubernetes');
  });

  it.each([
    ['severity as text', record('CVE-2023-2431', [{ introduced: '0' }], { severity: 'high' }), 'field-malformed'],
    ['severity without a score', record('CVE-2023-2431', [{ introduced: '0' }], { severity: [{ type: 'CVSS_V3' }] }), 'field-missing'],
    ['two beginnings', record('CVE-2023-2431', [{ introduced: '0' }, { introduced: '1.2.0' }]), 'bounds-out-of-order'],
    ['an event nobody knows', record('CVE-2023-2431', [{ introduced: '0' }, { mitigated: '1.2.0' }]), 'unknown-operator'],
    ['a range in other versions', record('CVE-2023-2431', [], { ranges: [{ type: 'GIT', events: [] }] }), 'unknown-operator'],
    ['no package', record('CVE-2023-2431', [], { package: null }), 'field-malformed'],
    ['a version that is a giant number', record('CVE-2023-2431', [{ introduced: 1e308 }]), 'field-malformed'],
    ['an affected entry that is a list', { ...bypass, affected: [[]] }, 'field-malformed'],
    ['prototype keys', JSON.parse('{"__proto__":{"id":"CVE-2023-2431"}}'), 'field-missing'],
  ])('is refused with its reason: %s', (_what, value, reason) => {
    expect(kubernetesFormat.parse(value)).toMatchObject({ kind: 'refused', reason });
  });

  it('is one of 47 in the whole feed, of which those whose text speaks of Windows nodes are typed in', async (context) => {
    const path = join(sharedData, 'feeds/kubernetes-osv.zip');
    if (!existsSync(path)) {
      console.log('SKIPPED (no data): the Kubernetes feed');
      context.skip();
    }
    const content = await openFeedContent(path);
    const advisories: Advisory[] = [];
    if (content.kind === 'advisories') for await (const { record: value } of content.records.records()) advisories.push(parsed(value));

    expect(advisories).toHaveLength(47);
    expect(new Set(advisories.filter(({ details }) => /\bWindows\b/.test(details)).map(({ id }) => id))).toEqual(new Set(windowsOnly.keys()));
    expect(advisories.filter(({ affected }) => affected.some((range) => range.package === 'k8s.io/kubelet'))).toHaveLength(15);
    expect(advisories.every(({ cvss }) => cvss.length === 1)).toBe(true);
  });
});
