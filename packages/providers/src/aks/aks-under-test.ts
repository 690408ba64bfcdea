import { setImmediate } from 'node:timers/promises';
import { createBufferSource } from '@nodeward/engine';
import { openOutbound } from '../network/outbound.ts';
import type { Provider } from '../provider.ts';
import { type PageBlobServer, startPageBlobServer } from '../range-source/page-blob-server-for-tests.ts';
import { type ArmServer, type ArmServerOptions, type PageBlobs, startArmServer } from './arm-server-for-tests.ts';
import { azureResources, type FleetCluster, newImage, oldImage, scannerResourceGroup } from './azure-fleet-for-tests.ts';
import { type AksProviderOptions, type AksSettings, openAksProvider } from './provider.ts';

export interface AksUnderTest extends AsyncDisposable {
  readonly arm: ArmServer;
  readonly blobs: PageBlobServer;
  /** Milliseconds; sleeping moves it on and takes no time. */
  readonly clock: { now: number; readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void> };
  /** Another process on the same Azure. */
  openProvider(settings?: Partial<AksSettings>): Promise<Provider>;
}

export const smallFleet: readonly FleetCluster[] = [
  {
    name: 'prod',
    pools: [
      { name: 'system', nodes: 2 },
      { name: 'fast', nodes: 2, ephemeral: true },
      { name: 'win', nodes: 1, windows: true, image: 'AKSWindows-2022-containerd-20348.5499.260812' },
      { name: 'vms', nodes: 1, standalone: true },
    ],
    karpenter: { spot: 2 },
  },
];

/** What every copied disk holds: 1 MiB, of which some is not zero. */
export const diskBytes = Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index % 65_536 < 4096 ? index % 251 : 0));

const shortList = (version: string): Buffer => Buffer.from(`=== Installed Packages Begin
Listing...
libnghttp2-14/jammy-updates,now 1.43.0-1build3 amd64 [installed]
linux-image-5.15.0-1041-azure/jammy-updates,now 5.15.0-1041.48 amd64 [installed]
=== Installed Packages End
=== os-release Begin
PRETTY_NAME="Ubuntu 22.04.3 LTS"
VERSION_ID="22.04"
VERSION_CODENAME=jammy
ID=ubuntu
=== os-release End
${version}
`);

export const lists: AksProviderOptions['lists'] = {
  find: async (label) => Promise.resolve([oldImage, newImage].includes(label) ? { kind: 'list', bytes: shortList(label), name: `${label}.txt` } : { kind: 'not-published' }),
  securityPatches: async () => Promise.resolve({ kind: 'patches', patches: [] }),
};

export const credential = { getToken: async () => Promise.resolve({ token: 'secret-token', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };

export async function startAzure(fleet: readonly FleetCluster[] = smallFleet, options: Partial<ArmServerOptions> = {}): Promise<AksUnderTest> {
  const clock = { now: Date.parse('2026-11-24T00:00:00Z'), sleep: async (milliseconds: number, signal: AbortSignal) => {
    signal.throwIfAborted();
    // Those who sleep at the same time sleep the same seconds.
    const until = clock.now + milliseconds;
    await setImmediate();
    clock.now = Math.max(clock.now, until);
  } };
  const blobs = await startPageBlobServer({ now: () => clock.now });
  const arm = await startArmServer({ resources: azureResources(fleet), scannerResourceGroup, blobs: copiesOn(blobs), now: () => clock.now, ...options });
  const outbound = await openOutbound({ environment: {} });
  return {
    arm,
    blobs,
    clock,
    openProvider: async (settings = {}) =>
      openAksProvider({
        settings: { subscriptions: [], scannerResourceGroup, readDisks: true, readReferenceImages: false, ...settings },
        advisoryDatabaseFolder: 'advisories',
        lists,
        outbound,
        now: () => clock.now,
        sleep: clock.sleep,
        azure: { transport: arm.transport, credential },
      }),
    [Symbol.asyncDispose]: async () => {
      await outbound.close();
      await arm.close();
      await blobs.close();
    },
  };
}

function copiesOn(blobs: PageBlobServer): PageBlobs {
  // account, container, blob: as a client reads an address without a name for its host
  const flat = (name: string): string => `md-1/copies/${name.replace('/', '-')}`;
  return {
    addCopy: (name) => blobs.addDisk(flat(name), createBufferSource(diskBytes)),
    grant: (name, seconds) => blobs.grant(flat(name), seconds),
    hasGrant: (name) => blobs.hasGrant(flat(name)),
    revoke: (name) => blobs.revoke(flat(name)),
    remove: (name) => blobs.remove(flat(name)),
  };
}
