import type { DiskSource } from '@nodeward/engine';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evidence, NodeReference } from '../provider.ts';
import { curlLeftOldDisk } from './disk-catalog.ts';
import { type FleetUnderTest, openFleet } from './fleet-under-test.ts';

const signal = new AbortController().signal;
const web = { cluster: 'prod-osaka-01', pool: 'web01' };
const [first = '', second = ''] = [0, 1].map((index) => `aks-web01-14982061-vmss00000${index}`);
const bootedFrom = 'AKSUbuntu-2204gen2containerd-202310.04.0';
const target = 'AKSUbuntu-2204gen2containerd-202310.09.0';

async function evidence(fleet: FleetUnderTest, node: NodeReference): Promise<Extract<Evidence, { kind: 'disk' }>> {
  const found = await fleet.provider.reader.nodeEvidence(node, signal);
  if (found.kind !== 'disk') throw new Error(`no disk but ${found.kind}`);
  return found;
}

async function wholeText(disk: DiskSource): Promise<string> {
  const bytes = Buffer.from(await disk.read(0, disk.size));
  await disk.close();
  return bytes.toString('latin1');
}

describe('nodes that share the disk of their image', () => {
  it('say that they do, also across pools, and to the image itself', async () => {
    await using fleet = await openFleet();
    const contents = await Promise.all([
      evidence(fleet, { ...web, node: first }),
      evidence(fleet, { ...web, node: second }),
      evidence(fleet, { cluster: 'prod-osaka-01', pool: 'api01', node: 'aks-api01-14982061-vmss000000' }),
      evidence(fleet, { cluster: 'data-sea-01', pool: 'sysnp01', node: 'aks-sysnp01-27540918-vmss000000' }),
    ]);
    const [one, other, api, system] = contents.map(({ content }) => content);
    expect([one === other, one === api, api === system]).toEqual([true, false, true]);
    const image = await fleet.provider.reader.imageEvidence({ ...web, image: bootedFrom }, signal);
    expect(image).toMatchObject({ kind: 'disk', content: one });
    expect((await readdir(join(fleet.folder, 'images'))).toSorted()).toEqual([`${bootedFrom}.img`, 'AKSUbuntu-2204gen2containerd-202402.26.0.img']);
  });

  it('differ as soon as somebody gives one of them a disk of its own', async () => {
    await using fleet = await openFleet();
    await evidence(fleet, { ...web, node: first });
    const before = (await fleet.pool('web01', web.cluster)).nodes;
    const own = join(fleet.folder, 'disks', `${first}.img`);
    await copyFile(join(fleet.folder, 'images', `${bootedFrom}.img`), own);
    const bytes = await readFile(own);
    bytes.write('1.43.0-1ubuntu0.1', bytes.indexOf('1.43.0-1build3'), 'latin1');
    await writeFile(own, bytes);
    const after = (await fleet.pool('web01', web.cluster)).nodes;
    expect(after.map(({ evidenceToken }, index) => evidenceToken === before[index]?.evidenceToken)).toEqual([false, ...Array.from({ length: 7 }, () => true)]);
    const [mine, shared] = [await evidence(fleet, { ...web, node: first }), await evidence(fleet, { ...web, node: second })];
    expect([mine.content, shared.content === undefined]).toEqual([undefined, false]);
    expect((await wholeText(await mine.open())).includes('1.43.0-1ubuntu0.1')).toBe(true);
    expect((await wholeText(await shared.open())).includes('1.43.0-1ubuntu0.1')).toBe(false);
  });

  it('lose that disk when they are reimaged, and get one where the image is overridden', async () => {
    await using fleet = await openFleet();
    await evidence(fleet, { ...web, node: first });
    await copyFile(join(fleet.folder, 'images', `${bootedFrom}.img`), join(fleet.folder, 'disks', `${first}.img`));
    await fleet.start('key', { ...web, target });
    fleet.clock.now += 1000;
    expect((await fleet.pool('web01', web.cluster)).nodes[0]).toMatchObject({ image: target, kernelRelease: '6.2.0-1014-azure' });
    expect(await readdir(join(fleet.folder, 'disks'))).not.toContain(`${first}.img`);
    await writeFile(join(fleet.folder, 'image-overrides.json'), JSON.stringify({ [target]: curlLeftOldDisk }));
    fleet.clock.now += 1000;
    await fleet.pool('web01', web.cluster);
    expect(await readdir(join(fleet.folder, 'disks'))).toContain(`${second}.img`);
    expect((await evidence(fleet, { ...web, node: first })).content).toBeDefined();
    expect((await evidence(fleet, { ...web, node: second })).content).toBeUndefined();
  });

  it('are news after a reboot, although nothing on the disk changes', async () => {
    await using fleet = await openFleet();
    const before = (await fleet.pool('web01', web.cluster)).nodes[0];
    await fleet.start('key', { ...web, kind: 'reboot' });
    fleet.clock.now += 1000;
    const after = (await fleet.pool('web01', web.cluster)).nodes[0];
    expect(after?.evidenceToken).not.toBe(before?.evidenceToken);
    expect(after?.kernelRelease).toBe(before?.kernelRelease);
    expect(await readdir(join(fleet.folder, 'disks'))).not.toContain(`${first}.img`);
  });
});
