import { link, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { DiscoveredCluster, DiscoveredPool, OperationRequest, OperationStatus, Provider } from '../provider.ts';
import { openSampleProvider } from './provider.ts';

export const curedPool = { cluster: 'prod-tokyo-01', pool: 'userpool01' };
export const curingImage = 'AKSUbuntu-2204gen2containerd-202402.26.0';
export const curedNodes = [0, 1, 2].map((index) => `aks-userpool01-31764529-vmss00000${index}`);

/** A sample fleet in a folder of its own, whose clock the test moves. */
export interface FleetUnderTest extends AsyncDisposable {
  readonly folder: string;
  readonly provider: Provider;
  readonly clock: { now: number };
  /** A second process as far as the fleet can tell. */
  reopen(): Promise<Provider>;
  /** Of prod-tokyo-01 where no other cluster is named. */
  pool(name: string, cluster?: string): Promise<DiscoveredPool>;
  cluster(name: string): Promise<DiscoveredCluster>;
  start(key: string, request?: Partial<OperationRequest>): Promise<string>;
  status(id: string): Promise<OperationStatus>;
  /** What the provider's log says was done to disks: `NODE WHAT`. */
  effects(): Promise<readonly string[]>;
}

const signal = new AbortController().signal;

const beginning: { folder?: Promise<string> } = {};

afterAll(async () => {
  if (beginning.folder !== undefined) await rm(await beginning.folder, { recursive: true, force: true });
});

/** A prepared folder that is opened once for all tests of a file. */
async function prepareBeginning(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-sample-'));
  await (await openSampleProvider({ stateFolder: folder, now: () => 0 })).close();
  return folder;
}

/** Hard links: the provider puts files in place of others and never writes into one. A test that does must unlink it first. */
async function copyBeginning(): Promise<string> {
  beginning.folder ??= prepareBeginning();
  const [from, to] = [await beginning.folder, await mkdtemp(join(tmpdir(), 'nodeward-sample-'))];
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(from.length);
    if (entry.isDirectory()) await mkdir(join(to, path), { recursive: true });
    else if (entry.name !== 'lock.sqlite') {
      await mkdir(dirname(join(to, path)), { recursive: true });
      await link(join(from, path), join(to, path));
    }
  }
  return to;
}

export async function openFleet(): Promise<FleetUnderTest> {
  const folder = await copyBeginning();
  const clock = { now: Date.UTC(2024, 2, 1) };
  const reopen = async (): Promise<Provider> => openSampleProvider({ stateFolder: folder, now: () => clock.now, nodeMilliseconds: 1000 });
  const provider = await reopen();
  return {
    folder,
    provider,
    clock,
    reopen,
    pool: async (name, cluster = curedPool.cluster) => named((await clusterOf(provider, cluster)).pools, name),
    cluster: async (name) => clusterOf(provider, name),
    start: async (key, request = {}) => {
      const wish = { kind: 'node-image', ...curedPool, ...(request.kind !== 'reboot' && { target: curingImage }), ...request } as const;
      return (await provider.writer?.start({ ...wish, idempotencyKey: key }, signal))?.id ?? '';
    },
    status: async (id) => {
      const status = await provider.writer?.status({ id }, signal);
      if (status === undefined) throw new Error('no writer');
      return status;
    },
    effects: async () => readEffects(folder),
    [Symbol.asyncDispose]: async () => rm(folder, { recursive: true, force: true }),
  };
}

async function clusterOf(provider: Provider, name: string): Promise<DiscoveredCluster> {
  return named((await provider.reader.discover(signal)).clusters, name);
}

function named<Named extends { readonly name: string }>(things: readonly Named[], name: string): Named {
  const found = things.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

/** Parsed here by hand: the log's own reader is what is under test. */
export async function readEffects(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'operations.log'), 'utf8').catch(() => '');
  return text.trim().split('\n').flatMap((line) => {
    const [, what] = /"what":"(reimage|reboot)"/.exec(line) ?? [];
    const [, node] = /"node":"([^"]+)"/.exec(line) ?? [];
    return what === undefined || node === undefined ? [] : [`${node} ${what}`];
  });
}
