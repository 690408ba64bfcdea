import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServerEvent } from '@nodeward/api';
import { endpoints, type EndpointName } from '@nodeward/api';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listConnections } from '../connection/store.ts';
import { syncConnection } from '../connection/sync-connection.ts';
import { sharedEngines } from '../database/shared-database-for-tests.ts';
import type { Dependencies } from '../dependencies.ts';
import { assessmentsFinished } from '../dependencies-for-tests.ts';
import { findingHandlers } from '../finding/routes.ts';
import { useRunningFleet } from '../running-fleet-for-tests.ts';
import { NotFoundError } from '../http/errors.ts';
import { planHandlers } from '../plan/routes.ts';
import { reassessmentHandlers } from '../reassessment/routes.ts';
import { recommendationHandlers } from '../recommendation/routes.ts';
import { registerAssessNode } from './assess-node-workflow.ts';
import { ensureImageReadings } from './image-reading.ts';
import { imageMatches, poolMatches } from './pool-matches.ts';
import { assessmentHandlers } from './routes.ts';
import { queueAssessments, resumeAssessments, startQueued } from './start-assessments.ts';

/** What a handler gives must be what the contract says. */
function checked<T>(name: EndpointName, answer: T): T {
  endpoints[name].response.parse(answer);
  return answer;
}

const noQuery = { query: undefined, body: undefined } as const;
const none = { parameters: undefined, ...noQuery } as const;

async function recommendationOf(deps: Dependencies, pool: string) {
  const { recommendations } = checked('listRecommendations', await recommendationHandlers(deps).listRecommendations(none));
  const found = recommendations.find((recommendation) => recommendation.pool === pool);
  if (found === undefined) throw new Error(`no pool ${pool}`);
  return found;
}

async function findingsOf(deps: Dependencies, poolId: string, state: 'active' | 'all' | 'no-fix' | 'resolved' = 'active') {
  return checked('listFindings', await findingHandlers(deps).listFindings({ parameters: { poolId }, query: { state, limit: 500 }, body: undefined }));
}

async function nodeNamed(deps: Dependencies, part: string): Promise<string> {
  const row = await deps.db.selectFrom('node').select('id').where('name', 'like', `%${part}`).executeTakeFirstOrThrow();
  return row.id;
}

/** Where errors are what the test is about. */
function quiet({ log }: Dependencies): Dependencies['log'] {
  return { ...log, error: () => undefined };
}

// the tests of one engine build on each other
describe.each(sharedEngines)('the sample fleet on $name', (engine) => {
  const fleet = useRunningFleet(engine);

  it('is assessed from its disks, and findings and states follow', async () => {
    const { deps } = fleet();
    const events: ServerEvent[] = [];
    const unsubscribe = deps.events.subscribe((event) => void events.push(event));

    await syncConnection(deps, 'sample');
    await assessmentsFinished(deps);
    unsubscribe();

    const { recommendations, summary } = checked('listRecommendations', await recommendationHandlers(deps).listRecommendations(none));
    const tokyo = recommendations.filter(({ cluster }) => cluster === 'prod-tokyo-01');
    expect(tokyo.map(({ pool, state, cause, riskLevel, nodes, notAssessedNodes }) => ({ pool, state, cause, riskLevel, nodes, notAssessedNodes })).toSorted((a, b) => a.pool.localeCompare(b.pool))).toEqual([
      { pool: 'batchpool01', state: 'unhealthy', cause: null, riskLevel: 'high', nodes: 2, notAssessedNodes: 0 },
      { pool: 'securepool01', state: 'not-evaluated', cause: 'unreachable', riskLevel: null, nodes: 3, notAssessedNodes: 2 },
      { pool: 'syspool01', state: 'unhealthy', cause: null, riskLevel: 'high', nodes: 2, notAssessedNodes: 0 },
      { pool: 'userpool01', state: 'unhealthy', cause: null, riskLevel: 'high', nodes: 3, notAssessedNodes: 0 },
    ]);
    expect(summary.nodes).toEqual({ total: 62, unhealthy: 41, healthy: 13, notAssessed: 8 });
    expect(summary.nodePools).toEqual({ total: 15, unhealthy: 9, healthy: 3, notEvaluated: 3, notApplicable: 0 });
    expect(events.filter(({ type }) => type === 'assessment').length).toBeGreaterThanOrEqual(62);
    const { connections } = checked('listConnections', { connections: await listConnections(deps.db) });
    expect(connections.find(({ id }) => id === 'sample')).toMatchObject({ state: 'ok', canUpgrade: true, clusters: 5, nodePools: 15, nodes: 62, advisoryDatabase: { state: 'ok', purpose: 'sample' } });
  });

  it('shares inventories and matches between equal nodes', async () => {
    const { deps } = fleet();

    const assessed = await deps.db.selectFrom('assessment').select(['inventory_id', 'match_set_id']).where('match_set_id', 'is not', null).execute();
    const sets = await deps.db.selectFrom('match_set').select('id').execute();

    expect(assessed).toHaveLength(54);
    expect(sets.length).toBe(new Set(assessed.map((row) => row.match_set_id)).size);
    expect(sets.length).toBeLessThan(20);
  });

  it('shows the pool that was patched and not rebooted as waiting for a boot', async () => {
    const { deps } = fleet();
    const pool = await recommendationOf(deps, 'syspool01');

    const { findings } = await findingsOf(deps, pool.poolId);

    expect(findings.length).toBeGreaterThan(0);
    expect(new Set(findings.map(({ state }) => state))).toEqual(new Set(['reboot-required']));
    const matches = await poolMatches(deps.db, pool.poolId);
    expect(matches.some(({ rebootFixes }) => rebootFixes)).toBe(true);
    expect(matches.filter(({ kernel, state }) => kernel === 'running' && state === 'affected-fix-available').every(({ rebootFixes }) => rebootFixes)).toBe(true);
  });

  it('pages its findings without losing or repeating one, and searches them', async () => {
    const { deps } = fleet();
    const { poolId } = await recommendationOf(deps, 'userpool01');
    const whole = await findingsOf(deps, poolId, 'all');
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await findingHandlers(deps).listFindings({ parameters: { poolId }, query: { state: 'all', limit: 7, ...(cursor === undefined ? {} : { cursor }) }, body: undefined });
      expect(page.total).toBe(whole.total);
      ids.push(...page.findings.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);

    expect(ids).toEqual(whole.findings.map(({ id }) => id));
    const found = await findingHandlers(deps).listFindings({ parameters: { poolId }, query: { state: 'all', limit: 500, search: 'OpenSSL' }, body: undefined });
    expect(found.total).toBeGreaterThan(0);
    expect(found.findings.every((row) => row.packageFamily === 'openssl')).toBe(true);
    const literal = await findingHandlers(deps).listFindings({ parameters: { poolId }, query: { state: 'all', limit: 500, search: '%' }, body: undefined });
    expect(literal.total).toBe(0);
    await expect(findingHandlers(deps).listFindings({ parameters: { poolId }, query: { state: 'all', limit: 5, cursor: 'nonsense' }, body: undefined })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('tells of a vulnerability its advisory, the nodes of the pool and the other nodes', async () => {
    const { deps } = fleet();
    const user = await recommendationOf(deps, 'userpool01');
    const batch = await recommendationOf(deps, 'batchpool01');
    const batchFindings = await findingsOf(deps, batch.poolId);
    const shared = (await findingsOf(deps, user.poolId)).findings.find((row) => batchFindings.findings.some(({ vulnerability }) => vulnerability === row.vulnerability));

    const details = checked('getVulnerability', await findingHandlers(deps).getVulnerability({ parameters: { poolId: user.poolId, vulnerability: shared?.vulnerability ?? '' }, ...noQuery }));

    expect(details.details.length).toBeGreaterThan(20);
    expect(details.findings[0]).toMatchObject({ grade: 'disk', evidencePath: '/var/lib/dpkg/status', state: 'open' });
    expect(details.findings[0]?.advisoryDatabaseRevision).toMatch(/^[0-9a-f]{64}$/);
    expect(details.nodePoolInstances.map(({ poolId }) => poolId)).toEqual([user.poolId, user.poolId, user.poolId]);
    expect(details.moreAffectedResources.map(({ pool }) => pool)).toContain('batchpool01');
    expect(details.moreAffectedResources.every(({ poolId }) => poolId !== user.poolId)).toBe(true);
    await expect(findingHandlers(deps).getVulnerability({ parameters: { poolId: user.poolId, vulnerability: 'CVE-1999-0001' }, ...noQuery })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('says why a node is not assessed', async () => {
    const { deps } = fleet();
    const { poolId } = await recommendationOf(deps, 'securepool01');

    const { nodes, counts } = checked('getRecommendation', await recommendationHandlers(deps).getRecommendation({ parameters: { poolId }, ...noQuery }));

    expect(nodes.map(({ state, cause }) => `${state} ${String(cause)}`)).toEqual(['healthy null', 'not-assessed encrypted', 'not-assessed unreachable']);
    expect(nodes[1]?.assessment?.coverage.map(({ state }) => state)).toContain('encrypted');
    expect(nodes[2]?.assessment).toMatchObject({ state: 'failed', cause: 'unreachable', grade: null, packages: null });
    expect(nodes.map(({ openVulnerabilities }) => openVulnerabilities)).toEqual([0, null, null]);
    expect(counts).toMatchObject({ open: 0 });
    const { assessments } = checked('listNodeAssessments', await assessmentHandlers(deps).listNodeAssessments({ parameters: { nodeId: nodes[0]?.id ?? '' }, ...noQuery }));
    expect(assessments).toMatchObject([{ trigger: 'first', state: 'succeeded', complete: true, grade: 'disk' }]);
  });

  it('reads the newer images of a pool once, for the forecasts', async () => {
    const { deps } = fleet();
    const { poolId } = await recommendationOf(deps, 'userpool01');
    const { newer_images: images, kubernetes_version: kubelet } = await deps.db.selectFrom('node_pool').select(['newer_images', 'kubernetes_version']).where('id', '=', poolId).executeTakeFirstOrThrow();

    await Promise.all([ensureImageReadings(deps, poolId), ensureImageReadings(deps, poolId)]);

    const told = await Promise.all(images.map((image) => imageMatches(deps.db, poolId, { image, kubelet: kubelet ?? '' })));
    expect(told.length).toBeGreaterThan(0);
    expect(told.every(({ kind }) => kind === 'known')).toBe(true);
    expect(told.at(-1)).toMatchObject({ kind: 'known', complete: true });
  });

  it('goes on telling what an image holds while the same image is read again', async () => {
    const { deps } = fleet();
    const { poolId } = await recommendationOf(deps, 'userpool01');
    await ensureImageReadings(deps, poolId);
    const read = () => deps.db.selectFrom('image_reading').select(['match_set_id', 'read_at']).where('pool_id', '=', poolId).execute();
    const [before] = await read();

    const reading = { isDone: false };
    const again = ensureImageReadings({ ...deps, clock: () => new Date(Date.now() + 3_600_000) }, poolId).finally(() => { reading.isDone = true; });
    const outcomes = new Set<string | null>();
    while (!reading.isDone) for (const { match_set_id: outcome } of await read()) outcomes.add(outcome);
    await again;

    expect(before?.match_set_id).toMatch(/./);
    expect([...outcomes]).not.toContain(null);
    expect((await read()).every(({ read_at: at }) => before !== undefined && at > before.read_at)).toBe(true);
  });

  it('follows a version that is changed inside a disk', async () => {
    const { deps, sampleFolder } = fleet();
    const { poolId } = await recommendationOf(deps, 'userpool01');
    const before = (await findingsOf(deps, poolId)).findings.find(({ sourcePackage }) => sourcePackage === 'curl');
    const installedVersion = before?.installedVersions[0] ?? '';
    const nodes = await deps.db.selectFrom('node').select('name').where('pool_id', '=', poolId).execute();
    // a version of the same length that is newer than any fix
    const newer = installedVersion.replace(/^\d/, '9');
    for (const { name } of nodes) await replaceInDisk(join(sampleFolder, 'disks', `${name}.img`), `Version: ${installedVersion}`, `Version: ${newer}`);

    const started = checked('reassessPool', await reassessmentHandlers(deps).reassessPool({ parameters: { poolId }, ...noQuery }));
    await assessmentsFinished(deps);

    const after = await findingsOf(deps, poolId, 'resolved');
    expect(after.findings.map(({ sourcePackage }) => sourcePackage)).toContain('curl');
    expect(after.findings.find(({ id }) => id === before?.id)).toMatchObject({ state: 'resolved', nodes: 0 });
    expect(started).toMatchObject({ scope: { kind: 'pool', id: poolId }, total: 3 });
    const ended = checked('getReassessment', await reassessmentHandlers(deps).getReassessment({ parameters: { reassessmentId: started.id }, ...noQuery }));
    expect(ended).toMatchObject({ state: 'succeeded', total: 3, finished: 3, notAssessed: 0 });
  });

  it('cancels what a reassessment has not begun, and lets the rest end', async () => {
    const { deps } = fleet();
    const handlers = reassessmentHandlers(deps);
    const started = checked('reassessConnection', await handlers.reassessConnection({ parameters: { connectionId: 'sample' }, ...noQuery }));

    checked('cancelReassessment', await handlers.cancelReassessment({ parameters: { reassessmentId: started.id }, ...noQuery }));
    await assessmentsFinished(deps);

    const ended = await handlers.getReassessment({ parameters: { reassessmentId: started.id }, ...noQuery });
    expect(ended).toMatchObject({ state: 'cancelled', total: 62, finished: 62 });
    expect(ended.notAssessed).toBeGreaterThan(2);
    const { reassessments } = checked('listReassessments', await handlers.listReassessments(none));
    expect(reassessments[0]?.id).toBe(started.id);
    expect(await recommendationOf(deps, 'batchpool01')).toMatchObject({ state: 'unhealthy' });
  });

  it('is not evaluated while scanning is off everywhere, starts no read then, and comes back', async () => {
    const { deps } = fleet();
    const handlers = planHandlers(deps);
    const names = ['defender-for-containers', 'defender-cspm', 'defender-for-servers-p2'] as const;
    const nodeId = await nodeNamed(deps, 'vmss000000');

    for (const plan of names) checked('changePlan', await handlers.changePlan({ parameters: { plan }, query: undefined, body: { agentlessScanning: false } }));

    expect(await recommendationOf(deps, 'userpool01')).toMatchObject({ state: 'not-evaluated', cause: 'plan-off' });
    await expect(reassessmentHandlers(deps).reassessNode({ parameters: { nodeId }, ...noQuery })).rejects.toMatchObject({ code: 'CONFLICT' });
    const { plans } = checked('listPlans', await handlers.listPlans(none));
    expect(plans.map(({ name, agentlessScanning }) => ({ name, agentlessScanning }))).toEqual(names.map((name) => ({ name, agentlessScanning: false })));

    await handlers.changePlan({ parameters: { plan: 'defender-cspm' }, query: undefined, body: { agentlessScanning: true } });
    expect(await recommendationOf(deps, 'userpool01')).toMatchObject({ state: 'unhealthy' });
  });

  it('goes on after a restart with what was written down, and cancels what nobody carries out any more', async () => {
    const { deps } = fleet();
    const nodeId = await nodeNamed(deps, 'securepool01-31764529-vmss000000');
    const [waiting] = await queueAssessments(deps.db, [nodeId], { trigger: 'manual', at: deps.clock(), key: 'before the restart' });
    const [lost] = await queueAssessments(deps.db, [nodeId], { trigger: 'manual', at: deps.clock(), key: 'lost' });
    await deps.db.updateTable('assessment').set({ state: 'reading' }).where('id', '=', lost?.id ?? '').execute();

    await resumeAssessments(deps.db, deps.clock(), { atStart: true });
    await resumeAssessments(deps.db, deps.clock(), { atStart: true });
    await assessmentsFinished(deps);

    const ended = await deps.db.selectFrom('assessment').select(['id', 'state']).where('id', 'in', [waiting?.id ?? '', lost?.id ?? '']).execute();
    expect(Object.fromEntries(ended.map(({ id, state }) => [id === lost?.id ? 'lost' : 'waiting', state]))).toEqual({ waiting: 'succeeded', lost: 'cancelled' });
  });

  it('starts later by itself what could not be started at once, and leaves alone what is under way', async () => {
    const { deps } = fleet();
    const nodeId = await nodeNamed(deps, 'securepool01-31764529-vmss000000');
    const startWorkflow = vi.spyOn(DBOS, 'startWorkflow').mockImplementationOnce(() => {
      throw new Error('the database has gone');
    });
    onTestFinished(() => startWorkflow.mockRestore());

    const reassessment = checked('reassessNode', await reassessmentHandlers({ ...deps, log: quiet(deps) }).reassessNode({ parameters: { nodeId }, ...noQuery }));
    expect(reassessment.state).toBe('running');
    await resumeAssessments(deps.db, deps.clock(), { atStart: false });
    await resumeAssessments(deps.db, deps.clock(), { atStart: false });
    await assessmentsFinished(deps);

    expect(await deps.db.selectFrom('assessment').select(['state', 'detail']).where('reassessment_id', '=', reassessment.id).execute()).toEqual([{ state: 'succeeded', detail: null }]);
  });

  it('ends with a reason where its workflow has ended without it, and its node is due again', async () => {
    const { deps } = fleet();
    const nodeId = await nodeNamed(deps, 'securepool01-31764529-vmss000000');
    // neither the reading nor the step that would say so comes through
    const broken = new NotFoundError('database', 'it');
    const clock = (): Date => {
      throw broken;
    };
    registerAssessNode({ ...deps, failpoint: () => Promise.reject(broken), clock, log: quiet(deps) });
    const queued = await queueAssessments(deps.db, [nodeId], { trigger: 'manual', at: deps.clock(), key: 'broken' });
    await startQueued(queued);
    const [{ id } = { id: '' }] = queued;
    await expect.poll(async () => (await DBOS.getWorkflowStatus(id))?.status, { timeout: 30_000 }).toBe('ERROR');
    registerAssessNode(deps);
    const stateOf = async () => deps.db.selectFrom('assessment').select(['state', 'detail']).where('id', '=', id).executeTakeFirst();
    expect(await stateOf()).toEqual({ state: 'reading', detail: null });

    await resumeAssessments(deps.db, deps.clock(), { atStart: false });

    expect(await stateOf()).toEqual({ state: 'cancelled', detail: 'its workflow ended as ERROR' });
  });

  it('is read once where two discoveries meet', async () => {
    const { deps } = fleet();
    const nodeId = await nodeNamed(deps, 'securepool01-31764529-vmss000000');
    const count = async () => (await deps.db.selectFrom('assessment').select('id').where('node_id', '=', nodeId).execute()).length;
    const before = await count();
    await deps.db.updateTable('node').set({ assessed_token: 'another disk' }).where('id', '=', nodeId).execute();

    await Promise.all([syncConnection(deps, 'sample'), syncConnection(deps, 'sample'), syncConnection(deps, 'sample')]);
    await assessmentsFinished(deps);
    await syncConnection(deps, 'sample');

    expect(await count()).toBe(before + 1);
  });

  it('survives a hostile parser, which becomes the cause of its node and closes nothing', async () => {
    const { deps, imagesFolder } = fleet();
    const parser = join(imagesFolder, 'hostile.mjs');
    await writeFile(parser, `const kept = []; process.once('message', () => setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5));`);
    registerAssessNode({ ...deps, reader: { ...deps.reader, memoryLimit: 200 * 1024 * 1024, entry: pathToFileURL(parser) } });
    const { poolId } = await recommendationOf(deps, 'batchpool01');
    const before = await findingsOf(deps, poolId);

    await reassessmentHandlers(deps).reassessPool({ parameters: { poolId }, ...noQuery });
    await assessmentsFinished(deps);
    registerAssessNode(deps);

    const { nodes } = await recommendationHandlers(deps).getRecommendation({ parameters: { poolId }, ...noQuery });
    expect(nodes.map(({ assessment }) => assessment)).toMatchObject([1, 2].map(() => ({ state: 'failed', cause: 'failed', coverage: [{ reason: 'reader-killed-memory' }] })));
    expect((await findingsOf(deps, poolId)).total).toBe(before.total);
  });

  it('keeps what it knew when the provider fails, and refuses the sample advisories for real disks', async () => {
    const { deps, imagesFolder, sampleFolder } = fleet();
    const file = join(imagesFolder, 'nodeward.yaml');
    const disk = join(sampleFolder, 'disks', `${(await deps.db.selectFrom('node').select('name').where('name', 'like', 'aks-userpool01-%').orderBy('name').executeTakeFirstOrThrow()).name}.img`);
    const text = `advisoryDatabase: ${join(sampleFolder, 'advisory-database')}\nclusters:\n  - name: own\n    pools:\n      - name: pool\n        image: image-1\n        nodes:\n          - name: node-1\n            path: ${disk}\n`;
    await writeFile(file, text);

    await syncConnection(deps, 'images');
    await assessmentsFinished(deps);

    expect(await recommendationOf(deps, 'pool')).toMatchObject({ state: 'not-evaluated', cause: 'no-advisories', openVulnerabilities: null });
    const failed = async () => (await listConnections(deps.db)).find(({ id }) => id === 'images');
    expect(await failed()).toMatchObject({ state: 'ok', nodes: 1, advisoryDatabase: { state: 'failed', failure: 'made-for-sample' } });

    await writeFile(file, text.replace('nodes:', 'nodes: 7 #'));
    await syncConnection(deps, 'images');

    const now = checked('listConnections', { connections: [await failed()] }).connections[0];
    expect(now).toMatchObject({ state: 'failed', nodes: 1, failure: { code: 'INVALID_CONFIGURATION' } });
    expect(now?.failure?.detail).toMatch(/nodeward\.yaml:\d+: /);
    expect(now?.failure?.detail).not.toContain('\n');
  });
});

async function replaceInDisk(file: string, from: string, to: string): Promise<void> {
  const bytes = await readFile(file);
  const disk = await open(file, 'r+');
  let replaced = 0;
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) {
    await disk.write(to, at);
    replaced += 1;
  }
  await disk.close();
  if (replaced === 0) throw new Error(`${file} does not hold ${from}`);
}
