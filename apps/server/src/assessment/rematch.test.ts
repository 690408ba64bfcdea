import { cpSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAdvisoryDatabase } from '@nodeward/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { dependenciesOn } from '../dependencies-for-tests.ts';
import { installed, TestFleet } from '../finding/test-fleet-for-tests.ts';
import { concludeRead, needSubject } from './assess-node.ts';

const reading = { packages: [installed('bash', '5.1-6ubuntu1'), installed('vim', '1')] };
const advisory = (number: number, name: string) => ({
  id: `UBUNTU-CVE-2026-000${number}`,
  upstream: [`CVE-2026-000${number}`],
  affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '6' }] }] }],
});

describe.each(sharedEngines)('an assessment that ends while new advisories come, on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nodeward-rematch-'));
    for (const [name, advisories] of [['old', [advisory(1, 'bash')]], ['new', [advisory(1, 'bash'), advisory(2, 'vim')]]] as const) {
      const path = join(folder, `${name}.json`);
      await writeFile(path, JSON.stringify(advisories));
      await buildAdvisoryDatabase({ feeds: [{ path, name: 'ubuntu' }], folder: join(folder, name), purpose: 'production' });
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['stands on the new ones, though everything else was matched again before it ended', true],
    ['is matched once where none come', false],
  ])('%s', async (_what, comes) => {
    const f = await TestFleet.create(await emptyDatabase(), [], { p: ['n0'] });
    const used = await mkdtemp(join(folder, 'used-'));
    cpSync(join(folder, 'old'), used, { recursive: true });
    await f.db.updateTable('connection').set({ advisory_folder: used }).execute();
    const id = await f.read('n0', reading);
    // it is asked for the time with its advisories open: from here on there are newer ones
    const clock = (): Date => {
      if (comes) cpSync(join(folder, 'new'), used, { recursive: true });
      return f.now();
    };
    const deps = await dependenciesOn(f.db, [{ id: 'k', kind: 'images', name: 'Test', open: () => Promise.reject(new Error('not in this test')) }], { clock });

    await concludeRead(deps, id, { kind: 'read', inventoryId: 'its own' });
    await concludeRead(deps, id, { kind: 'read', inventoryId: 'its own' });

    expect(await f.findings('p')).toEqual({ 'CVE-2026-0001 bash': 'open', ...(comes ? { 'CVE-2026-0002 vim': 'open' } : {}) });
    expect((await f.db.selectFrom('assessment').select('trigger').orderBy('trigger').execute()).map(({ trigger }) => trigger)).toEqual(comes ? ['advisories', 'manual'] : ['manual']);
    expect((await needSubject(deps, id)).state).toBe('succeeded');
  });
});
