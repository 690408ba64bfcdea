import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import type { Database } from '../database/schema.ts';
import { dependenciesOn } from '../dependencies-for-tests.ts';
import type { Dependencies } from '../dependencies.ts';
import { TestFleet } from '../finding/test-fleet-for-tests.ts';
import { type AdvisoryFeeds, type AdvisoryUpdateOptions, createAdvisoryUpdates, type SourceState } from './advisory-updates.ts';
import { sourcesNeeded } from './sources-needed.ts';

const at = new Date('2026-11-24T12:00:00Z');
const source = (name: SourceState['name'], checkedAt: string | null): SourceState => ({ name, url: 'https://publisher.example/', mirrored: false, state: checkedAt === null ? 'never' : 'ok', checkedAt, changedAt: checkedAt, newest: null, records: 1 });

/** Feeds whose update waits until it is let go on. */
function feedsUnderTest(sources: readonly SourceState[] = []) {
  const asked: (readonly string[])[] = [];
  const gate = Promise.withResolvers<undefined>();
  const feeds: AdvisoryFeeds = {
    read: async () => Promise.resolve(sources),
    revision: async () => Promise.resolve('r1'),
    update: async (names, onProgress) => {
      asked.push(names);
      const [first] = names;
      if (first !== undefined) onProgress(first, true);
      await gate.promise;
      return { revision: 'r2' };
    },
  };
  return { feeds, asked, gate };
}

describe.each(sharedEngines)('advisories that the server keeps fresh, on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);

  async function connected(kind: 'kubernetes' | 'sample', paused = false) {
    const f = await TestFleet.create(await emptyDatabase(), [], { p: ['n0', 'n1'] });
    const base: Dependencies = await dependenciesOn(f.db, [{ id: 'k', kind: 'images', name: 'Test', open: () => Promise.reject(new Error('not in this test')) }], { clock: () => at });
    await f.db.updateTable('connection').set({ kind, paused, advisory_folder: 'advisories' }).where('id', '=', 'k').execute();
    return { base, db: f.db };
  }

  function updates(base: Dependencies, feeds: AdvisoryFeeds, more: Partial<AdvisoryUpdateOptions> = {}) {
    return createAdvisoryUpdates({ ...base, feeds, folder: 'advisories', everyHours: 24, follow: async () => Promise.resolve(), ...more });
  }

  it('are fetched once however often they are asked for, and then the connections that use them match again', async () => {
    const { base } = await connected('kubernetes');
    const { feeds, asked, gate } = feedsUnderTest([source('ubuntu', null), source('go', '2026-11-23T12:00:00.000Z')]);
    const followed: string[] = [];
    const under = updates(base, feeds, { follow: async (id) => Promise.resolve(void followed.push(id)) });
    const [first, second] = [under.begin(), under.begin()];

    await vi.waitFor(() => expect(asked).toHaveLength(1));
    expect(await under.list()).toMatchObject({ updating: true, revision: 'r1', sources: [{ name: 'ubuntu', state: 'never' }, { name: 'go', state: 'updating' }] });
    expect(followed).toEqual([]);
    gate.resolve(undefined);
    await Promise.all([first.done, second.done]);

    expect(asked).toHaveLength(1);
    expect(followed).toEqual(['k']);
    expect(await under.list()).toMatchObject({ updating: false, nextUpdateAt: '2026-11-25T12:00:00.000Z', sources: [{ state: 'never' }, { state: 'ok' }] });
  });

  it.each<[string, 'kubernetes' | 'sample', boolean, string | null, number | null, boolean]>([
    ['when they were never fetched', 'kubernetes', false, null, 24, true],
    ['when they are older than the interval', 'kubernetes', false, '2026-11-23T11:59:00.000Z', 24, true],
    ['not while they are fresh', 'kubernetes', false, '2026-11-24T11:59:00.000Z', 24, false],
    ['not where no connection uses them', 'sample', false, null, 24, false],
    ['not for a paused connection', 'kubernetes', true, null, 24, false],
    ['not without an interval', 'kubernetes', false, null, null, false],
  ])('are fetched by themselves: %s', async (_what, kind, paused, checkedAt, everyHours, expected) => {
    const { base } = await connected(kind, paused);
    const { feeds, asked, gate } = feedsUnderTest([source('go', checkedAt)]);
    gate.resolve(undefined);
    const read = vi.spyOn(feeds, 'read');
    const running = updates(base, feeds, { everyHours }).start();
    await vi.waitFor(() => expect(read).toHaveBeenCalled());
    if (expected) await vi.waitFor(() => expect(asked).toHaveLength(1));
    await running.stop();

    expect(asked).toHaveLength(expected ? 1 : 0);
  });

  it('are tried again soon where a source that is needed did not answer, and then later and later, up to the interval', async () => {
    const { base } = await connected('kubernetes');
    const { feeds, gate } = feedsUnderTest();
    gate.resolve(undefined);
    const read = vi.spyOn(feeds, 'read').mockResolvedValue([{ ...source('go', null), state: 'failed', failure: { code: 'UNREACHABLE', detail: 'no network', at: at.toISOString() } }, source('node-images', null)]);
    const under = updates(base, feeds, { everyHours: 1 });
    const minutes = async () => (Date.parse((await under.list()).nextUpdateAt ?? '') - at.getTime()) / 60_000;

    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      await under.begin().done;
      waits.push(await minutes());
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60]);
    expect((await under.list()).sources[0]).toMatchObject({ state: 'failed', failure: { detail: 'no network' } });

    read.mockResolvedValue([source('go', at.toISOString())]);
    await under.begin().done;
    expect(await minutes()).toBe(60);
    vi.spyOn(feeds, 'update').mockRejectedValueOnce(new Error('disk full'));
    await expect(under.begin().done).rejects.toThrow('disk full');
    expect(await minutes()).toBe(2);
  });

  it('that cannot be fetched fail whoever asked, and the next request tries again', async () => {
    const { base } = await connected('kubernetes');
    const { feeds } = feedsUnderTest();
    const update = vi.spyOn(feeds, 'update').mockRejectedValueOnce(new Error('disk full')).mockResolvedValueOnce({ revision: 'r2' });
    const under = updates(base, feeds);

    await expect(under.begin().done).rejects.toThrow('disk full');
    await under.begin().done;
    expect(update).toHaveBeenCalledTimes(2);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['of every system while none is known', [], ['ubuntu', 'azure-linux-3', 'azure-linux-2', 'go', 'kubernetes', 'kev', 'epss']],
    ['of Ubuntu', ['Ubuntu 22.04.5 LTS'], ['ubuntu', 'go', 'kubernetes', 'kev', 'epss']],
    ['of Azure Linux and its predecessor', ['Microsoft Azure Linux 3.0', 'CBL-Mariner/Linux'], ['azure-linux-3', 'azure-linux-2', 'go', 'kubernetes', 'kev', 'epss']],
    ['of systems without a source', ['Windows Server 2022 Datacenter'], ['go', 'kubernetes', 'kev', 'epss']],
  ])('are those %s', async (_what, systems, expected) => {
    const { db } = await connected('kubernetes');
    await nameSystems(db, systems);

    expect(await sourcesNeeded(db, ['k'])).toEqual(expected);
    expect(await sourcesNeeded(db, [])).toContain('azure-linux-2');
  });
});

async function nameSystems(db: Database, systems: readonly string[]): Promise<void> {
  const nodes = await db.selectFrom('node').select('id').orderBy('id').execute();
  for (const [index, system] of systems.entries()) await sql`update node set os_image = ${system} where id = ${nodes[index]?.id}`.execute(db);
}
