import type { DiskSource } from '@nodeward/engine';
import { type ArmServer, type ArmServerOptions, startArmServer } from '../src/aks/arm-server-for-tests.ts';
import { azureResources, type FleetCluster, scannerResourceGroup, subscription } from '../src/aks/azure-fleet-for-tests.ts';
import { startAzureFront } from '../src/aks/azure-front-for-tests.ts';
import { type RecordedRequest, startPageBlobServer } from '../src/range-source/page-blob-server-for-tests.ts';

export interface AzureEnvironmentOptions extends Pick<ArmServerOptions, 'ofSource' | 'onRequest'> {
  readonly clusters: readonly FleetCluster[];
  /** What the disk of this id holds when it is copied. `revoke` voids every address of that copy. */
  readonly diskOf: (sourceId: string, revoke: () => void) => DiskSource;
}

/** Azure for whole processes, reached as the production path reaches it: sign-in and ARM by a proxy with TLS, disks by their addresses. */
export interface AzureEnvironment {
  readonly arm: ArmServer;
  readonly resources: ReturnType<typeof azureResources>;
  readonly subscription: string;
  readonly scannerResourceGroup: string;
  /** What a process is started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Bodies of requests for a token. */
  readonly signIns: readonly string[];
  /** Hosts that were asked through the proxy. */
  readonly hosts: () => readonly string[];
  /** Requests for bytes of disks. */
  readonly byteRequests: readonly RecordedRequest[];
  /** Kept copies with an address that is still valid. */
  readonly openAddresses: () => readonly string[];
  close(): Promise<void>;
}

/** Undefined, and said, without OpenSSL. */
export async function startAzureEnvironment({ clusters, diskOf, ...options }: AzureEnvironmentOptions): Promise<AzureEnvironment | undefined> {
  const blobs = await startPageBlobServer();
  const resources = azureResources(clusters);
  // account, container, blob
  const flat = (name: string): string => `md-1/copies/${name.replace('/', '-')}`;
  const made = new Set<string>();
  const arm = await startArmServer({
    ...options,
    resources,
    scannerResourceGroup,
    polls: 0,
    pollSeconds: 0,
    blobs: {
      addCopy: (name, sourceId) => {
        made.add(name);
        const disk = diskOf(sourceId, () => blobs.revoke(flat(name)));
        // All pages are named, so that none of them is read but for who asks.
        blobs.addDisk(flat(name), disk, { pages: [{ start: 0, end: disk.size - 1 }] });
      },
      grant: (name, seconds) => blobs.grant(flat(name), seconds),
      hasGrant: (name) => blobs.hasGrant(flat(name)),
      revoke: (name) => blobs.revoke(flat(name)),
      remove: (name) => blobs.remove(flat(name)),
    },
  });
  const front = await startAzureFront(arm.origin);
  const closeServers = async (): Promise<void> => {
    await arm.close();
    await blobs.close();
  };
  if (front === undefined) {
    await closeServers();
    return undefined;
  }
  return {
    arm,
    resources,
    subscription,
    scannerResourceGroup,
    environment: front.environment,
    signIns: front.signIns,
    hosts: () => [...new Set(front.requests.map((line) => line.split(' ')[0] ?? ''))].toSorted(),
    byteRequests: blobs.requests,
    openAddresses: () => [...made].filter((name) => blobs.hasGrant(flat(name))),
    close: async () => {
      await front.close();
      await closeServers();
    },
  };
}
