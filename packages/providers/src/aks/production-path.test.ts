import { afterEach, expect, it } from 'vitest';
import { openOutbound } from '../network/outbound.ts';
import { diskBytes, lists, startAzure } from './aks-under-test.ts';
import { nodeName, scannerResourceGroup, subscription } from './azure-fleet-for-tests.ts';
import { startAzureFront } from './azure-front-for-tests.ts';
import { openAksProvider } from './provider.ts';

const signal = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

it('signs in with a stored secret, discovers and reads a disk through the proxy, with certificates of the extra file', async () => {
  const azure = await startAzure();
  closers.push(async () => azure[Symbol.asyncDispose]());
  const front = await startAzureFront(azure.arm.origin);
  if (front === undefined) return;
  closers.unshift(async () => front.close());
  const outbound = await openOutbound({ environment: front.environment });
  closers.unshift(async () => outbound.close());
  const provider = await openAksProvider({
    settings: { subscriptions: [subscription], tenantId: subscription, clientId: subscription, scannerResourceGroup, readDisks: true, readReferenceImages: false },
    clientSecret: 'hush-hush',
    advisoryDatabaseFolder: 'advisories',
    lists,
    outbound,
    now: () => azure.clock.now,
    sleep: azure.clock.sleep,
  });
  closers.unshift(async () => provider.close());
  const { clusters } = await provider.reader.discover(signal);
  expect(clusters.flatMap(({ pools }) => pools).flatMap(({ nodes }) => nodes).length).toBe(8);
  const evidence = await provider.reader.nodeEvidence({ cluster: 'prod', pool: 'system', node: nodeName({ name: 'system' }, 0) }, signal);
  if (evidence.kind !== 'disk') throw new Error(evidence.kind);
  const disk = await evidence.open();
  expect(Buffer.from(await disk.read(0, diskBytes.length)).equals(Buffer.from(diskBytes))).toBe(true);
  await disk.close();
  expect(azure.arm.copies()).toEqual([]);
  expect(front.signIns.map((body) => new URLSearchParams(body).get('client_secret'))).toEqual(['hush-hush']);
  expect(new Set(front.requests.map((line) => line.split(' ')[0]))).toEqual(new Set(['login.microsoftonline.com', 'management.azure.com']));
});

it('does not trust that authority without the file, and says that Azure is not to be reached', async () => {
  const azure = await startAzure();
  closers.push(async () => azure[Symbol.asyncDispose]());
  const front = await startAzureFront(azure.arm.origin);
  if (front === undefined) return;
  closers.unshift(async () => front.close());
  const outbound = await openOutbound({ environment: { HTTPS_PROXY: front.environment.HTTPS_PROXY } });
  closers.unshift(async () => outbound.close());
  const provider = await openAksProvider({
    settings: { subscriptions: [subscription], tenantId: subscription, clientId: subscription, readDisks: false, readReferenceImages: false },
    clientSecret: 'hush-hush',
    advisoryDatabaseFolder: 'advisories',
    lists,
    outbound,
    now: () => azure.clock.now,
    sleep: azure.clock.sleep,
  });
  closers.unshift(async () => provider.close());
  await expect(provider.reader.discover(signal)).rejects.toMatchObject({ code: 'PROVIDER_DENIED' });
  expect(front.signIns).toEqual([]);
});
