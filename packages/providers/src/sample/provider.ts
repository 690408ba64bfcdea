import { mkdir } from 'node:fs/promises';
import type { Provider } from '../provider.ts';
import { setAutoUpgrade } from './auto-upgrade.ts';
import { discover } from './discover.ts';
import { imageEvidence, nodeEvidence } from './evidence.ts';
import { withLock } from './lock.ts';
import { materialise } from './materialise.ts';
import { prepare } from './prepare.ts';
import { type StateFolder, stateFolder } from './state-folder.ts';
import { readStatus, startOperation } from './upgrade.ts';

export interface SampleProviderOptions {
  /** Made where it does not exist; `state-folder.ts` says what lies in it. */
  readonly stateFolder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long an operation takes for one node; 2000 where not given. */
  readonly nodeMilliseconds?: number;
}

/** A fleet of our own that behaves as a cloud does: what is started goes on while nobody runs. */
export async function openSampleProvider(options: SampleProviderOptions): Promise<Provider> {
  const { now, nodeMilliseconds = 2000 } = options;
  const folder = stateFolder(options.stateFolder);
  await mkdir(folder.path, { recursive: true });
  const upToDate = async <Result>(signal: AbortSignal, work: (at: number) => Promise<Result>): Promise<Result> =>
    withLock(folder.path, signal, async () => {
      const at = now();
      await bringUpToDate(folder, at);
      return work(at);
    });
  await upToDate(new AbortController().signal, async () => Promise.resolve());
  return {
    kind: 'sample',
    reader: {
      discover: async (signal) => upToDate(signal, async () => discover(folder)),
      nodeEvidence: async (node, signal) => upToDate(signal, async () => nodeEvidence(folder, node)),
      imageEvidence: async (image, signal) => upToDate(signal, async () => imageEvidence(folder, image)),
    },
    writer: {
      start: async (request, signal) => upToDate(signal, async (at) => startOperation(folder, request, at, nodeMilliseconds)),
      status: async (operation, signal) => upToDate(signal, async (at) => readStatus(folder, operation, at)),
      setAutoUpgrade: async (cluster, settings, signal) => upToDate(signal, async () => setAutoUpgrade(folder, cluster, settings)),
    },
    close: async () => Promise.resolve(),
  };
}

async function bringUpToDate(folder: StateFolder, now: number): Promise<void> {
  await prepare(folder);
  await materialise(folder, now);
}
