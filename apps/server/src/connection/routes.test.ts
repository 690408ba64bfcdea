import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionRequest, ConnectionSettingsChange, ServerEvent } from '@nodeward/api';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { dependenciesOn } from '../dependencies-for-tests.ts';
import { createSecretBox } from '../secret/secret-box.ts';
import { FakeEnvironment } from './fake-environment-for-tests.ts';
import { secretNameOf } from './open-stored.ts';
import { type ConnectionDependencies, connectionHandlers } from './routes.ts';
import { syncConnection } from './sync-connection.ts';

const noQuery = { query: undefined } as const;
const kubeconfig = (token: string): string => `current-context: c\nclusters: [{name: k, cluster: {server: 'https://cluster.example:6443'}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nusers: [{name: u, user: {token: ${token}}}]\n`;

describe.each(sharedEngines)('stored connections on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);

  async function open() {
    const folder = await mkdtemp(join(tmpdir(), 'nodeward-connections-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const world = new FakeEnvironment(folder, 'kubernetes', 'configured');
    const db = await emptyDatabase();
    const logged: unknown[] = [];
    const note = (...line: readonly unknown[]): void => void logged.push(line);
    const base = await dependenciesOn(db, world.registry.all, { providers: world.registry, log: { info: note, warn: note, error: note } });
    const events: ServerEvent[] = [];
    base.events.subscribe((event) => events.push(event));
    const discovered: string[] = [];
    const secrets = createSecretBox({ dataDir: folder, key: undefined, randomBytes });
    const deps: ConnectionDependencies = {
      ...base,
      registry: world.registry,
      secrets,
      rediscovery: { discoverNow: (id) => discovered.push(id) },
      adopt: ({ id, kind, name, secret }) => {
        const found = new FakeEnvironment(folder);
        found.pools = { p: [{ name: 'n0', image: 'old' }] };
        world.registry.replace({ id, kind, name, opener: async () => {
          if (secret !== null) await secrets.open(secretNameOf(id), secret);
          return (await found.registry.get('k')?.open()) ?? Promise.reject(new Error('no provider'));
        } });
      },
    };
    return { folder, deps, logged, events, discovered, api: connectionHandlers(deps) };
  }

  const body = (folder: string): ConnectionRequest => ({ kind: 'images', settings: { folder } });

  it('are added, discovered at once, and kept with a stable id', async () => {
    const { folder, deps, api, discovered } = await open();
    const created = await api.createConnection({ body: body(folder), parameters: undefined, ...noQuery });
    expect(created).toMatchObject({ kind: 'images', origin: 'stored', identity: 'none', state: 'discovering', location: folder });
    expect(discovered).toEqual([created.id]);

    await syncConnection(deps, created.id, { assess: false });
    expect((await api.listConnections({ parameters: undefined, body: undefined, ...noQuery })).connections).toMatchObject([{ id: created.id, state: 'ok', nodes: 1 }, { id: 'configured' }].toSorted((a, b) => a.id.localeCompare(b.id)).map(({ id }) => ({ id })));
    await api.deleteConnection({ parameters: { connectionId: created.id }, body: undefined, ...noQuery });
    expect((await api.createConnection({ body: body(folder), parameters: undefined, ...noQuery })).id).toBe(created.id);
  });

  it('refuse the same environment twice, whatever identity it is seen with', async () => {
    const { folder, api } = await open();
    await writeFile(join(folder, 'config'), kubeconfig('one'));
    await api.createConnection({ body: { kind: 'kubernetes', settings: { kubeconfig: join(folder, 'config'), inCluster: false } }, parameters: undefined, ...noQuery });
    const again = api.createConnection({ body: { kind: 'kubernetes', settings: { inCluster: false }, secret: { kubeconfig: kubeconfig('two') } }, parameters: undefined, ...noQuery });
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT', message: 'c is connected already, as “c” (kubernetes:https~3a~~2f~~2f~cluster.example~3a~6443:c): change or remove that connection' });
  });

  it.each<[string, ConnectionRequest, string]>([
    ['a folder that is not there', { kind: 'images', settings: { folder: '/there/is/none' } }, 'body.settings.folder'],
    ['no kubeconfig at all', { kind: 'kubernetes', settings: { inCluster: false } }, 'body.settings.kubeconfig'],
    ['a kubeconfig that is not there', { kind: 'kubernetes', settings: { kubeconfig: '/there/is/none', inCluster: false } }, 'body.settings.kubeconfig'],
    ['a pasted text that is no kubeconfig', { kind: 'kubernetes', settings: { inCluster: false }, secret: { kubeconfig: '{' } }, 'body.secret.kubeconfig'],
    ['source names that are not there', { kind: 'kubernetes', settings: { inCluster: true, sourceNames: '/there/is/none' } }, 'body.settings.sourceNames'],
    ['disks without a place for their copies', { kind: 'aks', settings: { subscriptions: [], readDisks: true, readReferenceImages: false } }, 'body.settings.scannerResourceGroup'],
    ['a client secret without an application', { kind: 'aks', settings: { subscriptions: [], readDisks: false, readReferenceImages: false, tenantId: '00000000-0000-4000-8000-000000000000' }, secret: { clientSecret: 's' } }, 'body.settings.clientId'],
  ])('refuse %s, and name the field', async (_, request, path) => {
    const { api } = await open();
    await expect(api.createConnection({ body: request, parameters: undefined, ...noQuery })).rejects.toMatchObject({ code: 'INVALID_REQUEST', parts: [{ path }] });
  });

  it('keep a secret encrypted, and show it nowhere', async () => {
    const { api, deps, events, logged } = await open();
    const created = await api.createConnection({ body: { kind: 'kubernetes', settings: { inCluster: false }, secret: { kubeconfig: kubeconfig('very-secret-token') } }, parameters: undefined, ...noQuery });
    await syncConnection(deps, created.id, { assess: false });
    const listed = await api.listConnections({ parameters: undefined, body: undefined, ...noQuery });

    const stored = await deps.db.selectFrom('connection').selectAll().where('id', '=', created.id).executeTakeFirstOrThrow();
    expect(stored.secret?.length).toBeGreaterThan(100);
    expect(JSON.stringify([created, listed, events, logged, { ...stored, secret: stored.secret?.toString('latin1') }])).not.toContain('very-secret-token');
    expect(created).toMatchObject({ identity: 'stored', location: 'c' });
  });

  it('fail with a clear state where the key of the secret is missing, and come back with it', async () => {
    const { api, deps, folder } = await open();
    const created = await api.createConnection({ body: { kind: 'kubernetes', settings: { inCluster: false }, secret: { kubeconfig: kubeconfig('t') } }, parameters: undefined, ...noQuery });
    await rename(join(folder, 'secret.key'), join(folder, 'away'));
    await syncConnection(deps, created.id, { assess: false });
    const find = async () => (await api.listConnections({ parameters: undefined, body: undefined, ...noQuery })).connections.find(({ id }) => id === created.id);
    expect(await find()).toMatchObject({ state: 'failed', failure: { code: 'SECRET_UNREADABLE', detail: 'the key of the stored secrets is not there: put the file secret.key of the data folder back' } });

    await rename(join(folder, 'away'), join(folder, 'secret.key'));
    await syncConnection(deps, created.id, { assess: false });
    expect(await find()).toMatchObject({ state: 'ok', nodes: 1 });
  });

  it('are neither discovered nor assessed while they are paused, and keep what was found', async () => {
    const { api, deps, folder, discovered } = await open();
    const { id } = await api.createConnection({ body: body(folder), parameters: undefined, ...noQuery });
    await syncConnection(deps, id, { assess: false });
    const change = async (changed: { readonly name?: string; readonly paused?: boolean }) => api.changeConnection({ parameters: { connectionId: id }, body: changed, ...noQuery });

    expect(await change({ paused: true })).toMatchObject({ state: 'paused', nodes: 1 });
    const before = await deps.db.selectFrom('connection').select('last_discovered_at').where('id', '=', id).executeTakeFirst();
    await syncConnection(deps, id);
    expect(await deps.db.selectFrom('connection').select('last_discovered_at').where('id', '=', id).executeTakeFirst()).toEqual(before);
    expect(await deps.db.selectFrom('assessment').select('id').execute()).toEqual([]);
    expect(await change({ paused: false, name: 'Renamed' })).toMatchObject({ state: 'ok', name: 'Renamed' });
    expect(discovered).toEqual([id, id]);
  });

  describe('that are changed', () => {
    const twoContexts = `current-context: c\nclusters: [{name: k, cluster: {server: 'https://cluster.example:6443'}}, {name: l, cluster: {server: 'https://other.example:6443'}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}, {name: d, context: {cluster: l, user: u}}]\nusers: [{name: u, user: {token: kept-token}}]\n`;
    const pasted = (text: string): ConnectionRequest => ({ kind: 'kubernetes', settings: { inCluster: false, poolLabel: 'team' }, secret: { kubeconfig: text } });

    async function openWith(request: ConnectionRequest) {
      const opened = await open();
      const { id } = await opened.api.createConnection({ body: request, parameters: undefined, ...noQuery });
      const parameters = { connectionId: id } as const;
      return {
        ...opened,
        id,
        change: async (body: ConnectionSettingsChange) => opened.api.changeConnectionSettings({ parameters, body, ...noQuery }),
        settings: async () => opened.api.getConnectionSettings({ parameters, body: undefined, ...noQuery }),
      };
    }

    it('keep their id, their nodes and their history, and are discovered at once with the new settings', async () => {
      const { deps, change, settings, folder, id, discovered } = await openWith(pasted(twoContexts));
      await syncConnection(deps, id, { assess: false });
      const nodes = await deps.db.selectFrom('node').select(['id', 'gone_at']).execute();
      const before = deps.providers.get(id);
      await writeFile(join(folder, 'config'), twoContexts);

      const changed = await change({ kind: 'kubernetes', name: 'By file', settings: { kubeconfig: join(folder, 'config'), inCluster: false, context: 'd' } });
      expect(changed).toMatchObject({ id, name: 'By file', state: 'discovering', identity: 'kubeconfig-file', location: `${join(folder, 'config')} (d)`, nodes: 1 });
      expect(await settings()).toEqual({ kind: 'kubernetes', named: 'By file', storesSecret: false, settings: { kubeconfig: join(folder, 'config'), inCluster: false, context: 'd' } });
      expect(discovered).toEqual([id, id]);
      expect(deps.providers.get(id)).not.toBe(before);

      await syncConnection(deps, id, { assess: false });
      expect(await deps.db.selectFrom('node').select(['id', 'gone_at']).execute()).toEqual(nodes);
      expect(await deps.db.selectFrom('connection').select(['state', 'secret']).where('id', '=', id).execute()).toEqual([{ state: 'ok', secret: null }]);
    });

    it('keep a stored secret that nobody gives anew, and never show it', async () => {
      const { deps, change, settings, id } = await openWith(pasted(twoContexts));
      const changed = await change({ kind: 'kubernetes', settings: { inCluster: false, context: 'd' } });
      const { secret } = await deps.db.selectFrom('connection').select('secret').where('id', '=', id).executeTakeFirstOrThrow();

      expect(changed).toMatchObject({ identity: 'stored', location: 'd', name: 'd' });
      expect(JSON.stringify([changed, await settings()])).not.toContain('kept-token');
      expect(await deps.secrets.open(secretNameOf(id), secret ?? Buffer.of())).toBe(twoContexts);
    });

    it('forget a stored secret on request, and leave everything as it was where nothing else gives access', async () => {
      const { deps, change, settings } = await openWith(pasted(twoContexts));
      const before = await settings();

      await expect(change({ kind: 'kubernetes', settings: { inCluster: false }, secret: null })).rejects.toMatchObject({ code: 'INVALID_REQUEST', parts: [{ path: 'body.settings.kubeconfig' }] });
      await expect(change({ kind: 'images', settings: { folder: '/' } })).rejects.toMatchObject({ code: 'INVALID_REQUEST', parts: [{ path: 'body.kind' }] });
      expect(await settings()).toEqual(before);
      expect(await change({ kind: 'kubernetes', settings: { inCluster: true } })).toMatchObject({ identity: 'in-cluster' });
      expect(await deps.db.selectFrom('connection').select('secret').where('identity', '=', 'in-cluster').execute()).toEqual([{ secret: null }]);
    });

    it('send a kept client secret to no other application', async () => {
      const [tenantId, clientId, other] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333'];
      const settings = { subscriptions: [tenantId], tenantId, clientId, readDisks: false, readReferenceImages: false };
      const { change } = await openWith({ kind: 'aks', settings, secret: { clientSecret: 's' } });

      await expect(change({ kind: 'aks', settings: { ...settings, clientId: other } })).rejects.toMatchObject({ code: 'INVALID_REQUEST', parts: [{ path: 'body.secret.clientSecret' }] });
      expect(await change({ kind: 'aks', settings: { ...settings, subscriptions: [other] } })).toMatchObject({ identity: 'stored', location: other });
      expect(await change({ kind: 'aks', settings: { ...settings, clientId: other }, secret: { clientSecret: 't' } })).toMatchObject({ identity: 'stored' });
      expect(await change({ kind: 'aks', settings, secret: null })).toMatchObject({ identity: 'azure-default' });
    });

    it('take no environment that is connected already, and leave their own to another', async () => {
      const { api, change, id } = await openWith(pasted(twoContexts));
      await change({ kind: 'kubernetes', settings: { inCluster: false, context: 'd' } });
      const another = await api.createConnection({ body: pasted(kubeconfig('two')), parameters: undefined, ...noQuery });

      expect(another.id).toBe(`${id}:2`);
      await expect(change({ kind: 'kubernetes', settings: { inCluster: false, context: 'c' } })).rejects.toThrow(another.id);
    });

    it('say so where the key of a kept secret is missing, and can be given it anew', async () => {
      const { folder, change } = await openWith(pasted(twoContexts));
      await rename(join(folder, 'secret.key'), join(folder, 'away'));

      await expect(change({ kind: 'kubernetes', settings: { inCluster: false } })).rejects.toThrow('or give the secret anew');
      expect(await change({ kind: 'kubernetes', settings: { inCluster: false }, secret: { kubeconfig: twoContexts } })).toMatchObject({ identity: 'stored' });
    });

    it('store nothing of a discovery that was under way by the old settings', async () => {
      const { deps, id, change } = await openWith(pasted(twoContexts));
      const reached = Promise.withResolvers<undefined>();
      const goOn = Promise.withResolvers<undefined>();
      const before = deps.providers.get(id);
      deps.registry.replace({ id, kind: 'kubernetes', name: 'slow', opener: async () => {
        const provider = (await before?.open()) ?? expect.fail('there is no provider');
        return { ...provider, reader: { ...provider.reader, discover: async (signal) => {
          reached.resolve(undefined);
          await goOn.promise;
          return provider.reader.discover(signal);
        } } };
      } });
      const old = syncConnection(deps, id, { assess: false });
      await reached.promise;
      await change({ kind: 'kubernetes', settings: { inCluster: true } });
      goOn.resolve(undefined);
      await old;

      expect(await deps.db.selectFrom('connection').select('state').where('id', '=', id).execute()).toEqual([{ state: 'discovering' }]);
      expect(await deps.db.selectFrom('node').select('id').execute()).toEqual([]);
    });
  });

  it('give what was found names that can be asked for, whatever signs are in them', async () => {
    const { deps, api, folder } = await open();
    await writeFile(join(folder, 'config'), kubeconfig('one'));
    const { id } = await api.createConnection({ body: { kind: 'kubernetes', settings: { kubeconfig: join(folder, 'config'), inCluster: false } }, parameters: undefined, ...noQuery });
    const found = new FakeEnvironment(folder);
    found.pools = { 'spot/gpu 50%': [{ name: 'node 1/a%2F', image: 'old' }] };
    deps.registry.replace({ id, kind: 'kubernetes', name: 'c', opener: async () => (await found.registry.get('k')?.open()) ?? expect.fail('there is no provider') });
    await syncConnection(deps, id, { assess: false });

    expect(await deps.db.selectFrom('node').select('id').execute()).toEqual([{ id: `${id}:c:spot~2f~gpu~20~50~25~:node~20~1~2f~a~25~2F` }]);
  });

  it('take everything along that was found through them, and nothing else', async () => {
    const { api, deps, folder } = await open();
    const { id } = await api.createConnection({ body: body(folder), parameters: undefined, ...noQuery });
    await syncConnection(deps, id, { assess: false });
    await syncConnection(deps, 'configured', { assess: false });

    expect(await api.deleteConnection({ parameters: { connectionId: id }, body: undefined, ...noQuery })).toEqual({ id });

    expect(await deps.db.selectFrom('connection').select('id').execute()).toEqual([{ id: 'configured' }]);
    expect(await deps.db.selectFrom('cluster').select('connection_id').where('connection_id', '=', id).execute()).toEqual([]);
    expect(await deps.db.selectFrom('node').select('id').execute()).toEqual([]);
    expect(deps.providers.get(id)).toBeUndefined();
    await expect(api.testConnection({ parameters: { connectionId: id }, body: undefined, ...noQuery })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('stay while an upgrade of one of their pools is under way, and where the configuration names them', async () => {
    const { api, deps, folder } = await open();
    await mkdir(join(folder, 'images'));
    const { id } = await api.createConnection({ body: body(join(folder, 'images')), parameters: undefined, ...noQuery });
    await syncConnection(deps, id, { assess: false });
    const { id: poolId } = await deps.db.selectFrom('node_pool').select('id').executeTakeFirstOrThrow();
    await deps.db.insertInto('upgrade_job').values({ id: 'j', pool_id: poolId, kind: 'node-image', from_image: 'old', target: 'new', state: 'running', created_at: new Date() }).execute();

    await expect(api.deleteConnection({ parameters: { connectionId: id }, body: undefined, ...noQuery })).rejects.toMatchObject({ code: 'CONFLICT', message: 'an upgrade of c/p is under way: wait for its end, then remove the connection' });
    expect(deps.providers.get(id)).toBeDefined();
    await expect(api.deleteConnection({ parameters: { connectionId: 'configured' }, body: undefined, ...noQuery })).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
