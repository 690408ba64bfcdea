import { InvalidConfigurationError, ProviderDeniedError } from '@nodeward/providers';
import { describe, expect, it } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { createEventBus } from '../http/event-bus.ts';
import { defaultDiskReaderOptions, type Dependencies, noFailpoint } from '../dependencies.ts';
import { TestFleet } from '../finding/test-fleet-for-tests.ts';
import { listConnections } from './store.ts';
import { syncConnection } from './sync-connection.ts';

describe.each(sharedEngines)('a connection whose provider fails, on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);

  it.each<[string, Error, { readonly code: string; readonly detail: string }]>([
    ['a wrong file names its line', new InvalidConfigurationError('nodeward.yaml', 7, 'pools: expected a list'), { code: 'INVALID_CONFIGURATION', detail: 'nodeward.yaml:7: pools: expected a list' }],
    ['a missing right names it', new ProviderDeniedError('no right to\n list nodes'), { code: 'PROVIDER_DENIED', detail: 'no right to list nodes' }],
    ['a provider that does not answer', new DOMException('timed out', 'TimeoutError'), { code: 'PROVIDER_TIMEOUT', detail: 'timed out' }],
    ['anything else', new TypeError('x is not a function'), { code: 'UNEXPECTED', detail: 'x is not a function' }],
  ])('%s, and what was known stays', async (_, error, failure) => {
    const f = await TestFleet.create(await emptyDatabase(), [], { p: ['n0', 'n1'] });
    const logged: unknown[] = [];
    const note = (fields: object): void => void logged.push(fields);
    const connection = { id: 'k', kind: 'images', name: 'Test', open: () => Promise.reject(error) } as const;
    const deps: Dependencies = {
      db: f.db,
      clock: () => f.now(),
      newId: () => 'id',
      events: createEventBus(),
      providers: { all: [connection], get: () => connection },
      forecasts: { bestActions: () => Promise.resolve(new Map()), verdicts: () => Promise.resolve(new Map()), foretold: () => Promise.resolve(new Map()) },
      log: { info: note, warn: note, error: note },
      dataDir: '',
      reader: defaultDiskReaderOptions,
      freshnessIntervalHours: 24,
      failpoint: noFailpoint,
    };

    await syncConnection(deps, 'k', { assess: false });

    expect(await listConnections(f.db)).toMatchObject([{ state: 'failed', failure, clusters: 1, nodePools: 1, nodes: 2 }]);
    expect(logged).toHaveLength(failure.code === 'UNEXPECTED' || failure.code === 'PROVIDER_TIMEOUT' ? 1 : 0);
  });
});
