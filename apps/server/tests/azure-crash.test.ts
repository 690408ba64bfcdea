import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import type { ApiClient, AssessmentSummary } from '@nodeward/api';
import { createBufferSource } from '@nodeward/engine';
import { type AzureEnvironment, startAzureEnvironment } from '@nodeward/providers/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crashAt, crashWhen, emptyPlace, killServers, type ServerPlace, startServer } from './server-process.ts';

/** A volume without a table of partitions, whose package database is whole only with its journal. */
const volume = new URL('../../../packages/engine/src/filesystem/ext4/fixtures/journal-ext4-no-checksums/volume.img.zst', import.meta.url);
const headBytes = 256 * 1024;

/** What the emulator has been asked for since the trap was laid, and what shall be the last of it. */
let trap: { readonly steps: string[]; readonly kill: () => void } | undefined;

/** Kills once the steps have come, in this order, with whatever in between. The emulator does the last of them all the same. */
function pass(step: string): void {
  if (trap?.steps[0] !== step) return;
  trap.steps.shift();
  if (trap.steps.length > 0) return;
  trap.kill();
  trap = undefined;
}

function stepOf({ method, path }: { readonly method: string; readonly path: string }): string {
  const name = path.split('/').at(-1) ?? '';
  return `${method} ${/^nodeward-[0-9a-f]{32}$/.test(name) ? 'copy' : name}`;
}

/** Each leaves something else behind: a copy, an address, half a reading, a copy that nobody reads, nothing. */
const azurePoints: readonly (readonly string[])[] = [['PUT copy'], ['POST beginGetAccess'], ['bytes'], ['bytes', 'POST endGetAccess'], ['DELETE copy']];
/** The points before them leave what the points after the one before leave. */
const serverPoints = ['assess:before-read', 'assess:after-read', 'assess:after-store', 'assess:after-match', 'assess:after-conclude'];

const found = await startAzureEnvironment({
  clusters: [{ name: 'prod', pools: [{ name: 'system', nodes: 1 }] }],
  onRequest: (request) => pass(stepOf(request)),
  diskOf: () => {
    const source = createBufferSource(image);
    return {
      ...source,
      size: source.size,
      read: async (offset, length) => {
        if (offset >= headBytes) pass('bytes');
        return source.read(offset, length);
      },
    };
  },
});
let image = new Uint8Array(0);
const folders: string[] = [];

beforeAll(async () => {
  image = new Uint8Array(zstdDecompressSync(await readFile(volume)));
});
afterAll(async () => {
  killServers();
  await found?.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function freshPlace(): Promise<ServerPlace> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nodeward-azure-crash-'));
  folders.push(dataDir);
  return emptyPlace(join(dataDir, 'data'));
}

async function until<Value>(what: string, check: () => Promise<Value | undefined>): Promise<Value> {
  const deadline = Date.now() + 600_000;
  while (Date.now() < deadline) {
    const value = await check();
    if (value !== undefined) return value;
    await delay(100);
  }
  throw new Error(`waited in vain until ${what}`);
}

async function connect(client: ApiClient, azure: AzureEnvironment): Promise<void> {
  const { subscription, scannerResourceGroup } = azure;
  const settings = { subscriptions: [subscription], tenantId: subscription, clientId: subscription, scannerResourceGroup, readDisks: true, readReferenceImages: false };
  await client.call('createConnection', { body: { kind: 'aks', settings, secret: { clientSecret: 'hush-hush' } } });
}

/** Of the only node, once none is open: a discovery that finds another disk, or none, queues one more. */
async function assessments(client: ApiClient): Promise<readonly AssessmentSummary[]> {
  return until('the node has been assessed', async () => {
    const [node] = (await client.call('listNodes', { query: { limit: 10 } })).nodes;
    if (node === undefined) return undefined;
    const all = (await client.call('listNodeAssessments', { parameters: { nodeId: node.id } })).assessments;
    return all.length > 0 && all.every(({ finishedAt }) => finishedAt !== null) ? all : undefined;
  });
}

describe.skipIf(found === undefined)('a server that is killed while it reads the disk of a node', { timeout: 1_200_000 }, () => {
  const azure = found;
  if (azure === undefined) return;
  const environment = {
    ...azure.environment,
    NODEWARD_ADVISORY_UPDATE_HOURS: '0',
    NODEWARD_ADVISORY_MIRROR: join(tmpdir(), 'nodeward-no-such-mirror'),
    NODEWARD_NODE_IMAGE_MIRROR: join(tmpdir(), 'nodeward-no-such-mirror'),
  };

  /** Connected, and killed at the first point. */
  const begin = async (place: ServerPlace, steps: readonly string[]): Promise<void> => {
    const first = await startServer(place, environment);
    trap = { steps: [...steps], kill: () => first.kill() };
    await connect(first.client, azure).catch(() => undefined);
    expect(await first.killed).toBe('SIGKILL');
  };

  it('finishes the reading once, however often it died, and leaves no copy and no address', async () => {
    const place = await freshPlace();
    const [first = [], ...others] = azurePoints;
    await begin(place, first);

    for (const steps of others) await crashWhen(place, steps.join(', '), (kill) => (trap = { steps: [...steps], kill }), environment);
    for (const point of serverPoints) await crashAt(place, point, environment);

    const last = await startServer(place, environment);
    const all = await assessments(last.client);
    expect(all).toMatchObject([{ grade: 'disk', trigger: 'first', packages: 62 }]);
    expect(all[0]?.bytesRead).toBeGreaterThan(headBytes);
    expect([azure.arm.copies(), azure.openAddresses()]).toEqual([[], []]);
    expect(await last.stop()).toBe(0);
  });

  it('leaves a copy with its address where Compute knows the machine no more, until its lease is over, and not longer', async () => {
    const place = await freshPlace();
    await begin(place, ['POST beginGetAccess']);
    const machines = [...azure.resources.keys()].find((path) => path.endsWith('/virtualmachines') && path.includes('virtualmachinescalesets')) ?? '';
    const before = azure.resources.get(machines);
    azure.resources.set(machines, []);
    try {
      const second = await startServer(place, environment);
      for (const assessment of await assessments(second.client)) expect(assessment).toMatchObject({ cause: 'unreachable', grade: 'node-status', packages: 0 });
      expect([azure.arm.copies().length, azure.openAddresses().length]).toEqual([1, 1]);
      expect(await second.stop()).toBe(0);

      azure.arm.endLeases();
      const third = await startServer(place, environment);
      await until('the sweeper has been there', async () => Promise.resolve(azure.arm.copies().length === 0 ? true : undefined));
      expect(azure.openAddresses()).toEqual([]);
      expect(await third.stop()).toBe(0);
    } finally {
      azure.resources.set(machines, before);
    }
  });
});
