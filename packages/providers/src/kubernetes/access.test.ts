import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openOutbound } from '../network/outbound.ts';
import { aksNode, kubeconfigText, openUnderTest, startFake, startReal } from './cluster-under-test.ts';
import type { KubernetesProviderOptions } from './provider.ts';

const signal = new AbortController().signal;
const real = await startReal();
if ('skipped' in real) console.log(`SKIPPED (${real.skipped}): access to a real kube-apiserver`);
afterAll(async () => {
  if (!('skipped' in real)) await real.stop();
});

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const containing = (text: string): unknown => expect.stringContaining(text);

async function discoverWith(source: KubernetesProviderOptions['source'], options: Partial<KubernetesProviderOptions> = {}): Promise<unknown> {
  await using opened = await openUnderTest(source, options);
  return await opened.provider.reader.discover(signal).catch((error: unknown) => error);
}

const textSource = (text: string, context?: string): KubernetesProviderOptions['source'] => ({ kind: 'text', text, context });
const server = 'http://127.0.0.1:9';

describe('a kubeconfig', () => {
  it.each([
    ['that does not exist', { kind: 'file', path: '/nowhere/config' } as const, '/nowhere/config: there is no such kubeconfig file'],
    ['that is no YAML', textSource('clusters:\n  - name: a\n  b: {'), /^kubeconfig:3: not YAML/],
    ['that is something else', textSource('clusters: 7\n'), /^kubeconfig:1: no kubeconfig: clusters/],
    ['with a server that is no address', textSource(kubeconfigText('somewhere')), /^kubeconfig:7: no kubeconfig: clusters\.0\.cluster\.server/],
    ['without the wanted context', textSource(kubeconfigText(server), 'production'), 'kubeconfig: no context production (there are: test)'],
    ['without contexts', textSource('kind: Config\n'), 'kubeconfig: no context is current (it has none)'],
    ['without the user of its context', textSource(kubeconfigText(server).replace('user: me', 'user: you')), 'kubeconfig: context test names a user you that the file does not have'],
    ['without the cluster of its context', textSource(kubeconfigText(server).replace('cluster: test-cluster,', 'cluster: other,')), 'kubeconfig: context test names a cluster other that the file does not have'],
    ['with a legacy auth-provider', textSource(kubeconfigText(server, { user: '{ auth-provider: { name: azure } }' })), /user me uses the auth-provider azure, .*kubelogin/],
    ['that is pasted and names a file of ours', textSource(kubeconfigText(server, { user: '{ tokenFile: /etc/shadow }' })), /tokenFile names a file/],
    ['that is pasted and names a certificate file of ours', textSource(kubeconfigText(server, { cluster: 'certificate-authority: /etc/passwd' })), /certificate-authority names a file/],
    ['made of aliases of aliases', textSource(`a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from('bcdefgh').map((key, index) => `${key}: &${key} [${Array.from({ length: 9 }, () => `*${'abcdefg'.charAt(index)}`).join(',')}]`).join('\n')}\n`), /alias/i],
  ])('%s is refused in one line', async (_, source, message) => {
    const error = await discoverWith(source);
    expect(error).toMatchObject({ code: 'INVALID_CONFIGURATION', message: typeof message === 'string' ? message : matching(message) });
    expect(String(error)).not.toContain('\n');
  });

  it('runs no program that was not allowed, and names the flag that allows it', async () => {
    const source = textSource(kubeconfigText(server, { user: '{ exec: { apiVersion: client.authentication.k8s.io/v1, command: kubelogin, args: [get-token] } }' }));
    expect(await discoverWith(source, { allowExec: ['other'] })).toMatchObject({ code: 'PROVIDER_DENIED', message: matching(/runs the program kubelogin .*start the server with --allow-exec kubelogin$/) });
  });

  it('that is pasted runs no program by its path, whatever its name', async () => {
    const source = textSource(kubeconfigText(server, { user: '{ exec: { command: /tmp/kubelogin } }' }));
    expect(await discoverWith(source, { allowExec: ['kubelogin'] })).toMatchObject({ code: 'PROVIDER_DENIED', message: containing('not a path') });
  });

  it.each(['PATH', 'LD_PRELOAD', 'NODE_OPTIONS', 'pythonpath'])('that is pasted does not say by %s what an allowed program loads', async (name) => {
    const source = textSource(kubeconfigText(server, { user: `{ exec: { command: kubelogin, env: [{ name: ${name}, value: /tmp }] } }` }));
    expect(await discoverWith(source, { allowExec: ['kubelogin'] })).toMatchObject({ code: 'PROVIDER_DENIED', message: containing(`may not set ${name}`) });
  });

  it('outside a cluster there is no service account', async () => {
    expect(await discoverWith({ kind: 'in-cluster' })).toMatchObject({ code: 'PROVIDER_DENIED', message: containing('KUBERNETES_SERVICE_HOST') });
  });
});

describe('a credential plug-in that was allowed', () => {
  const plugIn = (body: string): string => `#!/bin/sh\n${body}\n`;
  const credential = `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'$1$NODEWARD_TEST'"}}'`;

  async function withPlugIn(body: string, test: (discover: (environment?: Record<string, string>) => Promise<unknown>, requests: () => readonly (string | undefined)[]) => Promise<void>): Promise<void> {
    const cluster = await startFake();
    try {
      cluster.server.put(aksNode('node-0'));
      await writeFile(join(cluster.folder, 'login'), plugIn(body));
      await chmod(join(cluster.folder, 'login'), 0o755);
      const origin = /server: (\S+)/.exec(await readFile(cluster.kubeconfig, 'utf8'))?.[1] ?? '';
      await writeFile(cluster.kubeconfig, kubeconfigText(origin, { user: '{ exec: { apiVersion: client.authentication.k8s.io/v1, command: ./login, args: [abc], env: [{ name: NODEWARD_TEST, value: "-1" }] } }' }));
      await test(
        async (environment = {}) => discoverWith({ kind: 'file', path: cluster.kubeconfig }, { allowExec: ['login'], environment: { PATH: process.env.PATH ?? '', ...environment } }),
        () => cluster.server.requests.map(({ authorization }) => authorization),
      );
    } finally {
      await cluster.stop();
    }
  }

  it('gives the token, runs once, and gets its own variables', async () => withPlugIn(`${credential}; echo ran >> "$0.runs"; [ "$(wc -l < "$0.runs")" = 1 ]`, async (discover, requests) => {
    expect(await discover()).toMatchObject({ clusters: [{ name: 'test-cluster' }] });
    expect(new Set(requests())).toEqual(new Set(['Bearer abc-1']));
  }));

  it('has its user\'s environment, without our keys and the address of our database', async () => withPlugIn(`[ "$AZURE_TENANT_ID" = t ] && [ -z "$NODEWARD_SECRET_KEY$DATABASE_URL" ] && ${credential}`, async (discover) => {
    await expect(discover({ AZURE_TENANT_ID: 't', NODEWARD_SECRET_KEY: 'k', DATABASE_URL: 'postgresql://u:p@h/d' })).resolves.toBeDefined();
  }));

  it('is told what it is asked for, and nothing of our own environment', async () => withPlugIn(`[ -z "$HOME" ] && case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ${credential};; esac`, async (discover) => {
    expect(await discover()).toMatchObject({ clusters: [{ name: 'test-cluster' }] });
  }));

  it.each([
    ['fails', 'echo "no login, run az login" >&2; echo secret; exit 3', 'the credential plug-in login failed: no login, run az login'],
    ['says nothing', 'true', 'the credential plug-in login gave no credential'],
    ['gives something else', 'echo \'{"kind":"ExecCredential","status":{}}\'', 'the credential plug-in login gave no credential'],
  ])('and %s is named, without what it printed', async (_, body, message) => withPlugIn(body, async (discover) => {
    expect(await discover()).toMatchObject({ code: 'PROVIDER_DENIED', message });
  }));
});

describe('a server', () => {
  async function withServer(prepare: (cluster: Awaited<ReturnType<typeof startFake>>) => void, expected: object): Promise<void> {
    const cluster = await startFake();
    try {
      prepare(cluster);
      expect(await discoverWith({ kind: 'file', path: cluster.kubeconfig })).toMatchObject(expected);
    } finally {
      await cluster.stop();
    }
  }
  const message = containing;

  it('that accepts no such token is named with its 401', async () => withServer(({ server: fake }) => { fake.token = 'other'; }, { code: 'PROVIDER_DENIED', message: message('does not accept these credentials (401)') }));
  it('that grants no list is named with the right that is missing', async () => withServer(({ server: fake }) => { fake.granted.delete('list'); }, { code: 'PROVIDER_DENIED', message: message('nodes: list (403): nodes is forbidden') }));
  it('that is busy says when to come back', async () => withServer(({ server: fake }) => { fake.faults.push({ of: 'list', kind: 'status', status: 429, headers: { 'retry-after': '12' } }); }, { code: 'PROVIDER_BUSY', retryAfter: 12_000 }));
  it('that fails is one to come back to', async () => withServer(({ server: fake }) => { fake.faults.push({ of: 'list', kind: 'status', status: 503 }); }, { code: 'PROVIDER_BUSY', message: message('(503)') }));
  it('that hides its version still shows its nodes', async () => withServer(({ server: fake }) => { fake.faults.push({ of: 'version', kind: 'status', status: 403 }); fake.put(aksNode('node-0')); }, { clusters: [{ pools: [{ nodes: [{ name: 'node-0' }] }] }] }));
  it('that is a web page is no API server', async () => withServer(({ server: fake }) => { fake.faults.push({ of: 'list', kind: 'garbage', body: '<html>' }); }, { code: 'PROVIDER_DENIED', message: message('is this the address of a Kubernetes API server?') }));
  it('that answers something else is no API server', async () => withServer(({ server: fake }) => { fake.faults.push({ of: 'list', kind: 'garbage', body: '{"kind":"PodList","items":[]}' }); }, { code: 'PROVIDER_DENIED', message: message('no list of nodes') }));

  it('that nobody answers for is named with the reason', async () => {
    const closed = createServer();
    const port = await portOf(closed);
    await new Promise((resolve) => { closed.close(resolve); });
    expect(await discoverWith(textSource(kubeconfigText(`https://127.0.0.1:${port}`)))).toMatchObject({ code: 'PROVIDER_BUSY', message: message('ECONNREFUSED') });
  });

  it('whose credentials were renewed in the file is asked with the new ones', async () => {
    const cluster = await startFake();
    try {
      cluster.server.token = 'secret-token';
      await using opened = await openUnderTest({ kind: 'file', path: cluster.kubeconfig });
      await opened.provider.reader.discover(signal);
      cluster.server.token = 'renewed';
      cluster.server.cutWatches();
      await writeFile(cluster.kubeconfig, (await readFile(cluster.kubeconfig, 'utf8')).replace('secret-token', 'renewed'));
      cluster.server.put(aksNode('node-0'));
      await expect.poll(async () => opened.provider.reader.discover(signal)).toMatchObject({ clusters: [{ pools: [{ nodes: [{ name: 'node-0' }] }] }] });
    } finally {
      await cluster.stop();
    }
  });
});

describe.skipIf('skipped' in real)('a real server', () => {
  it.each([['nobody', /nodes: list \(403\): nodes is forbidden: User "nobody"/]] as const)('refuses %s with the right that is missing', async (user, pattern) => {
    if ('skipped' in real) return;
    expect(await discoverWith({ kind: 'file', path: real.kubeconfigOf(user) })).toMatchObject({ code: 'PROVIDER_DENIED', message: matching(pattern) });
  });

  it('is not trusted without its certificate, and not spoken to with a wrong token', async () => {
    if ('skipped' in real) return;
    const text = await readFile(real.kubeconfig, 'utf8');
    expect(await discoverWith(textSource(text.replace(/"certificate-authority-data"[^}]*/, '"insecure-skip-tls-verify": false')))).toMatchObject({ code: 'PROVIDER_DENIED', message: containing('the certificate of https://127.0.0.1') });
    expect(await discoverWith(textSource(text.replace(/"token": "[^"]*"/, '"token": "wrong"')))).toMatchObject({ code: 'PROVIDER_DENIED', message: containing('(401)') });
  });

  it.each(['the kubeconfig', 'the environment'])('is reached through the proxy that %s names, and no other way', async (where) => {
    if ('skipped' in real) return;
    const seen: string[] = [];
    const proxy = createHttpServer();
    proxy.on('connect', (request, client: Socket) => {
      seen.push(request.url ?? '');
      const [host = '', port = ''] = (request.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.pipe(client).pipe(onward);
      });
      for (const socket of [onward, client]) socket.on('error', () => { onward.destroy(); client.destroy(); });
    });
    const port = await portOf(proxy);
    const address = `http://127.0.0.1:${String(port)}`;
    const text = await readFile(real.kubeconfig, 'utf8');
    const outbound = await openOutbound({ environment: where === 'the environment' ? { HTTPS_PROXY: address } : {} });
    try {
      const source = textSource(where === 'the kubeconfig' ? text.replace('"certificate-authority-data"', `"proxy-url": "${address}", "certificate-authority-data"`) : text);
      expect(await discoverWith(source, { outbound })).toMatchObject({ clusters: [{ name: 'real-cluster' }] });
      expect(new Set(seen)).toEqual(new Set([new URL(real.origin).host]));
    } finally {
      await outbound.close();
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

async function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
