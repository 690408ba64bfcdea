import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cachedBinaries, goVersion, type KubeBinaries, kubernetesVersion } from './kube-binaries.ts';
import { type NodeFixture, nodeObject } from './node-fixture.ts';

/** Users that exist from the start; `admin` may everything, the others what RBAC objects give them: nothing. */
export const apiserverUsers = ['admin', 'reader', 'lister', 'nobody'] as const;
export type ApiserverUser = (typeof apiserverUsers)[number];

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface KubeApiserver {
  /** `1.37.2`. */
  readonly version: string;
  readonly origin: string;
  /** PEM. */
  readonly certificate: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly kubeconfigOf: (user: ApiserverUser) => string;
  /** As the administrator. */
  readonly request: (method: string, path: string, body?: unknown, contentType?: string) => Promise<ApiAnswer>;
  readonly createNodes: (nodes: readonly NodeFixture[]) => Promise<void>;
  readonly replaceNode: (node: NodeFixture) => Promise<void>;
  readonly deleteNode: (name: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A real API server with its etcd, empty; or why there is none on this machine (`scripts/build-kube-apiserver.ts` makes one). */
export async function startKubeApiserver(): Promise<KubeApiserver | { readonly skipped: string }> {
  const binaries = cachedBinaries(process.env);
  if (binaries === undefined) return { skipped: `no kube-apiserver ${kubernetesVersion()} in the cache; scripts/build-kube-apiserver.ts builds it (${goVersion(process.env)})` };
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-kube-'));
  const children: ChildProcess[] = [];
  try {
    return await start(binaries, folder, children);
  } catch (error) {
    await stopAll(children, folder);
    throw error;
  }
}

async function start(binaries: KubeBinaries, folder: string, children: ChildProcess[]): Promise<KubeApiserver> {
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  const origin = `https://127.0.0.1:${String(port)}`;
  const tokens = new Map(apiserverUsers.map((user) => [user, randomUUID()] as const));
  await writeKeys(folder, tokens);
  children.push(run(binaries.etcd, etcdArguments(folder, client, peer)));
  children.push(run(binaries.apiserver, apiserverArguments(folder, client, port)));
  const certificate = await waitForFile(join(folder, 'certificates', 'apiserver.crt'), children);
  const send = async (method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<ApiAnswer> =>
    exchange(`${origin}${path}`, certificate, tokens.get('admin') ?? '', { method, body, contentType });
  await waitUntilReady(send, children);
  for (const user of apiserverUsers) await writeFile(join(folder, `${user}.kubeconfig`), kubeconfigText(origin, certificate, user, tokens.get(user) ?? ''));
  const must = async (method: string, path: string, body?: unknown): Promise<void> => {
    const { status, body: answer } = await send(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${String(status)} ${JSON.stringify(answer)}`);
  };
  return {
    version: kubernetesVersion(),
    origin,
    certificate,
    kubeconfig: join(folder, 'admin.kubeconfig'),
    kubeconfigOf: (user) => join(folder, `${user}.kubeconfig`),
    request: send,
    createNodes: async (nodes) => inGroups(nodes, 20, async (node) => must('POST', '/api/v1/nodes', nodeObject(node))),
    replaceNode: async (node) => {
      await must('PUT', `/api/v1/nodes/${node.name}`, nodeObject(node));
      await must('PUT', `/api/v1/nodes/${node.name}/status`, nodeObject(node));
    },
    deleteNode: async (name) => must('DELETE', `/api/v1/nodes/${name}`),
    stop: async () => stopAll(children, folder),
  };
}

function etcdArguments(folder: string, client: number, peer: number): readonly string[] {
  const [clientUrl, peerUrl] = [client, peer].map((port) => `http://127.0.0.1:${String(port)}`);
  return [
    `--data-dir=${folder}/etcd`, '--unsafe-no-fsync', '--log-level=error', '--name=default',
    `--listen-client-urls=${clientUrl ?? ''}`, `--advertise-client-urls=${clientUrl ?? ''}`,
    `--listen-peer-urls=${peerUrl ?? ''}`, `--initial-advertise-peer-urls=${peerUrl ?? ''}`, `--initial-cluster=default=${peerUrl ?? ''}`,
  ];
}

function apiserverArguments(folder: string, etcd: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${String(etcd)}`, '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', `--secure-port=${String(port)}`,
    `--cert-dir=${folder}/certificates`, '--service-cluster-ip-range=10.0.0.0/24', '--authorization-mode=RBAC', `--token-auth-file=${folder}/tokens.csv`,
    '--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${folder}/service-account.pub`,
    `--service-account-signing-key-file=${folder}/service-account.key`, '--endpoint-reconciler-type=none', '--v=0',
  ];
}

async function writeKeys(folder: string, tokens: ReadonlyMap<ApiserverUser, string>): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(folder, 'service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(folder, 'service-account.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const lines = [...tokens].map(([user, token]) => `${token},${user},${user}${user === 'admin' ? ',system:masters' : ''}`);
  await writeFile(join(folder, 'tokens.csv'), `${lines.join('\n')}\n`);
}

function kubeconfigText(origin: string, certificate: string, user: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'real',
    clusters: [{ name: 'real-cluster', cluster: { server: origin, 'certificate-authority-data': Buffer.from(certificate).toString('base64') } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'real', context: { cluster: 'real-cluster', user } }],
  }, undefined, 2);
}

const tails = new WeakMap<ChildProcess, string>();

/** util-linux: the kernel ends the server with us, however we end. Elsewhere only an orderly end does. */
const withParent = '/usr/bin/setpriv';

function run(program: string, options: readonly string[]): ChildProcess {
  const [command, before] = existsSync(withParent) ? [withParent, ['--pdeathsig', 'KILL', program]] : [program, []];
  const child = spawn(command, [...before, ...options], { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { tails.set(child, `${tails.get(child) ?? ''}${chunk}`.slice(-4000)); });
  const stop = (): void => { child.kill('SIGKILL'); };
  process.once('exit', stop);
  child.once('exit', () => process.removeListener('exit', stop));
  return child;
}

async function stopAll(children: readonly ChildProcess[], folder: string): Promise<void> {
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}

function whyDead(children: readonly ChildProcess[]): string | undefined {
  const dead = children.find((child) => child.exitCode !== null || child.signalCode !== null);
  return dead === undefined ? undefined : `${dead.spawnargs.find((word) => /(etcd|kube-apiserver)$/.test(word)) ?? dead.spawnfile} ended: ${tails.get(dead) ?? ''}`;
}

const patience = 90_000;

async function waitForFile(path: string, children: readonly ChildProcess[]): Promise<string> {
  return eventually('the certificate', children, async () => {
    const text = await readFile(path, 'utf8').catch(() => '');
    return text.includes('END CERTIFICATE') ? text : undefined;
  });
}

async function waitUntilReady(send: (method: string, path: string) => Promise<ApiAnswer>, children: readonly ChildProcess[]): Promise<void> {
  await eventually('readiness', children, async () => {
    const answer = await send('GET', '/readyz').catch(() => undefined);
    return answer?.status === 200 ? answer : undefined;
  });
}

async function eventually<T>(what: string, children: readonly ChildProcess[], attempt: () => Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < patience; waited += 100) {
    const found = await attempt();
    if (found !== undefined) return found;
    const dead = whyDead(children);
    if (dead !== undefined) throw new Error(dead);
    await sleep(100);
  }
  throw new Error(`no ${what} after ${String(patience / 1000)} s: ${children.map((child) => tails.get(child) ?? '').join('\n')}`);
}

async function exchange(url: string, ca: string, token: string, { method, body, contentType }: { method: string; body: unknown; contentType: string }): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': contentType };
    const request = httpsRequest(url, { method, ca, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
      response.on('error', reject);
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, body: parse(text) }); });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** `/readyz` answers `ok`. */
function parse(text: string): unknown {
  return text.startsWith('{') ? JSON.parse(text) : text;
}

async function inGroups<T>(values: readonly T[], size: number, act: (value: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < values.length; at += size) await Promise.all(values.slice(at, at + size).map(act));
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => { if (typeof address === 'object' && address !== null) resolve(address.port); else reject(new Error('no port')); });
    });
  });
}
