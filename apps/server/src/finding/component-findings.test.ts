import type { Component, CoverageEntry } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { rematchAgainst } from '../assessment/rematch.ts';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { advisoriesForTest, installed, TestFleet, type TestAdvisory } from './test-fleet-for-tests.ts';

const containerdModule = 'github.com/containerd/containerd';
const kubeletAdvisory: TestAdvisory = { vulnerability: 'CVE-2023-2431', source: 'k8s.io/kubelet', ecosystem: 'kubernetes', fixed: '1.26.5' };
const containerdAdvisory: TestAdvisory = { vulnerability: 'CVE-2023-25173', source: containerdModule, ecosystem: 'Go', fixed: '1.6.18' };
const moduleAdvisory: TestAdvisory = { vulnerability: 'CVE-2023-39325', source: 'golang.org/x/net', ecosystem: 'Go', fixed: '0.17.0', exploited: true };
const advisories = [kubeletAdvisory, containerdAdvisory, moduleAdvisory];

const packages = [installed('bash', '5.1-6ubuntu1')];
const containerd = (version: string, net: string): Component => ({
  family: 'containerd', name: 'containerd', path: 'usr/bin/containerd', version, versionFrom: 'main-module', mainModule: containerdModule, goVersion: 'go1.20.6',
  modules: [{ path: 'golang.org/x/net', version: net }],
});
const read = (subject: string): CoverageEntry => ({ subject, state: 'read', reason: 'read' });
const allRead = ['os-packages', 'kernel', 'node-components', 'go-modules'].map(read);
const lost = (subject: string): CoverageEntry => ({ subject, state: 'unreadable', reason: 'component-configuration-unreadable' });
const componentsLost = [read('os-packages'), read('kernel'), lost('node-components'), lost('go-modules')];
const chosen = (subject: string): CoverageEntry => ({ subject, state: 'out-of-scope', reason: 'component-chosen-by-cluster' });
/** As a published list gives it. */
const list = [read('os-packages'), read('kernel'), chosen('component kubelet'), chosen('node-components'), { subject: 'go-modules', state: 'out-of-scope', reason: 'go-modules-not-in-evidence' } as const];
/** As a cluster's word for a node without a list gives it. */
const nodeStatus = [
  { subject: 'os-packages', state: 'unsupported', reason: 'image-list-not-published' },
  { subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only' },
  chosen('component kubelet'),
  { subject: 'node-components', state: 'out-of-scope', reason: 'component-version-unknown', detail: 'runc cni-plugins' },
  { subject: 'go-modules', state: 'out-of-scope', reason: 'go-modules-not-in-evidence' },
] as const;
const listed = (version: string): Component => ({ family: 'containerd', name: 'containerd', path: '', version, versionFrom: 'manifest' });

describe.each(sharedEngines)('findings in components on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  const fleet = async (kubelet?: string): Promise<TestFleet> => {
    const f = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n1'] });
    if (kubelet !== undefined) await f.discover({ p: ['n1'] }, 'ok', { n1: kubelet });
    return f;
  };

  it('open by the version that the Node object names, and close by a newer one', async () => {
    const f = await fleet('v1.26.3');
    await f.assess('n1', { packages, coverage: allRead });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'open' });
    expect(await f.db.selectFrom('finding').select(['fact_class', 'component', 'installed_versions']).execute()).toEqual([{ fact_class: 'node-components', component: '', installed_versions: ['1.26.3'] }]);

    await f.discover({ p: ['n1'] }, 'ok', { n1: 'v1.26.6' });
    await f.assess('n1', { packages, coverage: allRead });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'resolved' });
    expect((await f.db.selectFrom('match_set').select('kubelet_version').orderBy('kubelet_version').execute()).map((row) => row.kubelet_version)).toEqual(['1.26.3', '1.26.6']);
  });

  it('keep the binary, the class and what is known of attackers', async () => {
    const f = await fleet();

    await f.assess('n1', { packages, components: [containerd('1.6.15', 'v0.7.0')], coverage: allRead });

    const rows = await f.db.selectFrom('finding').select(['vulnerability', 'package_family', 'source_package', 'fact_class', 'component', 'exploited']).orderBy('vulnerability').execute();
    expect(rows).toEqual([
      { vulnerability: 'CVE-2023-25173', package_family: 'containerd', source_package: containerdModule, fact_class: 'node-components', component: 'usr/bin/containerd', exploited: null },
      { vulnerability: 'CVE-2023-39325', package_family: 'containerd', source_package: 'golang.org/x/net', fact_class: 'go-modules', component: 'usr/bin/containerd', exploited: true },
    ]);
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy', open_vulnerabilities: 2 });
  });

  it('stay where the components could not be read again', async () => {
    const f = await fleet();
    await f.assess('n1', { packages, components: [containerd('1.6.15', 'v0.7.0')], coverage: allRead });

    await f.assess('n1', { packages, coverage: componentsLost });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-25173 containerd': 'open', 'CVE-2023-39325 containerd': 'open' });
    expect(await f.node('n1')).toMatchObject({ state: 'unhealthy', assessed_cause: 'incomplete' });
  });

  it('open by what was read of components that could not be read whole, and do not close by what was not', async () => {
    const f = await fleet('v1.26.3');
    await f.assess('n1', { packages, components: [containerd('1.6.15', 'v0.17.0')], coverage: componentsLost });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'open', 'CVE-2023-25173 containerd': 'open' });

    await f.assess('n1', { packages, coverage: componentsLost });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'open', 'CVE-2023-25173 containerd': 'open' });

    await f.assess('n1', { packages, coverage: allRead });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'open', 'CVE-2023-25173 containerd': 'resolved' });
  });

  it('of a list close for what the list names, and never for its Go modules or for a kubelet that nobody names', async () => {
    const f = await fleet();
    await f.assess('n1', { packages, components: [listed('1.6.15')], coverage: list, grade: 'manifest' });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-25173 containerd': 'open' });
    expect(await f.db.selectFrom('node_class').select(['fact_class', 'untold']).where('fact_class', '=', 'node-components').execute()).toEqual([{ fact_class: 'node-components', untold: ['kubelet'] }]);

    await f.assess('n1', { packages, components: [listed('1.6.18')], coverage: list, grade: 'manifest' });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-25173 containerd': 'resolved' });
    expect(await f.pool('p')).toMatchObject({ state: 'healthy' });
  });

  it('of a disk do not close by a list', async () => {
    const f = await fleet('v1.26.6');
    await f.assess('n1', { packages, components: [containerd('1.6.18', 'v0.7.0')], coverage: allRead });

    await f.assess('n1', { packages, components: [listed('1.6.18')], coverage: list, grade: 'manifest' });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-39325 containerd': 'open' });
  });

  it('judged by what the cluster reports alone close by a newer kubelet, and then nothing is clean', async () => {
    const f = await fleet('v1.26.3');
    const reported = { packages: [], components: [{ ...listed('1.6.18'), versionFrom: 'node-object' }], coverage: nodeStatus, grade: 'node-status' } as const;
    await f.assess('n1', reported);
    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'open' });
    expect(await f.pool('p')).toMatchObject({ state: 'unhealthy', open_vulnerabilities: 1, no_fix_vulnerabilities: null });
    expect(await f.db.selectFrom('node_class').select(['fact_class', 'grade', 'untold']).execute()).toEqual([{ fact_class: 'node-components', grade: 'node-status', untold: ['runc', 'cni-plugins'] }]);

    await f.discover({ p: ['n1'] }, 'ok', { n1: 'v1.26.6' });
    await f.assess('n1', reported);

    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'resolved' });
    expect(await f.node('n1')).toMatchObject({ state: 'not-assessed', cause: 'image-not-published' });
    expect(await f.pool('p')).toMatchObject({ state: 'not-evaluated', cause: 'image-not-published', open_vulnerabilities: null, severities: null });

    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisoriesForTest('revision-2', [...advisories, { ...kubeletAdvisory, vulnerability: 'CVE-2026-0001', fixed: '1.26.9' }]), false);
    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'resolved', 'CVE-2026-0001 kubelet': 'open' });
  });

  it('of runc stay where only the versions of kubelet and runtime are reported', async () => {
    const f = await fleet('v1.26.6');
    await f.assess('n1', { packages, components: [{ ...containerd('1.6.15', 'v0.17.0'), family: 'runc', name: 'runc', path: 'usr/bin/runc' }], coverage: componentsLost });
    expect(await f.findings('p')).toEqual({ 'CVE-2023-25173 runc': 'open' });

    await f.assess('n1', { packages: [], components: [listed('1.6.18')], coverage: nodeStatus, grade: 'node-status' });

    expect(await f.findings('p')).toEqual({ 'CVE-2023-25173 runc': 'open' });
  });

  it('follow new advisories under the same kubelet', async () => {
    const f = await fleet('v1.26.6');
    await f.assess('n1', { packages, components: [containerd('1.6.18', 'v0.17.0')], coverage: allRead });
    expect(await f.findings('p')).toEqual({});
    const [first] = await f.db.selectFrom('assessment').select('id').execute();

    await rematchAgainst({ db: f.db, clock: () => f.now() }, 'k', advisoriesForTest('revision-2', [{ ...kubeletAdvisory, fixed: '1.26.9' }]), false);

    expect(await f.findings('p')).toEqual({ 'CVE-2023-2431 kubelet': 'open' });
    expect(await f.db.selectFrom('assessment').select(['reading_id', 'complete', 'cause']).where('trigger', '=', 'advisories').execute()).toEqual([{ reading_id: first?.id, complete: false, cause: 'incomplete' }]);
  });
});
