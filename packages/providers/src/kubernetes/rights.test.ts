import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { aksNode, type ClusterUnderTest, openUnderTest, startFake, startReal } from './cluster-under-test.ts';
import { kubernetesRights } from './rights.ts';

const signal = new AbortController().signal;
const real = await startReal();
if ('skipped' in real) console.log(`SKIPPED (${real.skipped}): rights and manifests on a real kube-apiserver`);
afterAll(async () => {
  if (!('skipped' in real)) await real.stop();
});

async function checks(kubeconfig: string): Promise<readonly (readonly [string, string])[]> {
  await using opened = await openUnderTest({ kind: 'file', path: kubeconfig });
  const found = await opened.provider.reader.checkRights?.(signal);
  return (found ?? []).map(({ right, state }) => [right, state] as const);
}

const manifestSchema = z.object({ kind: z.string(), apiVersion: z.string(), metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }) });
type Manifest = z.infer<typeof manifestSchema>;

const deploymentSchema = z.object({ spec: z.object({ template: z.object({ metadata: z.record(z.string(), z.unknown()), spec: z.looseObject({ securityContext: z.unknown() }) }) }) });

function manifestsOf(text: string): readonly Manifest[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) throw new Error('no YAML');
  return documents.map((document) => manifestSchema.loose().parse(document.toJS()));
}

const plurals: Readonly<Record<string, string>> = {
  Namespace: 'namespaces', ServiceAccount: 'serviceaccounts', PersistentVolumeClaim: 'persistentvolumeclaims', Service: 'services',
  ClusterRole: 'clusterroles', ClusterRoleBinding: 'clusterrolebindings', Deployment: 'deployments',
};

/** Server-side apply, strict: an unknown or misspelt field is an error. */
function applyPath({ kind, apiVersion, metadata: { name, namespace } }: Manifest, dryRun: boolean): string {
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const query = `fieldManager=nodeward-test&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
  return `${group}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plurals[kind] ?? kind}/${name}?${query}`;
}

describe('the rights of a kubeconfig', () => {
  it.each([
    [['get', 'list', 'watch'], ['granted', 'granted', 'granted']],
    [['list'], ['missing', 'granted', 'missing']],
    [[], ['missing', 'missing', 'missing']],
  ])('of somebody who may %j are told one by one', async (verbs, states) => {
    const cluster = await startFake();
    try {
      cluster.server.granted = new Set(verbs);
      expect(await checks(cluster.kubeconfig)).toEqual([['nodes: get', states[0]], ['nodes: list', states[1]], ['nodes: watch', states[2]]]);
    } finally {
      await cluster.stop();
    }
  });

  it('are the ones that the page names', () => {
    expect(kubernetesRights().rights.map(({ right, optional }) => [right, optional])).toEqual([['nodes: get', true], ['nodes: list', false], ['nodes: watch', true]]);
  });

  it('are the same on the page and in the manifest that runs Nodeward in a cluster', async () => {
    const deployed = manifestsOf(await deployment());
    const rolesOf = (all: readonly Manifest[]): unknown => all.filter(({ kind }) => kind.startsWith('ClusterRole'));
    expect(rolesOf(deployed)).toEqual(rolesOf(manifestsOf(kubernetesRights().files[0]?.text ?? '')));
  });
});

async function deployment(): Promise<string> {
  return readFile(join(import.meta.dirname, '../../../../deploy/kubernetes/nodeward.yaml'), 'utf8');
}

describe.skipIf('skipped' in real)('on a real server', () => {
  it('the manifest of the rights page gives a user exactly what discovery needs, and before it nothing', async () => {
    if ('skipped' in real) return;
    const reader = real.kubeconfigOf('reader');
    expect((await checks(reader)).map(([, state]) => state)).toEqual(['missing', 'missing', 'missing']);
    for (const manifest of manifestsOf(kubernetesRights().files[0]?.text ?? '')) {
      const user = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' };
      const body = manifest.kind === 'ClusterRoleBinding' ? { ...manifest, subjects: [user] } : manifest;
      expect(await real.request('PATCH', applyPath(manifest, false), body, 'application/apply-patch+yaml')).toMatchObject({ status: 201 });
    }
    expect((await checks(reader)).map(([, state]) => state)).toEqual(['granted', 'granted', 'granted']);
    await real.put([aksNode('aks-userpool-0')]);
    await using opened = await openUnderTest({ kind: 'file', path: reader });
    expect(await opened.provider.reader.discover(signal)).toMatchObject({ clusters: [{ kubernetesVersion: real.version, pools: [{ nodes: [{ name: 'aks-userpool-0' }] }] }] });
  });

  it('a pod of the deployment reads its own cluster with the token that the kubelet gives it', async () => {
    if ('skipped' in real) return;
    for (const manifest of manifestsOf(kubernetesRights().files[0]?.text ?? '')) await real.request('PATCH', `${applyPath(manifest, false)}&force=true`, manifest, 'application/apply-patch+yaml');
    const answer = await real.request('POST', '/api/v1/namespaces/nodeward/serviceaccounts/nodeward/token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} });
    const { status: { token } } = z.object({ status: z.object({ token: z.string() }) }).parse(answer.body);
    const folder = await mkdtemp(join(tmpdir(), 'nodeward-pod-'));
    try {
      await writeFile(join(folder, 'token'), `${token}\n`);
      await writeFile(join(folder, 'ca.crt'), real.certificate);
      const { hostname, port } = new URL(real.origin);
      await using opened = await openUnderTest({ kind: 'in-cluster' }, { serviceAccountFolder: folder, environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port } });
      expect((await opened.provider.reader.checkRights?.(signal))?.map(({ state }) => state)).toEqual(['granted', 'granted', 'granted']);
      expect(await opened.provider.reader.discover(signal)).toMatchObject({ name: 'MC_shop_prod_japaneast', clusters: [{ name: 'MC_shop_prod_japaneast', kubernetesVersion: real.version }] });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('a pod of the deployment is admitted where restricted pods alone are, and one that may more is not', { timeout: 90_000 }, async () => {
    if ('skipped' in real) return;
    const manifests = manifestsOf(await deployment());
    for (const manifest of manifests.filter(({ kind }) => kind === 'Namespace' || kind === 'ServiceAccount')) {
      const { status, body } = await real.request('PATCH', `${applyPath(manifest, false)}&force=true`, manifest, 'application/apply-patch+yaml');
      expect([manifest.kind, status < 300 ? '' : body]).toEqual([manifest.kind, '']);
    }
    const { spec: { template } } = deploymentSchema.parse(manifests.find(({ kind }) => kind === 'Deployment'));
    const refusal = async (securityContext: unknown): Promise<string | undefined> => {
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: 'nodeward' }, spec: { ...template.spec, securityContext } };
      return z.object({ message: z.string().optional() }).parse((await real.request('POST', '/api/v1/namespaces/nodeward/pods?dryRun=All&fieldValidation=Strict', pod)).body).message;
    };

    // admission sees the label of the namespace and the service account as its caches do: a little later
    await expect.poll(async () => refusal({}), { timeout: 30_000 }).toContain('violates PodSecurity "restricted');
    await expect.poll(async () => refusal(template.spec.securityContext), { timeout: 30_000 }).toBeUndefined();
  });

  it('the manifest of the deployment is accepted, field by field', async () => {
    if ('skipped' in real) return;
    const manifests = manifestsOf(await deployment());
    expect(manifests.map(({ kind }) => kind)).toEqual(['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'PersistentVolumeClaim', 'Deployment', 'Service']);
    for (const manifest of manifests) {
      const { status, body } = await real.request('PATCH', applyPath(manifest, true), manifest, 'application/apply-patch+yaml');
      expect([manifest.kind, status, status < 300 ? '' : body]).toEqual([manifest.kind, status < 300 ? status : 200, '']);
    }
    const misspelt = { ...manifests.at(-1), spec: { port: [] } };
    expect((await real.request('PATCH', applyPath(manifests.at(-1) ?? { kind: '', apiVersion: '', metadata: { name: '' } }, true), misspelt, 'application/apply-patch+yaml')).status).toBeGreaterThanOrEqual(400);
  });
});

it('sends GET alone in every flow, and reviews in the test of the rights', async () => {
  const cluster: ClusterUnderTest & { server: Awaited<ReturnType<typeof startFake>>['server'] } = await startFake();
  const { server } = cluster;
  try {
    server.put(aksNode('aks-userpool-0'));
    await using opened = await openUnderTest({ kind: 'file', path: cluster.kubeconfig });
    const { reader } = opened.provider;
    const reference = { cluster: 'test-cluster', pool: 'userpool', node: 'aks-userpool-0' };
    await reader.discover(signal);
    await reader.nodeEvidence(reference, signal);
    await reader.imageEvidence({ ...reference, image: 'AKSUbuntu-2204gen2containerd-202310.04.0' }, signal);
    await expect.poll(() => server.openWatches).toBe(1);
    server.compact();
    server.cutWatches();
    await reader.discover(signal);
    expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(new Set(server.requests.map(({ path }) => path.split('?')[0]))).toEqual(new Set(['/api/v1/nodes', '/version']));
    const before = server.requests.length;
    await reader.checkRights?.(signal);
    expect(server.requests.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual(Array.from({ length: 3 }, () => 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews'));
  } finally {
    await cluster.stop();
  }
});
