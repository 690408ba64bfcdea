import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notification, type NotificationType, type WebhookWithSecret } from '@nodeward/api';
import type { NotificationOutcome, NotificationRequest } from '@nodeward/providers';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sharedEngines, useSharedDatabase } from '../database/shared-database-for-tests.ts';
import { dependenciesOn } from '../dependencies-for-tests.ts';
import { advisoriesForTest, installed, type TestAdvisory, TestFleet } from '../finding/test-fleet-for-tests.ts';
import { InvalidRequestError, NotFoundError } from '../http/errors.ts';
import { endJob } from '../upgrade-job/store.ts';
import { deliverDue, forgetOldNotifications, retryDelaysMs } from './deliver-due.ts';
import { tellOfJob } from './job-facts.ts';
import type { NotificationDependencies } from './notification-dependencies.ts';
import { notificationHandlers } from './routes.ts';
import { createSecretBox } from '../secret/secret-box.ts';

const everything = ['finding.exploited', 'finding.critical', 'finding.regressed', 'job.succeeded', 'job.failed'] as const satisfies readonly NotificationType[];
const advisories: readonly TestAdvisory[] = [
  { vulnerability: 'CVE-2023-0001', source: 'openssl', fixed: '3.0.2-0ubuntu1.8', severity: 'critical', exploited: true },
  { vulnerability: 'CVE-2023-0002', source: 'openssl', fixed: '3.0.2-0ubuntu1.8', severity: 'critical', exploited: false },
  { vulnerability: 'CVE-2023-0003', source: 'openssl', fixed: '3.0.2-0ubuntu1.8', severity: 'low', exploited: false },
];
const bad = { packages: [installed('libssl3', '3.0.2-0ubuntu1.7', 'openssl')] };
const good = { packages: [installed('libssl3', '3.0.2-0ubuntu1.8', 'openssl')] };
const none = { parameters: undefined, query: undefined, body: undefined };
const url = 'https://receiver.example/hook';

describe.each(sharedEngines)('notifications on $name', (engine) => {
  const emptyDatabase = useSharedDatabase(engine);

  async function start(answers: (request: NotificationRequest) => NotificationOutcome = () => ({ kind: 'answered', status: 204 })) {
    const fleet = await TestFleet.create(await emptyDatabase(), advisories, { p: ['n0', 'n1'], q: ['m0'] });
    const dataDir = await mkdtemp(join(tmpdir(), 'nodeward-notify-'));
    onTestFinished(() => rm(dataDir, { recursive: true }));
    const sent: NotificationRequest[] = [];
    // signatures are checked against the clock of now
    const time = { now: new Date() };
    const logged: string[] = [];
    const tell = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
    const base = await dependenciesOn(fleet.db, [{ id: 'k', kind: 'images', name: 'Test', open: () => Promise.reject(new Error('not in this test')) }]);
    const deps: NotificationDependencies = {
      ...base,
      clock: () => time.now,
      newId: randomUUID,
      log: { info: tell, warn: tell, error: tell },
      randomBytes,
      secrets: createSecretBox({ dataDir, key: undefined, randomBytes }),
      send: (request) => {
        sent.push(request);
        return Promise.resolve(answers(request));
      },
      allowLoopback: false,
      publicAddress: 'https://nodeward.example',
    };
    const handlers = notificationHandlers(deps);
    const create = (types: readonly (typeof everything)[number][] = everything, enabled = true): Promise<WebhookWithSecret> =>
      handlers.createWebhook({ ...none, body: { name: 'receiver', url, types: [...types], enabled } }).then((webhook) => ({ ...webhook, types: [...webhook.types] }));
    const deliveries = async (webhookId: string) => (await handlers.listWebhookDeliveries({ ...none, parameters: { webhookId } })).deliveries;
    const later = (ms: number): void => void (time.now = new Date(time.now.getTime() + ms));
    /** As a receiver does it, with the specification's own library. */
    const received = (secret: string) => sent.map(({ headers, body }) => notification.parse(new Webhook(secret).verify(body, { ...headers })));
    return { fleet, deps, handlers, create, deliveries, received, sent, logged, later, dataDir };
  }

  it('are signed as the Standard Webhooks specification says, and say what has happened and where to look', async () => {
    const { fleet, deps, create, received, sent } = await start();
    const { secret } = await create();
    await fleet.assess('n0', bad);
    const { id: poolId } = await fleet.pool('p');

    expect(await deliverDue(deps)).toBe(2);

    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const told = received(secret).toSorted((a, b) => a.type.localeCompare(b.type));
    expect(told).toMatchObject([
      { type: 'finding.critical', data: { poolId, pool: 'p', cluster: 'c', vulnerabilityCount: 2, vulnerabilities: [{ vulnerability: 'CVE-2023-0001', exploited: true }, { vulnerability: 'CVE-2023-0002', fixedVersion: '3.0.2-0ubuntu1.8' }] } },
      { type: 'finding.exploited', data: { vulnerabilityCount: 1, vulnerabilities: [{ vulnerability: 'CVE-2023-0001', packageFamily: 'openssl', severity: 'critical' }] } },
    ]);
    expect(told[0]?.data.link).toBe(`https://nodeward.example/recommendations/${encodeURIComponent(poolId)}`);
    expect(() => new Webhook(`whsec_${randomBytes(32).toString('base64')}`).verify(sent[0]?.body ?? '', { ...sent[0]?.headers })).toThrow(/No matching signature/);
  });

  it('come once for what stays, and again as a regression for what comes back', async () => {
    const { fleet, deps, create, received } = await start();
    const { secret } = await create();
    for (const node of ['n0', 'n1', 'n0']) await fleet.assess(node, bad);
    await deliverDue(deps);
    expect(received(secret)).toHaveLength(2);

    for (const node of ['n0', 'n1']) await fleet.assess(node, good);
    expect(await deliverDue(deps)).toBe(0);
    await fleet.assess('n1', bad);
    await deliverDue(deps);

    expect(received(secret).slice(2)).toMatchObject([{ type: 'finding.regressed', data: { vulnerabilityCount: 3 } }]);
  });

  it('come for a finding that a newer feed calls exploited or critical', async () => {
    const { fleet, deps, create, received } = await start();
    const { secret } = await create();
    fleet.advisories = advisoriesForTest('older', [{ vulnerability: 'CVE-2023-0003', source: 'openssl', fixed: '3.0.2-0ubuntu1.8', severity: 'low', exploited: false }]);
    await fleet.assess('n0', bad);
    expect(await deliverDue(deps)).toBe(0);

    fleet.advisories = advisoriesForTest('newer', [{ vulnerability: 'CVE-2023-0003', source: 'openssl', fixed: '3.0.2-0ubuntu1.8', severity: 'critical', exploited: true }]);
    await fleet.assess('n0', bad);
    await deliverDue(deps);

    expect(received(secret).map(({ type }) => type).toSorted()).toEqual(['finding.critical', 'finding.exploited']);
  });

  it('go to those that want them: not to one that was made later, is switched off or asked for other things', async () => {
    const { fleet, deps, create, sent, handlers } = await start();
    await create(['job.failed']);
    await create(everything, false);
    await fleet.assess('n0', bad);
    await create();

    await deliverDue(deps);

    expect(sent).toEqual([]);
    expect((await handlers.listWebhooks(none)).webhooks.map(({ lastDelivery }) => lastDelivery)).toEqual([null, null, null]);
    expect(await fleet.db.selectFrom('notification').select('id').execute()).toEqual([]);
  });

  it.each([
    ['succeeded', 'job.succeeded', null],
    ['failed', 'job.failed', 'DrainTimeout'],
  ] as const)('tell once that a job has ended: %s', async (state, type, failure) => {
    const { fleet, deps, create, received } = await start();
    const { secret } = await create();
    const { id: poolId } = await fleet.pool('p');
    const at = fleet.now();
    await fleet.db.insertInto('upgrade_job').values({ id: 'j', pool_id: poolId, kind: 'reboot', from_image: 'image-1', target: null, state: 'running', created_at: at }).execute();
    await endJob(fleet.db, 'j', { state, failure: failure === null ? null : { code: failure, node: 'n0', detail: 'late' }, at });
    for (let repeated = 0; repeated < 2; repeated += 1) await tellOfJob(fleet.db, 'j', at);

    await deliverDue(deps);

    expect(received(secret)).toMatchObject([{ type, data: { jobId: 'j', jobState: state, failure, pool: 'p', link: 'https://nodeward.example/upgrade-jobs/j' } }]);
  });

  it('are sent again with the same id until the receiver answers, in growing pauses', async () => {
    let status = 500;
    const { fleet, deps, create, deliveries, sent, later } = await start(() => ({ kind: 'answered', status }));
    const { id } = await create(['finding.exploited']);
    await fleet.assess('n0', bad);

    await deliverDue(deps);
    expect(await deliveries(id)).toMatchObject([{ state: 'waiting', attempts: 1, lastStatus: 500, lastError: 'HTTP 500' }]);
    expect(await deliverDue(deps)).toBe(0);
    later(retryDelaysMs[0]);
    await deliverDue(deps);
    later(retryDelaysMs[0]);
    expect(await deliverDue(deps)).toBe(0);
    status = 200;
    later(retryDelaysMs[1]);
    await deliverDue(deps);

    expect(await deliveries(id)).toMatchObject([{ state: 'delivered', attempts: 3, lastStatus: 200, lastError: null, nextAttemptAt: null }]);
    expect(new Set(sent.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
  });

  it('are given up after a bounded time, and say so', async () => {
    const { fleet, deps, create, deliveries, sent, logged, later } = await start(() => ({ kind: 'no-answer', detail: 'connect ECONNREFUSED' }));
    const { id } = await create(['finding.exploited']);
    await fleet.assess('n0', bad);

    for (const delay of [...retryDelaysMs, 0, 0]) {
      await deliverDue(deps);
      later(delay);
    }

    expect(await deliveries(id)).toMatchObject([{ state: 'failed', attempts: retryDelaysMs.length + 1, nextAttemptAt: null, lastStatus: null, lastError: 'connect ECONNREFUSED' }]);
    expect(sent).toHaveLength(retryDelaysMs.length + 1);
    expect(logged.join('\n')).toMatch(/could not be delivered/);
  });

  it('survive a server that dies while it sends: the attempt counts, and another one follows', async () => {
    const { fleet, deps, create, deliveries, sent, later } = await start();
    const { id } = await create(['finding.exploited']);
    await fleet.assess('n0', bad);
    const dying = { ...deps, failpoint: (name: string) => (name === 'notify:after-send' ? Promise.reject(new Error('killed')) : Promise.resolve()) };

    await expect(deliverDue(dying)).rejects.toThrow('killed');
    expect(await deliveries(id)).toMatchObject([{ state: 'waiting', attempts: 1, lastStatus: null }]);
    later(2 * 60_000);
    await deliverDue(deps);

    expect(await deliveries(id)).toMatchObject([{ state: 'delivered', attempts: 2 }]);
    expect(new Set(sent.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('are taken by one of two servers', async () => {
    const { fleet, deps, create, sent } = await start();
    await create(['finding.exploited']);
    await fleet.assess('n0', bad);

    await Promise.all([deliverDue(deps), deliverDue(deps), deliverDue(deps)]);

    expect(sent).toHaveLength(1);
  });

  it.each<[string, NotificationOutcome, object, boolean]>([
    ['gone for good switches the webhook off', { kind: 'answered', status: 410 }, { state: 'failed', lastStatus: 410 }, false],
    ['that redirects is not followed', { kind: 'answered', status: 308 }, { state: 'waiting', lastError: 'HTTP 308: redirects are not followed' }, true],
    ['at an address that is refused is told nothing', { kind: 'refused', detail: 'receiver.example is 169.254.169.254' }, { state: 'waiting', lastStatus: null }, true],
  ])('a receiver %s', async (_, outcome, delivery, enabled) => {
    const { fleet, deps, create, deliveries, handlers } = await start(() => outcome);
    const { id } = await create(['finding.exploited']);
    await fleet.assess('n0', bad);

    await deliverDue(deps);

    expect(await deliveries(id)).toMatchObject([delivery]);
    expect((await handlers.listWebhooks(none)).webhooks).toMatchObject([{ enabled }]);
  });

  it('wait without loss where the key is missing, and the log says what to do', async () => {
    const { fleet, deps, create, deliveries, dataDir, sent, later, logged } = await start();
    const { id } = await create(['finding.exploited']);
    await fleet.assess('n0', bad);
    const without = { ...deps, secrets: createSecretBox({ dataDir: join(dataDir, 'elsewhere'), key: undefined, randomBytes }) };

    await deliverDue(without);
    const [waiting] = await deliveries(id);
    expect(waiting).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(waiting?.lastError).toMatch(/secret\.key/);
    expect(logged.join('\n')).toMatch(/secret\.key/);
    await expect(notificationHandlers(without).createWebhook({ ...none, body: { name: 'x', url, types: ['job.failed'], enabled: true } })).rejects.toThrow(/secret\.key/);
    later(5 * 60_000);
    await deliverDue(deps);

    expect(await deliveries(id)).toMatchObject([{ state: 'delivered', attempts: 1 }]);
    expect(sent).toHaveLength(1);
  });

  it('have a secret that is shown once, and is in no list, log or table', async () => {
    const { fleet, deps, create, handlers, logged } = await start(() => ({ kind: 'answered', status: 500 }));
    const { id, secret } = await create();
    await fleet.assess('n0', bad);
    await deliverDue(deps);
    const changed = await handlers.changeWebhook({ parameters: { webhookId: id }, query: undefined, body: { name: 'other', url, types: ['job.failed'], enabled: false } });

    const told = JSON.stringify([changed, await handlers.listWebhooks(none), logged, await fleet.db.selectFrom('webhook').selectAll().execute(), await fleet.db.selectFrom('webhook_delivery').selectAll().execute()]);

    expect(changed).toMatchObject({ name: 'other', enabled: false, types: ['job.failed'] });
    expect(told).not.toContain(secret.slice('whsec_'.length));
  });

  it('can be tried: one is sent at once, whether or not the webhook is switched on, and its answer is shown', async () => {
    let outcome: NotificationOutcome = { kind: 'answered', status: 202 };
    const { create, handlers, received, deps, later } = await start(() => outcome);
    const { id, secret } = await create(['job.failed'], false);
    const test = () => handlers.testWebhook({ ...none, parameters: { webhookId: id } });

    expect(await test()).toMatchObject({ type: 'test', state: 'delivered', attempts: 1, lastStatus: 202 });
    outcome = { kind: 'no-answer', detail: 'timed out' };
    later(1000);
    expect(await test()).toMatchObject({ state: 'failed', lastStatus: null, lastError: 'timed out' });
    later(24 * 3_600_000);
    expect(await deliverDue(deps)).toBe(0);
    expect(received(secret).map(({ type }) => type)).toEqual(['test', 'test']);
    expect((await handlers.listWebhooks(none)).webhooks).toMatchObject([{ lastDelivery: { lastError: 'timed out' } }]);
  });

  it('go with their webhook, and are forgotten after a month unless they wait', async () => {
    const { fleet, deps, create, handlers, later } = await start();
    const first = await create(['finding.exploited']);
    await create(['finding.critical']);
    await fleet.assess('n0', bad);
    await handlers.deleteWebhook({ ...none, parameters: { webhookId: first.id } });
    const count = async () => [(await fleet.db.selectFrom('notification').select('id').execute()).length, (await fleet.db.selectFrom('webhook_delivery').select('id').execute()).length];
    expect(await count()).toEqual([2, 1]);

    later(31 * 24 * 3_600_000);
    await forgetOldNotifications(fleet.db, deps.clock());
    expect(await count()).toEqual([1, 1]);
    await deliverDue(deps);
    await forgetOldNotifications(fleet.db, deps.clock());

    expect(await count()).toEqual([0, 0]);
    await expect(handlers.deleteWebhook({ ...none, parameters: { webhookId: first.id } })).rejects.toThrow(NotFoundError);
  });

  it.each(['http://169.254.169.254/', 'http://[fe80::1]/', 'http://127.0.0.1/', 'https://user:word@receiver.example/'])('are not sent to %s', async (address) => {
    const { handlers } = await start();

    await expect(handlers.createWebhook({ ...none, body: { name: 'x', url: address, types: ['job.failed'], enabled: true } })).rejects.toThrow(InvalidRequestError);
  });
});
