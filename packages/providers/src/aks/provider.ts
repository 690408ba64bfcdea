import { setTimeout as delay } from 'node:timers/promises';
import type { SourceNames } from '@nodeward/engine';
import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Outbound } from '../network/outbound.ts';
import { listEvidence } from '../node-image-list/list-evidence.ts';
import type { NodeImageLists } from '../node-image-list/node-image-lists.ts';
import type { Provider } from '../provider.ts';
import { openRangeSource } from '../range-source/open-range-source.ts';
import { RangeSourceError } from '../range-source/range-source-error.ts';
import { openArmClient } from './arm-client.ts';
import { asProviderError } from './arm-error.ts';
import { checkRights } from './check-rights.ts';
import { type IdentitySettings, openCredential, openTransport } from './credential.ts';
import { refusalOfRangeFailure } from './disk-refusal.ts';
import { discoverFleet, openDiscoveryCaches } from './discover.ts';
import { type EvidenceSources, imageEvidence, nodeEvidence } from './evidence.ts';
import type { Fleet } from './fleet.ts';
import { unknownImage } from './machines.ts';
import type { AksRightsSettings } from './rights.ts';
import { openSnapshotChain, type SnapshotChain } from './snapshot-chain.ts';
import { sweepExpired } from './sweep.ts';
import { type Clock, openThrottleBudget } from './throttle-budget.ts';

export interface AksSettings extends AksRightsSettings, IdentitySettings {}

export interface AksProviderOptions {
  readonly settings: AksSettings;
  /** Absent: the ambient identity. */
  readonly clientSecret?: string | undefined;
  readonly advisoryDatabaseFolder: string;
  readonly lists: Pick<NodeImageLists, 'find' | 'securityPatches'>;
  readonly sourceNames?: SourceNames | undefined;
  readonly outbound: Outbound;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where not given: real time. */
  readonly sleep?: Clock['sleep'];
  /** Where not given: by `outbound`, with the identity that `settings` names. */
  readonly azure?: { readonly transport: HttpClient; readonly credential: TokenCredential };
}

/**
 * Azure Kubernetes Service through Azure Resource Manager, read-only towards clusters. There is no writer. Copies of disks are made
 * and removed in the scanner's own resource group alone.
 */
export async function openAksProvider(options: AksProviderOptions): Promise<Provider> {
  const { settings, advisoryDatabaseFolder, now } = options;
  const clock = { now, sleep: options.sleep ?? (async (milliseconds: number, signal: AbortSignal) => delay(milliseconds, undefined, { signal })) };
  const transport = options.azure === undefined ? openTransport(options.outbound) : undefined;
  const azure = options.azure ?? openAmbient(options, transport?.client);
  const client = openArmClient({ ...azure, clock, budget: openThrottleBudget(clock) });
  const caches = openDiscoveryCaches(now);
  const chain = settings.scannerResourceGroup === undefined ? undefined : chainOf(options, client, clock);
  const sources = sourcesOf(options, chain);
  let last: Fleet | undefined;
  const discovered = async (signal: AbortSignal): Promise<Fleet> => {
    signal.throwIfAborted();
    try {
      last = await discoverFleet(client, caches, settings, last, signal);
    } catch (error) {
      throw asProviderError(error);
    }
    return last;
  };
  const known = async (signal: AbortSignal): Promise<Fleet> => {
    signal.throwIfAborted();
    return last ?? discovered(signal);
  };
  return Promise.resolve({
    kind: 'aks',
    reader: {
      discover: async (signal) => {
        const { clusters, incomplete, name } = await discovered(signal);
        return { advisoryDatabase: { folder: advisoryDatabaseFolder, purpose: 'production' }, clusters: clusters.map(({ cluster }) => cluster), ...(incomplete.length === 0 ? {} : { incomplete }), ...(name === undefined ? {} : { name }) };
      },
      nodeEvidence: async (node, signal) => nodeEvidence(sources, await known(signal), node, signal),
      imageEvidence: async (image, signal) => imageEvidence(sources, await known(signal), image, signal),
      checkRights: async (signal) => checkRights(client, await known(signal), usable(settings), signal),
    },
    sweepExpired: async (signal) => (settings.scannerResourceGroup === undefined ? { removed: [], failed: [] } : sweepExpired(client, settings.scannerResourceGroup, now(), signal)),
    close: async () => {
      const unclaimed = [...sources.waiting];
      sources.waiting.clear();
      await Promise.allSettled(unclaimed.map(async (disk) => disk.close()));
      transport?.close();
    },
  });
}

/** Without a place for copies nothing is copied, whatever the switches say. */
function usable(settings: AksSettings): AksSettings {
  return settings.scannerResourceGroup === undefined ? { ...settings, readDisks: false, readReferenceImages: false } : settings;
}

function openAmbient({ settings, clientSecret }: AksProviderOptions, transport: HttpClient | undefined): NonNullable<AksProviderOptions['azure']> {
  if (transport === undefined) throw new TypeError('no way out');
  return { transport, credential: openCredential(settings, clientSecret, transport) };
}

function chainOf({ settings, outbound }: AksProviderOptions, client: ReturnType<typeof openArmClient>, { now, sleep }: Clock): SnapshotChain {
  return openSnapshotChain({
    client,
    scannerResourceGroup: settings.scannerResourceGroup ?? '',
    now,
    sleep,
    openRange: async (url) => openRangeSource(url, { outbound, pageList: true }),
    refusalOfRead: (error) => (error instanceof RangeSourceError ? refusalOfRangeFailure(error.failure) : undefined),
  });
}

function sourcesOf({ settings, lists, sourceNames, now }: AksProviderOptions, chain: SnapshotChain | undefined): EvidenceSources {
  return {
    chain,
    readDisks: settings.readDisks,
    readReferenceImages: settings.readReferenceImages,
    listEvidence: async (label, signal) => (label === unknownImage ? { kind: 'refused', cause: 'unsupported', reason: 'node-image-unknown', detail: 'AKS names no node image' } : listEvidence({ label, lists, sourceNames }, signal)),
    now,
    waiting: new Set(),
  };
}
