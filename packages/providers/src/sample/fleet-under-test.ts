import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiscoveredPool, OperationRequest, OperationStatus, Provider } from '../provider.ts';
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
  pool(name: string): Promise<DiscoveredPool>;
  start(key: string, request?: Partial<OperationRequest>): Promise<string>;
  status(id: string): Promise<OperationStatus>;
  /** What the provider's log says was done to disks: `NODE WHAT`. */
  effects(): Promise<readonly string[]>;
}

const signal = new AbortController().signal;

export async function openFleet(): Promise<FleetUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-sample-'));
  const clock = { now: Date.UTC(2024, 2, 1) };
  const reopen = async (): Promise<Provider> => openSampleProvider({ stateFolder: folder, now: () => clock.now, nodeMilliseconds: 1000 });
  const provider = await reopen();
  return {
    folder,
    provider,
    clock,
    reopen,
    pool: async (name) => {
      const pool = (await provider.reader.discover(signal)).clusters[0]?.pools.find((candidate) => candidate.name === name);
      if (pool === undefined) throw new Error(`no pool ${name}`);
      return pool;
    },
    start: async (key, request = {}) => {
      const wish = { kind: 'node-image', pool: curedPool, target: curingImage, ...request } as const;
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

/** Parsed here by hand: the log's own reader is what is under test. */
export async function readEffects(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'operations.log'), 'utf8').catch(() => '');
  return text.trim().split('\n').flatMap((line) => {
    const [, what] = /"what":"(reimage|reboot)"/.exec(line) ?? [];
    const [, node] = /"node":"([^"]+)"/.exec(line) ?? [];
    return what === undefined || node === undefined ? [] : [`${node} ${what}`];
  });
}
