import type { CoverageEntry } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import type { MatchRow } from '../assessment/match-rows.ts';
import type { StoredImage } from '../assessment/pool-matches.ts';
import { type ForecastMaterial, makeForecast } from './make-forecast.ts';
import type { PoolState } from './pool-state.ts';

const read = (subject: string): CoverageEntry => ({ subject, state: 'read', reason: 'read' });
const allRead = ['os-packages', 'kernel', 'node-components', 'go-modules'].map(read);

function row(set: string, vulnerability: string, change: Partial<MatchRow> = {}): MatchRow {
  return {
    match_set_id: set, vulnerability, package_family: 'curl', source_package: 'curl', installed_version: '1', kernel_release: '', kernel: null, fixed_version: '2',
    state: 'affected-fix-available', reason: null, severity: 'high', severity_source: 'vendor', cvss: [], reboot_fixes: false, advisory: 'A',
    rule: 'source-older-than-fixed', packages: [], fact_class: 'os-packages', component: '', exploited: null, epss: null, ...change,
  };
}

const ofKubelet = { package_family: 'kubelet', source_package: 'k8s.io/kubelet', fact_class: 'node-components' } as const;
const ofModule = { package_family: 'containerd', source_package: 'golang.org/x/net', fact_class: 'go-modules', component: 'usr/bin/containerd' } as const;

function image(name: string, kubelet: string, change: Partial<StoredImage> = {}): StoredImage {
  return {
    poolId: 'p', image: name, kubelet, inventoryId: name, matchSetId: `${name} ${kubelet}`, grade: 'disk', coverage: allRead, evidencePaths: {}, unknownCode: null, unknownDetail: null,
    setCoverage: [], complete: true, revision: 'r', ...change,
  };
}

const state: PoolState = {
  poolId: 'p', pool: 'pool', clusterId: 'c', cluster: 'cluster', image: 'image-1', kubernetesVersion: '1.26.3', kubeletVersion: '1.26.3', controlPlaneVersion: '1.26.3', controlPlaneUpgrades: ['1.26.6'],
  autoUpgrade: null, canChangeAutoUpgrade: false, otherPools: [], windows: false, newerImages: ['image-2'], kubernetesUpgrades: [{ version: '1.26.6', image: 'image-2' }], staleImages: [],
  operations: ['node-image', 'kubernetes'], canUpgrade: true, manager: null, coordinates: {}, nodes: 2, notAssessedNodes: 0, assessedNodes: 2, grade: 'disk', revision: 'r', dataAsOf: null, activeJobId: null, fingerprint: '',
};

interface Given {
  readonly now: readonly MatchRow[];
  readonly images: readonly StoredImage[];
  readonly rows?: readonly MatchRow[];
  /** Classes that both nodes of the pool have been read for. */
  readonly classes?: readonly MatchRow['fact_class'][];
  readonly change?: Partial<PoolState>;
}

function make({ now, images, rows = [], classes = ['os-packages', 'kernel', 'node-components', 'go-modules'], change = {} }: Given) {
  const material: ForecastMaterial = {
    standings: new Map([['p', classes.map((factClass) => ({ poolId: 'p', matchSetId: 'now', factClass, nodes: 2, wholeNodes: 2, evidence: '' }))]]),
    images: new Map([['p', images]]),
    rows: new Map([['now', now], ...Map.groupBy(rows, (found) => found.match_set_id)]),
    sources: new Map([['image-2', [{ name: 'curl', version: '3', architecture: 'amd64', source: 'curl', sourceVersion: '3', sourceKnown: true }]]]),
  };
  return makeForecast({ ...state, ...change }, material);
}

const counts = (made: ReturnType<typeof make>) => made.candidates.map(({ kind, forecast }) => [kind, forecast?.counts.fixed, forecast?.counts.remaining, forecast?.counts.introduced, forecast?.counts.undetermined]);

describe('the candidates of a pool', () => {
  it('take the kubelet of their Kubernetes version: both in order where the image alone leaves something', () => {
    const made = make({
      now: [row('now', 'CVE-1'), row('now', 'CVE-2', ofKubelet)],
      images: [image('image-2', '1.26.3'), image('image-2', '1.26.6')],
      rows: [row('image-2 1.26.3', 'CVE-2', ofKubelet)],
    });

    expect(counts(made)).toEqual([['node-image', 1, 1, 0, 0], ['kubernetes', 2, 0, 0, 0]]);
    expect(made.candidates[1]?.steps).toEqual([{ kind: 'node-image', target: 'image-2' }, { kind: 'control-plane', target: '1.26.6' }, { kind: 'kubernetes', target: '1.26.6' }]);
    expect(made.verdicts.map(({ vulnerability, verdict, kubernetes }) => [vulnerability, verdict, kubernetes])).toEqual([['CVE-1', 'fixed-by-image', undefined], ['CVE-2', 'fixed-by-kubernetes', '1.26.6']]);
  });

  it('do not fix what their evidence could not read', () => {
    const coverage: readonly CoverageEntry[] = [read('os-packages'), read('kernel'), read('node-components'), { subject: 'go-modules', state: 'out-of-scope', reason: 'go-modules-not-in-evidence' }];
    const made = make({ now: [row('now', 'CVE-3', ofModule)], images: [image('image-2', '1.26.3', { coverage, grade: 'manifest' })], change: { kubernetesUpgrades: [] } });

    expect(counts(made)).toEqual([['node-image', 0, 0, 0, 1]]);
    expect(made.candidates[0]).toMatchObject({ confidence: 'medium', grade: 'manifest' });
  });

  it('do not introduce what the evidence of now could not read', () => {
    const made = make({
      now: [], images: [image('image-2', '1.26.3')], rows: [row('image-2 1.26.3', 'CVE-3', ofModule), row('image-2 1.26.3', 'CVE-4')],
      classes: ['os-packages', 'kernel', 'node-components'], change: { kubernetesUpgrades: [] },
    });

    expect(counts(made)).toEqual([['node-image', 0, 0, 1, 1]]);
  });

  it('look at single sources where a list does not know all of them', () => {
    const coverage: readonly CoverageEntry[] = [{ subject: 'os-packages', state: 'unknown-source', reason: 'source-package-unknown' }, read('kernel')];
    const other = { source_package: 'wget', package_family: 'wget' };
    const made = make({ now: [row('now', 'CVE-1'), row('now', 'CVE-5', other)], images: [image('image-2', '1.26.3', { coverage, grade: 'manifest' })], change: { kubernetesUpgrades: [] } });

    expect(counts(made)).toEqual([['node-image', 1, 0, 0, 1]]);
  });

  it('cannot be carried out where no safe order of steps leads there', () => {
    const made = make({ now: [row('now', 'CVE-1')], images: [image('image-2', '1.26.6')], change: { newerImages: [], controlPlaneUpgrades: [] } });

    expect(made.candidates).toMatchObject([{ kind: 'kubernetes', steps: [], refusal: { code: 'control-plane-not-offered' }, executable: false }]);
  });

  it('are unknown as long as nobody has read the image under that kubelet', () => {
    const made = make({ now: [row('now', 'CVE-1')], images: [image('image-2', '1.26.3')] });

    expect(made.candidates.map(({ unknown }) => unknown?.code ?? null)).toEqual([null, 'not-read-yet']);
  });
});
