import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskRefusedError } from '../errors.ts';
import type { Evidence, Provider } from '../provider.ts';
import { type AksUnderTest, diskBytes, smallFleet, startAzure } from './aks-under-test.ts';
import type { ArmFault } from './arm-server-for-tests.ts';
import { azureResources, communityImage, diskIdOf, newImage, nodeName, oldImage, scannerResourceGroup } from './azure-fleet-for-tests.ts';

const signal = new AbortController().signal;
const [prod] = smallFleet;
if (prod === undefined) throw new Error('no fleet');
const managed = { cluster: 'prod', pool: 'system', node: nodeName({ name: 'system' }, 0) };
const ephemeral = { cluster: 'prod', pool: 'fast', node: nodeName({ name: 'fast' }, 0) };
const disk = diskIdOf(prod, 'system', 0);

let azure: AksUnderTest;
beforeEach(async () => void (azure = await startAzure()));
afterEach(async () => azure[Symbol.asyncDispose]());

async function readAll(evidence: Evidence): Promise<Uint8Array> {
  if (evidence.kind !== 'disk') throw new Error(`no disk but ${evidence.kind}`);
  const source = await evidence.open();
  try {
    return await source.read(0, diskBytes.length);
  } finally {
    await source.close();
  }
}

/** Method and name of every call that is not a mere look. */
function changes(from = 0): readonly string[] {
  return azure.arm.requests.slice(from).filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path.slice(scannerResourceGroup.length).replace(/nodeward-[0-9a-f]{32}/, 'N')}`);
}

describe('the disk of a node', () => {
  it('is copied, read to the byte, revoked and removed, in this order', async () => {
    const evidence = await (await azure.openProvider()).reader.nodeEvidence(managed, signal);
    expect(evidence).toMatchObject({ kind: 'disk', grade: 'disk' });
    expect(azure.arm.copies().length).toBe(1);
    expect(Buffer.from(await readAll(evidence)).equals(Buffer.from(diskBytes))).toBe(true);
    const base = '/providers/Microsoft.Compute/snapshots/N';
    expect(changes()).toEqual([`PUT ${base}`, `POST ${base}/beginGetAccess`, `POST ${base}/endGetAccess`, `DELETE ${base}`]);
    expect(azure.arm.copies()).toEqual([]);
  });

  it('is handed out once, and closing twice removes nothing twice', async () => {
    const evidence = await (await azure.openProvider()).reader.nodeEvidence(managed, signal);
    if (evidence.kind !== 'disk') throw new Error(evidence.kind);
    const source = await evidence.open();
    await expect(evidence.open()).rejects.toThrow('already');
    await source.close();
    await source.close();
    expect(changes().filter((call) => call.startsWith('DELETE')).length).toBe(1);
  });

  it('that nobody asked for goes when the provider closes', async () => {
    const provider = await azure.openProvider();
    await provider.reader.nodeEvidence(managed, signal);
    await provider.close();
    expect(azure.arm.copies()).toEqual([]);
  });

  it('is not copied without the switch, or without a resource group', async () => {
    for (const settings of [{ readDisks: false }, { scannerResourceGroup: undefined }]) expect(await (await azure.openProvider(settings)).reader.nodeEvidence(managed, signal)).toMatchObject({ kind: 'inventory', grade: 'manifest' });
    expect(changes()).toEqual([]);
  });
});

async function refusalOf(provider: Provider, node = managed): Promise<unknown> {
  return refusalsIn(await provider.reader.nodeEvidence(node, signal));
}

function refusalsIn(evidence: Evidence): unknown {
  if (evidence.kind !== 'inventory') throw new Error(`no list but ${evidence.kind}`);
  expect(evidence.grade).toBe('manifest');
  return evidence.coverage.filter(({ subject }) => subject === 'disk').map(({ state, reason }) => [state, reason]);
}

describe('a disk that refuses becomes the published list, with the reason', () => {
  it('of an ephemeral disk, without a call', async () => {
    expect(await refusalOf(await azure.openProvider(), ephemeral)).toEqual([['out-of-scope', 'disk-ephemeral']]);
    expect(changes()).toEqual([]);
  });

  it.each([
    ['of Azure Disk Encryption', { encryptionSettingsCollection: { enabled: true } }, 'disk-encrypted-by-guest-extension'],
    ['of a confidential disk', { securityProfile: { securityType: 'ConfidentialVM_DiskEncryptedWithPlatformKey' } }, 'disk-confidential'],
  ])('%s, without a copy', async (_name, properties, reason) => {
    const resources = azureResources(smallFleet);
    resources.set(disk.toLowerCase(), { id: disk, location: 'westeurope', properties });
    await using other = await startAzure(smallFleet, { resources });
    expect(await refusalOf(await other.openProvider())).toEqual([['out-of-scope', reason]]);
    expect(other.arm.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  const at = { disk: /disks\/aks-system_0/i, put: /snapshots\/nodeward-[^/]+$/, grant: /beginGetAccess$/ };
  const faults: readonly (readonly [string, Omit<ArmFault, 'times'>, string])[] = [
    ['disk is gone', { path: at.disk, status: 404, code: 'ResourceNotFound' }, 'disk-not-found'],
    ['disk may not be seen', { path: at.disk, status: 403, code: 'AuthorizationFailed' }, 'disk-access-denied'],
    ['copy is not permitted', { method: 'PUT', path: at.put, status: 403, code: 'LinkedAuthorizationFailed' }, 'disk-access-denied'],
    ['resource group is locked down', { method: 'PUT', path: at.put, status: 403, code: 'DenyAssignmentAuthorizationFailed' }, 'disk-locked-down'],
    ['policy forbids it', { method: 'PUT', path: at.put, status: 403, code: 'RequestDisallowedByPolicy' }, 'disk-refused-by-policy'],
    ['key is not to be had', { method: 'PUT', path: at.put, status: 409, code: 'KeyVaultAccessForbidden' }, 'disk-key-unavailable'],
    ['encryption set is gone', { method: 'PUT', path: at.put, status: 404, code: 'DiskEncryptionSetNotFound' }, 'disk-key-unavailable'],
    ['access is locked down', { method: 'POST', path: at.grant, status: 403, code: 'DenyAssignmentAuthorizationFailed' }, 'disk-locked-down'],
    ['access is refused by the network policy', { method: 'POST', path: at.grant, status: 400, code: 'BadRequest', message: 'Network access policy DenyAll forbids export' }, 'disk-network-refused'],
    ['copy is refused in words that nobody knows', { method: 'PUT', path: at.put, status: 400, code: 'SomethingNew' }, 'disk-access-denied'],
    ['access is not permitted', { method: 'POST', path: at.grant, status: 403, code: 'AuthorizationFailed' }, 'disk-access-denied'],
  ];
  it.each(faults)('where the %s, and leaves nothing', async (_name, fault, reason) => {
    azure.arm.fail({ ...fault, times: 1 });
    expect(await refusalOf(await azure.openProvider())).toEqual([['out-of-scope', reason]]);
    expect(azure.arm.copies()).toEqual([]);
  });

  it.each(['DenyAll', 'AllowPrivate'])('where a policy made the copy %s, and removes it', async (networkAccessPolicy) => {
    await using other = await startAzure(smallFleet, { modify: { networkAccessPolicy } });
    expect(await refusalOf(await other.openProvider())).toEqual([['out-of-scope', 'disk-network-refused']]);
    expect(other.arm.copies()).toEqual([]);
  });

  it('where access has expired before the first byte', async () => {
    await using other = await startAzure(smallFleet, { grantSeconds: -1 });
    expect(await refusalOf(await other.openProvider())).toEqual([['out-of-scope', 'disk-access-expired']]);
    expect(other.arm.copies()).toEqual([]);
  });

  it('where access ends in the middle, which the disk names, and there is the list in its place', async () => {
    const evidence = await (await azure.openProvider()).reader.nodeEvidence(managed, signal);
    if (evidence.kind !== 'disk') throw new Error(evidence.kind);
    const source = await evidence.open();
    azure.clock.now += 3600 * 1000 + 1;
    expect(source.refusal).toBeUndefined();
    await expect(source.read(diskBytes.length / 2, 4096)).rejects.toThrow();
    expect(source.refusal).toMatchObject({ reason: 'disk-access-expired' });
    await source.close();
    expect(azure.arm.copies()).toEqual([]);
    if (source.refusal === undefined || evidence.instead === undefined) throw new Error('nothing instead');
    expect(refusalsIn(await evidence.instead(source.refusal, signal))).toEqual([['out-of-scope', 'disk-access-expired']]);
  });

  it('but not where Azure is busy: then it is later, and no grade is lost', async () => {
    azure.arm.fail({ method: 'PUT', path: /snapshots/, status: 429, code: 'Throttled', retryAfter: 10, times: 99 });
    await expect((await azure.openProvider()).reader.nodeEvidence(managed, signal)).rejects.toMatchObject({ code: 'PROVIDER_BUSY' });
  });
});

describe('a copy that cannot be removed now', () => {
  it('does not undo what was read, and goes with the sweeper', async () => {
    const provider = await azure.openProvider();
    const evidence = await provider.reader.nodeEvidence(managed, signal);
    azure.arm.fail({ method: 'DELETE', path: /snapshots/, status: 403, code: 'AuthorizationFailed', times: 1 });
    expect((await readAll(evidence)).length).toBe(diskBytes.length);
    expect(azure.arm.copies().length).toBe(1);
    azure.clock.now += 2 * 3600 * 1000 + 1;
    expect((await provider.sweepExpired?.(signal))?.removed.length).toBe(1);
    expect(azure.arm.copies()).toEqual([]);
  });

  it.each([[409, 'OperationNotAllowed'], [500, 'InternalServerError']])('and one that cannot be made now (%i) is made later', async (status, code) => {
    azure.arm.fail({ method: 'PUT', path: /snapshots/, status, code, times: 99 });
    await expect((await azure.openProvider()).reader.nodeEvidence(managed, signal)).rejects.toMatchObject({ code: 'PROVIDER_BUSY' });
  });
});

describe('a machine whose disk nobody names', () => {
  const diskReasons = async (under: AksUnderTest): Promise<unknown> => {
    const evidence = await (await under.openProvider()).reader.nodeEvidence(managed, signal);
    return evidence.kind === 'inventory' && evidence.coverage.filter(({ subject }) => subject === 'disk').map(({ reason }) => reason);
  };

  it('as Compute may not be asked is told by its image, with the reason', async () => {
    azure.arm.fail({ path: /virtualMachineScaleSets/i, status: 403, code: 'AuthorizationFailed', times: 99 });
    expect(await diskReasons(azure)).toEqual(['disk-access-denied']);
  });

  it('as Compute does not list it is told by its image, with another reason', async () => {
    const resources = azureResources(smallFleet);
    for (const path of resources.keys()) if (/virtualmachinescalesets\/[^/]+\/virtualmachines$/.test(path)) resources.set(path, []);
    await using other = await startAzure(smallFleet, { resources });
    expect(await diskReasons(other)).toEqual(['disk-not-found']);
  });
});

/** What is read where the copy cannot be had. */
async function insteadOf(evidence: Evidence): Promise<Evidence> {
  if (evidence.kind !== 'disk' || evidence.instead === undefined) throw new Error(`no copy but ${evidence.kind}`);
  const refused: unknown = await evidence.open().then(() => undefined, (error: unknown) => error);
  if (!(refused instanceof DiskRefusedError)) throw new Error('it was not refused', { cause: refused });
  return evidence.instead(refused.refusal, signal);
}

describe('a reference image', () => {
  it('is read for a node whose disk cannot be, behind its own switch', async () => {
    const resources = azureResources([{ name: 'prod', pools: [{ name: 'fast', nodes: 1, ephemeral: true, image: newImage }] }]);
    await using other = await startAzure(smallFleet, { resources });
    const evidence = await (await other.openProvider({ readReferenceImages: true })).reader.nodeEvidence({ ...ephemeral, node: nodeName({ name: 'fast' }, 0) }, signal);
    expect(evidence).toMatchObject({ kind: 'disk', grade: 'reference-image', content: communityImage });
    expect(Buffer.from(await readAll(evidence)).equals(Buffer.from(diskBytes))).toBe(true);
    expect(other.arm.copies()).toEqual([]);
  });

  it('that the gallery does not carry is the list, with the refusals of both', async () => {
    const provider = await azure.openProvider({ readReferenceImages: true });
    expect(refusalsIn(await insteadOf(await provider.reader.nodeEvidence(ephemeral, signal)))).toEqual([['out-of-scope', 'disk-ephemeral'], ['out-of-scope', 'disk-not-found']]);
    expect(refusalsIn(await insteadOf(await provider.reader.imageEvidence({ cluster: 'prod', pool: 'fast', image: oldImage }, signal)))).toEqual([['out-of-scope', 'disk-not-found']]);
    expect(await (await azure.openProvider()).reader.imageEvidence({ cluster: 'prod', pool: 'fast', image: oldImage }, signal)).toMatchObject({ kind: 'inventory' });
  });

  it('is copied when somebody opens it, and not for each node that has it', async () => {
    const resources = azureResources([{ name: 'prod', pools: [{ name: 'fast', nodes: 2, ephemeral: true, image: newImage }] }]);
    await using other = await startAzure(smallFleet, { resources });
    const provider = await other.openProvider({ readReferenceImages: true });
    const [first, second] = await Promise.all([0, 1].map(async (index) => provider.reader.nodeEvidence({ ...ephemeral, node: nodeName({ name: 'fast' }, index) }, signal)));
    expect(other.arm.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect([first, second].map((evidence) => evidence?.kind === 'disk' && evidence.content)).toEqual([communityImage, communityImage]);
    if (first === undefined) throw new Error('no evidence');
    await readAll(first);
    expect(other.arm.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
    expect(other.arm.copies()).toEqual([]);
  });

  it('that cannot be copied now is for later', async () => {
    azure.arm.fail({ method: 'PUT', path: /disks\/nodeward/, status: 429, code: 'Throttled', retryAfter: 10, times: 99 });
    azure.arm.fail({ path: /communityGalleries/i, status: 503, code: 'ServiceUnavailable', times: 99 });
    const evidence = await (await azure.openProvider({ readReferenceImages: true })).reader.nodeEvidence(ephemeral, signal);
    if (evidence.kind !== 'disk') throw new Error(evidence.kind);
    await expect(evidence.open()).rejects.toMatchObject({ code: 'PROVIDER_BUSY' });
  });
});

describe('a process that dies', () => {
  /** Requests until the disk is open, and until it is removed. */
  async function lengths(): Promise<number> {
    await using other = await startAzure();
    const provider = await other.openProvider();
    await provider.reader.discover(signal);
    const from = other.arm.requests.length;
    await readAll(await provider.reader.nodeEvidence(managed, signal));
    return other.arm.requests.length - from;
  }

  it('after any request leaves what its successor takes up, and nothing in the end', async () => {
    const total = await lengths();
    expect(total).toBeGreaterThan(10);
    for (let step = 0; step <= total; step += 1) {
      await using other = await startAzure();
      const first = await other.openProvider();
      await first.reader.discover(signal);
      other.arm.dieAfter(step);
      await first.reader.nodeEvidence(managed, signal).then(readAll).catch(() => undefined);
      other.arm.revive();
      const second = await other.openProvider();
      const bytes = await readAll(await second.reader.nodeEvidence(managed, signal));
      expect(Buffer.from(bytes).equals(Buffer.from(diskBytes)), `step ${step}`).toBe(true);
      expect(other.arm.copies(), `step ${step}`).toEqual([]);
    }
  });

  it('after any request without a successor leaves nothing for which the sweeper does not come', async () => {
    const total = await lengths();
    let left = 0;
    for (let step = 0; step <= total; step += 1) {
      await using other = await startAzure();
      const first = await other.openProvider();
      await first.reader.discover(signal);
      other.arm.dieAfter(step);
      await first.reader.nodeEvidence(managed, signal).then(readAll).catch(() => undefined);
      other.arm.revive();
      const sweeper = await other.openProvider();
      const kept = other.arm.copies().length;
      left += kept;
      expect(await sweeper.sweepExpired?.(signal), `step ${step}: before the lease is over`).toEqual({ removed: [], failed: [] });
      expect(other.arm.copies().length).toBe(kept);
      other.clock.now += 2 * 3600 * 1000 + 1;
      expect((await sweeper.sweepExpired?.(signal))?.removed.length, `step ${step}`).toBe(kept);
      expect(other.arm.copies(), `step ${step}`).toEqual([]);
    }
    expect(left).toBeGreaterThan(5);
  });
});

describe('the sweeper', () => {
  it('touches nothing that is not its own', async () => {
    await using other = await startAzure();
    const put = (name: string, tags: Record<string, string>): void => other.arm.place(`snapshots/${name}`, { location: 'westeurope', tags, properties: { creationData: { createOption: 'Copy', sourceResourceId: disk } } });
    const hex = 'a'.repeat(32);
    put('backup-of-production', { 'nodeward-scan': 'x', 'nodeward-expires': '2020-01-01T00:00:00Z' });
    put(`nodeward-${hex}`, { 'nodeward-expires': '2020-01-01T00:00:00Z' });
    put(`nodeward-${'b'.repeat(32)}`, { 'nodeward-scan': 'x', 'nodeward-expires': 'soon' });
    put(`nodeward-${'c'.repeat(32)}`, { 'nodeward-scan': 'x', 'nodeward-expires': '2020-01-01T00:00:00Z' });
    const report = await (await other.openProvider()).sweepExpired?.(signal);
    expect(report?.removed).toEqual([`nodeward-${'c'.repeat(32)}`]);
    expect(report?.failed.map(({ name }) => name)).toEqual([`nodeward-${'b'.repeat(32)}`]);
    expect(other.arm.copies().length).toBe(3);
  });

  it('says what it may not remove', async () => {
    const provider = await azure.openProvider();
    await provider.reader.nodeEvidence(managed, signal);
    azure.clock.now += 3 * 3600 * 1000;
    azure.arm.fail({ method: 'DELETE', path: /snapshots/, status: 403, code: 'AuthorizationFailed', times: 1 });
    expect(await provider.sweepExpired?.(signal)).toMatchObject({ removed: [], failed: [{ detail: '403 AuthorizationFailed: AuthorizationFailed' }] });
  });
});
