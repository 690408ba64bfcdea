import { type Candidate, forecast, type NodeMatch, verdictsOf } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import type { PoolMatch } from '../assessment/pool-matches.ts';
import { forecastKey } from '../dependencies.ts';
import { afterReboot } from './after-reboot.ts';
import { describeFix } from './describe-fix.ts';
import type { CandidateForecast } from './candidates.ts';
import type { PoolForecast } from './make-forecast.ts';

function row(vulnerability: string, packageFamily = 'curl', change: Partial<PoolMatch> = {}): PoolMatch {
  return {
    vulnerability,
    packageFamily,
    sourcePackage: packageFamily,
    packages: [],
    installedVersion: '1',
    fixedVersion: '2',
    state: 'affected-fix-available',
    severity: 'high',
    severitySource: 'vendor',
    cvss: ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
    kernelRelease: null,
    component: null,
    componentState: null,
    factClass: 'os-packages',
    exploited: null,
    epss: null,
    advisory: 'A',
    rule: 'source-older-than-fixed',
    kernel: null,
    evidence: 'var/lib/dpkg/status',
    nodes: 1,
    rebootFixes: false,
    ...change,
  };
}

function poolOf(before: readonly PoolMatch[], images: Readonly<Record<string, readonly NodeMatch[] | undefined>>, withReboot = false): PoolForecast {
  const base = { executable: true, confidence: 'high', grade: 'disk', steps: [], refusal: null } as const;
  const reboot: readonly CandidateForecast[] = withReboot
    ? [{ ...base, kind: 'reboot', target: null, image: null, newest: false, forecast: forecast(before, afterReboot(before)), unknown: null, matches: afterReboot(before) }]
    : [];
  const names = Object.keys(images);
  const candidates = Object.entries(images).map(([target, matches]): CandidateForecast => {
    const shared = { ...base, kind: target.startsWith('image') ? 'node-image' : 'kubernetes', image: target.startsWith('image') ? target : 'image-9', target, newest: target === names.at(-1) } as const;
    return matches === undefined
      ? { ...shared, forecast: null, unknown: { code: 'image-not-published', detail: 'no list' }, matches }
      : { ...shared, forecast: forecast(before, matches), unknown: null, matches };
  });
  const all = [...reboot, ...candidates];
  const state = {
    poolId: 'p', pool: 'pool', clusterId: 'c', cluster: 'cluster', image: 'image-1', kubernetesVersion: null, kubeletVersion: null, controlPlaneVersion: '1.26.6',
    controlPlaneUpgrades: [], autoUpgrade: null, canChangeAutoUpgrade: false, otherPools: [], windows: false, newerImages: names, kubernetesUpgrades: [], staleImages: [],
    operations: [], canUpgrade: false, manager: null, coordinates: {}, nodes: 2, notAssessedNodes: 0, assessedNodes: 2, grade: 'disk', revision: 'r', dataAsOf: null, activeJobId: null, fingerprint: '',
  } as const;
  const verdicts = verdictsOf(
    before,
    all.map(({ kind, target, image, matches }): Candidate => {
      if (kind === 'reboot') return { kind, matches: matches ?? [] };
      return kind === 'kubernetes' ? { kind, version: target ?? '', image: image ?? '', matches } : { kind: 'image', version: target ?? '', matches };
    }),
  );
  return { state, before, candidates: all, verdicts };
}

describe('the forecast of a pool', () => {
  it('says of every row that remains why it does', () => {
    const kernel = row('CVE-K', 'linux-azure', { kernel: 'running', kernelRelease: '5.15.0-1', rebootFixes: true });
    const before = [row('CVE-1'), row('CVE-2'), kernel];
    const fix = describeFix(poolOf(before, { 'image-2': before, 'image-3': [row('CVE-2')] }, true), new Set());
    const reasons = (target: string | null) => fix.candidates.find((candidate) => candidate.target === target)?.remaining.map((entry) => [entry.vulnerability, entry.reason, entry.fixedInImage]);

    expect(reasons(null)).toEqual([['CVE-1', 'fixed-in-later-image', 'image-3'], ['CVE-2', 'no-image-yet', null]]);
    expect(reasons('image-2')).toEqual([['CVE-1', 'fixed-in-later-image', 'image-3'], ['CVE-2', 'no-image-yet', null], ['CVE-K', 'fixed-in-later-image', 'image-3']]);
    expect(reasons('image-3')).toEqual([['CVE-2', 'no-image-yet', null]]);
  });

  it('says which Kubernetes version it takes where no image does it', () => {
    const fix = describeFix(poolOf([row('CVE-1'), row('CVE-2', 'kubelet')], { 'image-2': [row('CVE-2', 'kubelet')], '1.27.3': [row('CVE-2', 'kubelet')], '1.27.7': [] }), new Set());

    expect(fix.candidates.map(({ remaining }) => remaining.map(({ vulnerability, reason, fixedInImage, fixedInKubernetes }) => [vulnerability, reason, fixedInImage, fixedInKubernetes]))).toEqual([
      [['CVE-2', 'kubernetes-needed', null, '1.27.7']],
      [['CVE-2', 'kubernetes-needed', null, '1.27.7']],
      [],
    ]);
    expect(fix.verdicts).toEqual([{ verdict: 'fixed-by-image', vulnerabilities: 1 }, { verdict: 'fixed-by-kubernetes', vulnerabilities: 1 }]);
    expect(fix).toMatchObject({ controlPlaneVersion: '1.26.6', autoUpgrade: null });
  });

  it('does not say that there is no image yet where a later image is unknown', () => {
    const fix = describeFix(poolOf([row('CVE-1')], { 'image-2': [row('CVE-1')], 'image-3': undefined }), new Set());

    expect(fix.candidates[0]?.remaining).toMatchObject([{ reason: 'none', fixedInImage: null }]);
    expect(fix.candidates[1]).toMatchObject({ unknown: { code: 'image-not-published' }, fixed: [], remaining: [], introduced: [] });
    expect(fix.verdicts).toEqual([{ verdict: 'unknown', vulnerabilities: 1 }]);
  });

  it('prints what to run where nothing can be changed from here, and only there', () => {
    const pool = poolOf([row('CVE-1')], { 'image-2': [] });
    const steps = [{ kind: 'node-image', target: 'image-2' }] as const;
    const commandsOf = (executable: boolean, manager: PoolForecast['state']['manager']) =>
      describeFix({ ...pool, state: { ...pool.state, manager, coordinates: { resourceGroup: 'rg', cluster: 'c', pool: 'p' } }, candidates: pool.candidates.map((candidate) => ({ ...candidate, executable, steps })) }, new Set()).candidates[0]?.commands;

    expect(commandsOf(false, 'aks')?.find(({ tool }) => tool === 'az')).toMatchObject({ step: 0, placeholders: [] });
    expect(commandsOf(false, 'aks')?.find(({ tool }) => tool === 'az')?.text).toContain('--node-image-only');
    expect([commandsOf(true, 'aks'), commandsOf(false, null)]).toEqual([[], []]);
  });

  it('tells what comes back from what is new', () => {
    const after = [row('CVE-8', 'vim', { installedVersion: '9' }), row('CVE-9', 'vim')];
    const [candidate] = describeFix(poolOf([row('CVE-1')], { 'image-2': after }), new Set([forecastKey('vim', 'CVE-8')])).candidates;

    expect(candidate?.introduced.map((entry) => [entry.vulnerability, entry.reason, entry.installedVersion])).toEqual([['CVE-8', 'returned', '9'], ['CVE-9', 'new', '1']]);
    expect(candidate?.introducedSeverities).toMatchObject({ high: 2 });
  });

  it('counts in CVEs: one that moves to another package family is neither fixed nor introduced', () => {
    const [candidate] = describeFix(poolOf([row('CVE-1'), row('CVE-2'), row('CVE-2', 'wget')], { 'image-2': [row('CVE-1', 'vim')] }), new Set()).candidates;

    expect(candidate?.counts).toMatchObject({ now: 2, after: 1, fixed: 1, introduced: 0 });
    expect(candidate?.fixedSeverities).toMatchObject({ high: 1 });
    expect(candidate?.introducedSeverities).toMatchObject({ high: 0 });
    expect(candidate?.fixed[0]).toMatchObject({ cvssScore: 9.8 });
  });
});
