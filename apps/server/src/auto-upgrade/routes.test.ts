import { autoUpgrade, autoUpgradeSettings, type ServerEvent } from '@nodeward/api';
import { type AutoUpgrade, type Provider, ProviderDeniedError } from '@nodeward/providers';
import type { Kysely } from 'kysely';
import { describe, expect, it } from 'vitest';
import { storeDiscovery, type WriteRights } from '../connection/store-discovery.ts';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import type { Schema } from '../database/schema.ts';
import type { Dependencies } from '../dependencies.ts';
import { dependenciesOn } from '../dependencies-for-tests.ts';
import { ConflictError, NotFoundError } from '../http/errors.ts';
import { autoUpgradeHandlers } from './routes.ts';

const none = { query: undefined, body: undefined };
const parameters = { clusterId: 'k:c' };
const before: AutoUpgrade = { clusterChannel: 'none', nodeImageChannel: 'Unmanaged' };
const wanted = autoUpgradeSettings.parse({
  clusterChannel: 'patch',
  nodeImageChannel: 'NodeImage',
  clusterWindow: null,
  nodeImageWindow: { schedule: { kind: 'weekly', everyWeeks: 1, day: 'Sunday' }, startTime: '22:00', utcOffset: '+09:00', durationHours: 6 },
});

interface Given {
  readonly settings?: AutoUpgrade | undefined;
  readonly rights?: WriteRights;
  readonly refuse?: Error;
}

/** A cluster whose provider remembers what it was told. */
async function clusterWith(db: Kysely<Schema>, { settings, rights = { canUpgrade: true, canChangeAutoUpgrade: true }, refuse }: Given) {
  const told: unknown[] = [];
  const provider: Provider = {
    kind: 'images',
    reader: { discover: unused, nodeEvidence: unused, imageEvidence: unused },
    writer: {
      start: unused,
      status: unused,
      setAutoUpgrade: (cluster, given) => {
        if (refuse !== undefined) return Promise.reject(refuse);
        told.push([cluster, given]);
        return Promise.resolve();
      },
    },
    close: () => Promise.resolve(),
  };
  const deps: Dependencies = await dependenciesOn(db, [{ id: 'k', kind: 'images', name: 'Test', open: () => Promise.resolve(provider) }]);
  const discovery = {
    advisoryDatabase: { folder: 'none', purpose: 'production' as const },
    clusters: [{ name: 'c', kubernetesVersion: '1.26.6', ...(settings === undefined ? {} : { autoUpgrade: settings }), pools: [{ name: 'p', image: 'image-1', newerImages: [], operations: [], operatingSystem: 'windows' as const, nodes: [] }] }],
  };
  await storeDiscovery(db, 'k', discovery, { folder: 'none', purpose: 'production', state: 'ok', revision: 'r', failure: null, feeds: [] }, rights, deps.clock());
  const events: ServerEvent[] = [];
  deps.events.subscribe((event) => void events.push(event));
  return { handlers: autoUpgradeHandlers(deps), told, events };
}

function unused(): Promise<never> {
  return Promise.reject(new Error('not in this test'));
}

describe.each(sharedEngines)('automatic upgrade on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);

  it('is shown with what there is to know of it', async () => {
    const { handlers } = await clusterWith(await emptyDatabase(), { settings: { ...before, nodeImageChannel: 'SecurityPatch' } });

    const shown = autoUpgrade.parse(await handlers.getAutoUpgrade({ parameters, ...none }));

    expect(shown).toEqual({
      clusterChannel: 'none', nodeImageChannel: 'SecurityPatch', clusterWindow: null, nodeImageWindow: null, changeable: true,
      insights: ['cluster-channel-none', 'no-node-image-window', 'security-patch-not-for-windows'],
    });
  });

  it('is set at the provider, and shown as set', async () => {
    const { handlers, told, events } = await clusterWith(await emptyDatabase(), { settings: before });

    const answer = await handlers.changeAutoUpgrade({ parameters, query: undefined, body: wanted });

    expect(told).toEqual([['c', { clusterChannel: 'patch', nodeImageChannel: 'NodeImage', nodeImageWindow: wanted.nodeImageWindow }]]);
    expect(answer).toMatchObject({ ...wanted, insights: ['no-cluster-window'] });
    expect(await handlers.getAutoUpgrade({ parameters, ...none })).toEqual(answer);
    expect(events).toEqual([{ type: 'cluster', clusterId: 'k:c' }]);
  });

  it.each<[string, Given, new (...args: never) => Error]>([
    ['the connection may only read', { settings: before, rights: { canUpgrade: false, canChangeAutoUpgrade: false } }, ConflictError],
    ['the environment knows no such settings', {}, ConflictError],
    ['the provider refuses', { settings: before, refuse: new ProviderDeniedError('not with these rights') }, ProviderDeniedError],
  ])('stays as it is where %s', async (_, given, problem) => {
    const db = await emptyDatabase();
    const { handlers, told } = await clusterWith(db, given);

    await expect(handlers.changeAutoUpgrade({ parameters, query: undefined, body: wanted })).rejects.toThrow(problem);

    expect(told).toEqual([]);
    expect(await db.selectFrom('cluster').select('auto_upgrade').executeTakeFirst()).toEqual({ auto_upgrade: given.settings ?? null });
  });

  it('of an unknown cluster, or of one without settings, is not found', async () => {
    const { handlers } = await clusterWith(await emptyDatabase(), {});

    await expect(handlers.getAutoUpgrade({ parameters, ...none })).rejects.toThrow(NotFoundError);
    await expect(handlers.getAutoUpgrade({ parameters: { clusterId: 'nothing' }, ...none })).rejects.toThrow(NotFoundError);
  });

  it.each([
    ['a window that is shorter than four hours', { nodeImageWindow: { ...wanted.nodeImageWindow, durationHours: 3 } }],
    ['a time that is none', { nodeImageWindow: { ...wanted.nodeImageWindow, startTime: '24:00' } }],
    ['a channel that is none', { clusterChannel: 'newest' }],
  ])('cannot be set to %s', (_, change) => {
    expect(autoUpgradeSettings.safeParse({ ...wanted, ...change }).success).toBe(false);
  });
});
