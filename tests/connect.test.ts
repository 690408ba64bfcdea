import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, connection, type Endpoint, endpoints, imageAnswer } from '@nodeward/api';
import { FakeApiServer, type NodeFixture } from '@nodeward/providers/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { nodewardBeside, type ProcessResult } from './nodeward-process.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';
import { enter, type EnteredServer } from './server-session.ts';
import { repository } from './shared-data.ts';

const image = 'AKSUbuntu-2204gen2containerd';
const tokens = { first: 'first-cluster-token-5c1d0a', second: 'second-cluster-token-9e77b3' } as const;
const plugIn = 'nodeward-test-login';
const otherPlugIn = 'nodeward-other-login';

const folder = mkdtempSync(join(tmpdir(), 'nodeward-connect-'));
const at = (name: string): string => join(folder, name);

function list(libc: string): string {
  return [
    '=== Installed Packages Begin', `libc6/jammy,now ${libc} amd64 [installed]`, 'linux-image-5.15.0-1041-azure/jammy,now 5.15.0-1041.48 amd64 [installed]', '=== Installed Packages End',
    '=== os-release Begin', 'PRETTY_NAME="Ubuntu 22.04.3 LTS"', 'VERSION_ID="22.04"', 'VERSION_CODENAME=jammy', 'ID=ubuntu', '=== os-release End', '',
  ].join('\n');
}

/** What somebody carries into a network without a way out; the feed of Go is missing. */
function writeMirror(): void {
  const [feeds, lists] = [at('mirror/feeds'), at('mirror/node-images/AKSUbuntu/gen2/2204containerd')];
  for (const path of [feeds, lists]) mkdirSync(path, { recursive: true });
  copyFileSync(join(repository, 'packages/engine/src/advisory-db/fixtures/three-records.zip'), join(feeds, 'ubuntu-osv.zip'));
  copyFileSync(join(repository, 'packages/providers/src/advisory-source/fixtures/cve-feed-osv.zip'), join(feeds, 'kubernetes-osv.zip'));
  writeFileSync(join(feeds, 'known_exploited_vulnerabilities.json'), JSON.stringify({ catalogVersion: '1', dateReleased: '2025-08-25T17:04:19.9796Z', vulnerabilities: [{ cveID: 'CVE-2023-4911', dateAdded: '2023-11-21' }] }));
  writeFileSync(join(feeds, 'epss.csv.gz'), '#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\nCVE-2023-4911,0.8,0.9\n');
  for (const [version, libc] of [['202309.06.0', '2.35-0ubuntu3.1'], ['202310.04.0', '2.35-0ubuntu3.4']] as const) writeFileSync(join(lists, `${version}.txt`), list(libc));
  writeFileSync(at('source-names.json'), JSON.stringify({ jammy: { libc6: 'glibc', 'linux-image-5.15.0-1041-azure': 'linux-azure' } }));
}

const unnamed = { kubeletVersion: 'v1.34.2', containerRuntimeVersion: 'containerd://2.2.9' } as const;
const aksNodes = [0, 1, 2].map((index): NodeFixture => ({
  name: `aks-userpool01-${index}`,
  labels: { 'kubernetes.azure.com/agentpool': 'userpool01', 'kubernetes.azure.com/node-image-version': `${image}-202309.06.0` },
  nodeInfo: { ...unnamed, kernelVersion: '5.15.0-1041-azure', osImage: 'Ubuntu 22.04.3 LTS' },
}));
const eksNodes = [0, 1].map((index): NodeFixture => ({
  name: `ip-10-0-0-${index}`,
  labels: { 'eks.amazonaws.com/nodegroup': 'workers' },
  nodeInfo: { ...unnamed, kernelVersion: '6.12.80-106.156.amzn2023.x86_64', osImage: 'Amazon Linux 2023.12.20260710' },
}));

function writeKubeconfig(name: string, server: string, user: object): string {
  const file = at(name);
  const cluster = { name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } };
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'prod', clusters: [cluster], users: [{ name: 'u', user }], contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }] }));
  return file;
}

/** Every file of the data folder, as bytes. */
function filesOf(path: string): readonly { readonly name: string; readonly content: Buffer }[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name)).filter((name) => statSync(name).isFile()).map((name) => ({ name, content: readFileSync(name) }));
}

/** As they are on the wire, and not only what the client knows of them: whatever can be asked without naming one thing. */
async function answersOf({ origin }: NodewardServer, { cookie }: EnteredServer): Promise<readonly string[]> {
  const paths = Object.values<Endpoint>(endpoints).flatMap(({ method, path }) => (method === 'GET' && !path.includes('{') ? [path === '/api/search' ? `${path}?q=prod` : path] : []));
  return Promise.all(paths.map(async (path) => {
    const response = await fetch(`${origin}${path}`, { headers: { cookie: `${cookie.name}=${cookie.value}` } });
    expect([path, response.status]).toEqual([path, 200]);
    return response.text();
  }));
}

const tableRow = (line: string | undefined): readonly string[] => (line ?? '').trim().split(/ {2,}/);

describe('nodeward connect kubernetes', { timeout: 600_000 }, () => {
  const [first, second] = [new FakeApiServer(), new FakeApiServer()];
  /** Takes connections and never answers. */
  const silent: Server = createServer((socket) => { socket.resume(); });
  const mirrors = { NODEWARD_ADVISORY_MIRROR: at('mirror'), NODEWARD_NODE_IMAGE_MIRROR: at('mirror/node-images') } as const;
  const clientEnvironment = {
    NODEWARD_ADVISORY_UPDATE_HOURS: '0', NODEWARD_LOG_LEVEL: 'debug',
    // nothing of this leaves the machine, and what tries is refused at once
    HTTPS_PROXY: 'http://127.0.0.1:9', KUBECONFIG: '', DATABASE_URL: '', NODEWARD_SECRET_KEY: '', NODEWARD_DATA_DIR: '',
  } as const;
  const environment = { ...clientEnvironment, ...mirrors } as const;
  const dataDir = at('data');
  const printed: string[] = [];
  let server: NodewardServer;
  let api: EnteredServer;
  let secondConfig = '';

  const run = async (...words: readonly string[]): Promise<ProcessResult> => {
    const result = await nodewardBeside([...words, '--data-dir', dataDir], clientEnvironment);
    printed.push(result.stdout, result.stderr);
    return result;
  };
  const connected = async (): Promise<readonly Connection[]> => {
    const { stdout } = await run('connections', 'list', '--format', 'json');
    return z.strictObject({ connections: z.array(connection) }).parse(JSON.parse(stdout)).connections;
  };

  beforeAll(async () => {
    writeMirror();
    [first.token, second.token] = [tokens.first, tokens.second];
    first.put(...aksNodes, ...eksNodes);
    second.put(...aksNodes);
    const config = writeKubeconfig('first', await first.start(), { token: tokens.first });
    const secondOrigin = await second.start();
    secondConfig = writeKubeconfig('second', secondOrigin, { token: tokens.second });
    writeKubeconfig('wrong-token', secondOrigin, { token: 'no-such-token' });
    writeKubeconfig('exec', secondOrigin, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: at(plugIn), interactiveMode: 'Never' } });
    writeKubeconfig('other-exec', secondOrigin, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: otherPlugIn, interactiveMode: 'Never' } });
    writeKubeconfig('unreachable', 'http://127.0.0.1:9', { token: 'x' });
    writeFileSync(at(plugIn), `#!/bin/sh\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${tokens.second}"}}'\n`);
    chmodSync(at(plugIn), 0o700);
    await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
    const address = silent.address();
    writeKubeconfig('silent', `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 9}`, { token: 'x' });

    server = await startNodeward({
      command: ['connect', 'kubernetes'], words: ['--kubeconfig', config, '--source-names', at('source-names.json'), '--port', '0', '--allow-exec', plugIn], dataDir, environment, deadline: 300_000,
    });
    await server.printed(/not assessed/, 300_000);
    api = await enter(server);
  }, 660_000);
  afterAll(async () => {
    await server.stop('SIGKILL');
    await Promise.all([first.stop(), second.stop(), new Promise((resolve) => { silent.close(resolve); })]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('without a running server serves in the foreground, and says in one line what came of it', async () => {
    expect(await server.printed(/not assessed/, 1000)).toBe(
      `Nodeward is ready: ${server.link}\n${server.origin}: prod: 1 cluster, 2 node pools, 5 nodes; 3 assessed (3 unhealthy, 0 healthy), 2 not assessed (2 image-not-published)\n`,
    );
    await expect.poll(() => server.stderr().trimEnd().split('\n')).toEqual([
      `no server runs on ${dataDir}: starting one here; Ctrl-C ends it`,
      'prod: 1 cluster, 2 node pools, 5 nodes',
      `nodeward: advisories of go: ${at('mirror')} has no go-osv.zip or vulndb.zip`,
      'the server runs until Ctrl-C',
    ]);
  });

  it('connects no sample fleet beside it', async () => {
    expect((await connected()).map(({ name, kind, identity, origin, state, nodes }) => [name, kind, identity, origin, state, nodes])).toEqual([['prod', 'kubernetes', 'kubeconfig-file', 'stored', 'ok', 5]]);
  });

  it('asks the cluster for nodes and its version, and for nothing else', () => {
    expect(first.requests.filter(({ method, path }) => method !== 'GET' || !/^\/(version|api\/v1\/nodes)(\?|$)/.test(path))).toEqual([]);
  });

  it('prints the commands of an upgrade that it cannot carry out itself', async () => {
    // the newer image is read in the background
    const told = await vi.waitFor(async () => {
      const dryRun = await run('upgrade', 'c/userpool01', '--image', '--dry-run');
      expect([dryRun.status, dryRun.stderr]).toEqual([0, '']);
      return dryRun;
    }, { timeout: 120_000, interval: 500 });
    const refused = await run('upgrade', 'c/userpool01', '--image');

    expect(told.stdout).toMatch(/^step 1: node-image AKSUbuntu-2204gen2containerd-202310\.04\.0\nforecast of vulnerabilities: fixes 1, [^\n]*\nstep 1, by az:\n {2}az aks nodepool upgrade/);
    expect([refused.status, refused.stderr]).toEqual([2, 'nodeward: this connection only reads: somebody with the rights runs the commands, and the next assessments are compared with the forecast\n']);
  });

  it.each([
    ['a kubeconfig that is not there', ['--kubeconfig', at('nowhere')], `${at('nowhere')} cannot be read (ENOENT)`],
    ['a context that the file does not have', ['--kubeconfig', at('second'), '--context', 'nope'], 'no context nope (there are: prod)'],
    ['an address where nobody answers', ['--kubeconfig', at('unreachable')], 'http://127.0.0.1:9 cannot be reached: connect ECONNREFUSED 127.0.0.1:9'],
    ['a token that the cluster does not take', ['--kubeconfig', at('wrong-token')], 'does not accept these credentials (401)'],
    ['a credential plug-in that nobody has allowed', ['--kubeconfig', at('other-exec')], `to allow it, start the server with --allow-exec ${otherPlugIn}`],
    ['a credential plug-in to allow, where a server runs', ['--kubeconfig', at('other-exec'), '--allow-exec', otherPlugIn], `end it, and start it with nodeward serve --allow-exec ${otherPlugIn}`],
    ['a cluster that is connected already', ['--kubeconfig', at('first')], 'is connected already, as “prod”'],
    ['a file of source names that is not there', ['--kubeconfig', at('second'), '--source-names', at('nowhere')], `${at('nowhere')} cannot be read (ENOENT)`],
    ['a port, where a server runs', ['--kubeconfig', at('second'), '--port', '7799'], '--port is for a server that is started here'],
    ['a secret to store that is not there', ['--kubeconfig', at('nowhere'), '--store-secret'], `cannot read ${at('nowhere')}: ENOENT`],
  ])('answers %s with one line and 2, and keeps nothing of it', async (_what, words, said) => {
    const before = await api.call('listConnections', {});
    const { status, stdout, stderr } = await run('connect', 'kubernetes', ...words);

    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^nodeward: [^\n]+\n$/);
    expect(stderr).toContain(said);
    expect((await api.call('listConnections', {})).connections.map(({ id }) => id)).toEqual(before.connections.map(({ id }) => id));
  });

  it('says that a server which already runs does not see the mirrors of this command', async () => {
    const { status, stderr } = await nodewardBeside(['connect', 'kubernetes', '--kubeconfig', at('nowhere'), '--data-dir', dataDir], environment);
    const lines = stderr.trimEnd().split('\n');

    expect([status, lines.length]).toEqual([2, 2]);
    expect(lines[0]).toBe('nodeward: not passed on: NODEWARD_ADVISORY_MIRROR, NODEWARD_NODE_IMAGE_MIRROR; a server already runs, and what counts is what was set where it started');
  });

  it('runs a credential plug-in that was allowed where the server started, and comes back where a server runs', async () => {
    const { status, stdout } = await run('connect', 'kubernetes', '--kubeconfig', at('exec'), '--name', 'by-plug-in', '--source-names', at('source-names.json'));

    expect(stdout).toBe(`${server.origin}: by-plug-in: 1 cluster, 1 node pool, 3 nodes; 3 assessed (3 unhealthy, 0 healthy), 0 not assessed\n`);
    expect(status).toBe(0);
    expect((await run('connections', 'remove', 'by-plug-in')).stderr).toBe('by-plug-in: removed, with 1 cluster and 3 nodes\n');
  });

  it('stores a kubeconfig only when told to, assesses a cluster that was there before, and then needs the file no more', async () => {
    const { status, stdout } = await run('connect', 'kubernetes', '--kubeconfig', secondConfig, '--store-secret', '--name', 'kept', '--source-names', at('source-names.json'));
    rmSync(secondConfig);

    expect([status, stdout]).toEqual([0, `${server.origin}: kept: 1 cluster, 1 node pool, 3 nodes; 3 assessed (3 unhealthy, 0 healthy), 0 not assessed\n`]);
    expect((await connected()).find(({ name }) => name === 'kept')).toMatchObject({ identity: 'stored', location: 'prod' });
    expect((await run('connections', 'test', 'kept')).stderr).toBe('reached: 1 cluster, 3 nodes\n');
  });

  describe('nodeward connections', () => {
    it('lists them in a table', async () => {
      const { status, stdout } = await run('connections');
      const [head, ...rows] = stdout.trimEnd().split('\n').map(tableRow);

      expect(status).toBe(0);
      expect(head).toEqual(['NAME', 'KIND', 'STATE', 'CLUSTERS', 'POOLS', 'NODES', 'WHERE', 'ID']);
      expect(rows.map((cells) => cells.slice(0, 6)).toSorted()).toEqual([['kept', 'kubernetes', 'ok', '1', '1', '3'], ['prod', 'kubernetes', 'ok', '1', '2', '5']]);
    });

    it('gives in JSON what the API gives', async () => {
      expect(await connected()).toEqual((await api.call('listConnections', {})).connections);
    });

    it('tests every right by name, and names the one that is missing with 3', async () => {
      const whole = await run('connections', 'test', 'kept');
      second.granted.delete('list');
      const without = await run('connections', 'test', 'kept');
      second.granted.add('list');

      expect(whole.status).toBe(0);
      expect(tableRow(whole.stdout.split('\n').find((line) => line.startsWith('nodes: list')))).toEqual(['nodes: list', 'granted', 'needed', 'find-nodes', 'RBAC: allowed']);
      expect(without.status).toBe(3);
      expect(tableRow(without.stdout.split('\n').find((line) => line.startsWith('nodes: list'))).slice(0, 3)).toEqual(['nodes: list', 'missing', 'needed']);
    });

    it('pauses and resumes', async () => {
      const [paused, between, resumed] = [await run('connections', 'pause', 'kept'), await connected(), await run('connections', 'resume', 'kept')];

      expect([paused.status, paused.stderr, resumed.status]).toEqual([0, 'kept: paused\n', 0]);
      expect(between.find(({ name }) => name === 'kept')?.state).toBe('paused');
      await expect.poll(async () => (await api.call('listConnections', {})).connections.find(({ name }) => name === 'kept')?.state).toBe('ok');
    });

    it('edits one, which keeps its nodes and the secret that is stored', async () => {
      const { id } = (await connected()).find(({ name }) => name === 'kept') ?? expect.fail('it is not there');
      const nodesOf = async () => (await api.call('listNodes', { query: { connectionId: id } })).nodes.map((node) => node.id);
      const before = await nodesOf();
      const edited = await run('connections', 'edit', 'kept', '--name', 'held', '--pool-label', 'kubernetes.azure.com/agentpool');

      expect([edited.status, edited.stdout, edited.stderr]).toEqual([0, '', 'held: changed; 1 cluster, 1 node pool, 3 nodes\n']);
      expect(await nodesOf()).toEqual(before);
      expect(await api.call('getConnectionSettings', { parameters: { connectionId: id } })).toMatchObject({ named: 'held', storesSecret: true, settings: { poolLabel: 'kubernetes.azure.com/agentpool', sourceNames: at('source-names.json') } });
      expect((await run('connections', 'edit', 'held', '--name', 'kept', '--no-pool-label')).status).toBe(0);
    });

    it.each([
      ['nothing to change', [], 'nothing to change'],
      ['what is of another kind', ['--folder', at('data')], '--folder says nothing of a connection of the kind kubernetes'],
      ['a kubeconfig that is not there', ['--kubeconfig', at('nowhere')], `${at('nowhere')} cannot be read (ENOENT)`],
      ['an environment that is connected already', ['--kubeconfig', at('first')], 'is connected already, as “prod”'],
    ])('edits nothing by %s', async (_what, words, said) => {
      const { status, stderr } = await run('connections', 'edit', 'kept', ...words);

      expect([status, stderr]).toEqual([2, expect.stringContaining(said)]);
    });

    it('names those that are there where one is not', async () => {
      const { status, stderr } = await run('connections', 'pause', 'nope');

      expect([status, stderr]).toEqual([2, 'nodeward: no connection nope; there are: kept, prod\n']);
    });
  });

  it('lets nodeward which-image ask over the images that the cluster runs', async () => {
    const { status, stdout } = await run('which-image', 'CVE-2023-4911', '--format', 'json');
    const table = await run('which-image', 'CVE-2023-4911');

    const { families, untold } = imageAnswer.parse(JSON.parse(stdout));
    // the mirror has no advisories of Go: of its modules nobody can tell
    expect(untold).toEqual(['go-advisories']);
    expect(families).toMatchObject([{ family: image, state: 'unknown', firstFixed: { version: '202310.04.0' }, cameBack: [], goneSince: { version: '202310.04.0' }, newest: { version: '202310.04.0' }, images: 2, undetermined: [] }]);
    expect(tableRow(table.stdout.split('\n')[1])).toEqual([image, 'cannot be told', '202310.04.0', '-', '202310.04.0', '202310.04.0', '2']);
    expect([status, table.status]).toEqual([3, 3]);
  });

  it('leaves an advisory database whose sources nodeward db status shows', async () => {
    const { status, stdout } = await nodewardBeside(['db', 'status', '--db', join(dataDir, 'advisories')]);
    const rows = stdout.split('\n').map(tableRow);

    expect(status).toBe(0);
    expect(rows).toContainEqual(['SOURCE', 'STATE', 'ASKED', 'CHANGED', 'FROM']);
    expect(rows).toContainEqual(['ubuntu', 'ok', 'today', 'today', expect.stringContaining('ubuntu-osv.zip')]);
    expect(rows.find(([name, state]) => name === 'go' && state === 'failed')).toBeDefined();
    expect(stdout).toMatch(/^go at \S+: \S+: .* has no go-osv\.zip or vulndb\.zip$/m);
  });

  it('ends in good order on Ctrl-C, and says nothing of a secret anywhere', async () => {
    const answers = await answersOf(server, api);
    const stdout = await server.printed(/./, 1000);
    await server.stop('SIGINT');
    const told = [...printed, stdout, server.stderr(), ...answers].join('\n');

    expect(server.exitStatus()).toBe(0);
    expect(told).toContain('"identity":"stored"');
    expect(readdirSync(dataDir)).not.toContain('server.json');
    for (const token of Object.values(tokens)) {
      for (const form of [token, Buffer.from(token).toString('base64').slice(0, 24), Buffer.from(token).toString('hex')]) {
        expect(told.includes(form)).toBe(false);
        expect(filesOf(dataDir).filter(({ content }) => content.includes(form)).map(({ name }) => name)).toEqual([]);
      }
    }
    expect(filesOf(dataDir).length).toBeGreaterThan(10);
  });

  it('ends with 130 where Ctrl-C comes before the cluster has answered, and complains of nothing', async () => {
    const started = await startNodeward({ command: ['connect', 'kubernetes'], words: ['--kubeconfig', at('silent'), '--port', '0'], dataDir: at('silent-data'), environment, deadline: 300_000 });
    const waiting = await enter(started);
    await expect.poll(async () => (await waiting.call('listConnections', {})).connections.map(({ state }) => state)).toEqual(['discovering']);
    await started.stop('SIGINT');

    expect(started.exitStatus()).toBe(130);
    expect(started.stderr()).toBe(`no server runs on ${at('silent-data')}: starting one here; Ctrl-C ends it\nnodeward: ended before it was done; \`nodeward serve\` goes on with what is connected\n`);
  });

  it('where the cluster cannot be connected ends the server that it has started, with one line', async () => {
    const { status, stderr } = await nodewardBeside(['connect', 'kubernetes', '--kubeconfig', at('exec'), '--port', '0', '--data-dir', at('refused')], environment);

    expect(status).toBe(2);
    expect(stderr).toBe(`no server runs on ${at('refused')}: starting one here; Ctrl-C ends it\nnodeward: not connected: the kubeconfig runs the program ${at(plugIn)} for its credentials; to allow it, start the server with --allow-exec ${plugIn}\n`);
  });

  it.each([
    ['no sample fleet', [], ['kept', 'prod']],
    ['the sample fleet where it is asked for', ['--sample'], ['Sample fleet', 'kept', 'prod']],
  ] as const)('goes on with what was connected under nodeward serve, with %s', async (_what, words, names) => {
    const again = await startNodeward({ words, dataDir, environment, deadline: 300_000 });
    const { connections } = await (await enter(again)).call('listConnections', {});
    await again.stop();

    expect(connections.map(({ name }) => name).toSorted()).toEqual(names);
    expect(again.exitStatus()).toBe(0);
  });
});
