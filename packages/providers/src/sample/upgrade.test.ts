import { access, appendFile, copyFile, link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { curlLeftOldDisk } from './disk-catalog.ts';
import { curedNodes, curingImage, openFleet } from './fleet-under-test.ts';
import { resetSample } from './reset.ts';

const [first = '', second = '', third = ''] = curedNodes;
const reimaged = curedNodes.map((node) => `${node} reimage`);
const signal = new AbortController().signal;

describe('an update of the node image', () => {
  it('goes from node to node by the clock alone', async () => {
    await using fleet = await openFleet();
    const id = await fleet.start('key');
    const phases = [];
    for (const at of [0, 150, 250, 450, 700, 1000, 1250, 2999, 3000]) {
      fleet.clock.now = Date.UTC(2024, 2, 1) + at;
      const { state, nodes } = await fleet.status(id);
      phases.push([state, ...nodes.map(({ phase }) => phase)].join(' '));
    }
    expect(phases).toEqual([
      'running surge waiting waiting',
      'running surge waiting waiting',
      'running cordon waiting waiting',
      'running drain waiting waiting',
      'running reimage waiting waiting',
      'running ready surge waiting',
      'running ready cordon waiting',
      'running ready ready reimage',
      'succeeded ready ready ready',
    ]);
    expect(await fleet.effects()).toEqual(reimaged);
  });

  it('goes on while no process runs, and is logged at the time at which it was due', async () => {
    await using fleet = await openFleet();
    const id = await fleet.start('key');
    fleet.clock.now += 86_400_000;
    const provider = await fleet.reopen();
    expect(await provider.writer?.status({ id }, signal)).toMatchObject({ state: 'succeeded', finishedAt: '2024-03-01T00:00:03.000Z' });
    expect(await fleet.effects()).toEqual(reimaged);
    expect(await readFile(join(fleet.folder, 'operations.log'), 'utf8')).toContain('"at":"2024-03-01T00:00:01.000Z"');
  });

  it('changes image, kernel and token of one node after the other, and the pool last', async () => {
    await using fleet = await openFleet();
    const before = await fleet.pool('userpool01');
    await fleet.start('key');
    fleet.clock.now += 1500;
    const during = await fleet.pool('userpool01');
    expect(during.image).toBe(before.image);
    expect(during.nodes.map(({ image, kernelRelease }) => [image === curingImage, kernelRelease])).toEqual([[true, '5.15.0-1057-azure'], [false, '5.15.0-1041-azure'], [false, '5.15.0-1041-azure']]);
    expect(during.nodes.map(({ evidenceToken }, index) => evidenceToken === before.nodes[index]?.evidenceToken)).toEqual([false, true, true]);
    fleet.clock.now += 1500;
    expect(await fleet.pool('userpool01')).toMatchObject({ image: curingImage, newerImages: [] });
  });

  it('shows a double upgrade where the key was lost', async () => {
    await using fleet = await openFleet();
    await fleet.start('key');
    fleet.clock.now += 5000;
    await fleet.start('key');
    fleet.clock.now += 5000;
    await fleet.pool('userpool01');
    expect(await fleet.effects()).toEqual(reimaged);
    await fleet.start('other key');
    fleet.clock.now += 5000;
    await fleet.pool('userpool01');
    expect(await fleet.effects()).toEqual([...reimaged, ...reimaged]);
  });

  it('starts once when two processes start it at the same time', async () => {
    await using fleet = await openFleet();
    const other = await fleet.reopen();
    const request = { idempotencyKey: 'key', kind: 'node-image', cluster: 'prod-tokyo-01', pool: 'userpool01', target: curingImage } as const;
    const started = await Promise.all([fleet.provider, other, fleet.provider, other].map(async ({ writer }) => writer?.start(request, signal)));
    expect(new Set(started.map((reference) => reference?.id)).size).toBe(1);
    expect(await readdir(join(fleet.folder, 'operations'))).toHaveLength(1);
  });

  it('leaves curl old where the image is overridden so', async () => {
    await using fleet = await openFleet();
    await writeFile(join(fleet.folder, 'image-overrides.json'), JSON.stringify({ [curingImage]: curlLeftOldDisk }));
    await fleet.start('key');
    fleet.clock.now += 5000;
    await fleet.pool('userpool01');
    const disk = await readFile(join(fleet.folder, 'disks', `${first}.img`), 'latin1');
    expect(disk).toContain('Package: curl\n');
    expect(/Package: curl\n(?:[^\n]+\n)*Version: (\S+)/.exec(disk)?.[1]).toBe('7.81.0-1ubuntu1.14');
  });

  it('refuses an override that names no disk', async () => {
    await using fleet = await openFleet();
    await writeFile(join(fleet.folder, 'image-overrides.json'), JSON.stringify({ [curingImage]: '../../secret' }));
    await fleet.start('key');
    fleet.clock.now += 1000;
    await expect(fleet.pool('userpool01')).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});

describe('an operation that is told to fail', () => {
  const wish = { pool: 'userpool01', node: second, phase: 'drain', code: 'DrainTimeout' };

  it('stops there, and its retry takes the remaining nodes only', async () => {
    await using fleet = await openFleet();
    await writeFile(join(fleet.folder, 'fail.json'), JSON.stringify(wish));
    const id = await fleet.start('key');
    fleet.clock.now += 1700;
    const failed = await fleet.status(id);
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'DrainTimeout', node: second }, finishedAt: '2024-03-01T00:00:01.600Z' });
    expect(failed.nodes.map(({ phase }) => phase)).toEqual(['ready', 'failed', 'waiting']);
    await expect(access(join(fleet.folder, 'fail.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    const retry = await fleet.start('retry');
    fleet.clock.now += 2000;
    expect(await fleet.status(retry)).toMatchObject({ state: 'succeeded', nodes: [{ node: second }, { node: third }] });
    expect(await fleet.effects()).toEqual(reimaged);
  });

  it('fails once, although the process died before it could take the file away', async () => {
    await using fleet = await openFleet();
    const fail = join(fleet.folder, 'fail.json');
    await writeFile(fail, JSON.stringify(wish));
    await link(fail, `${fail}.kept`);
    await fleet.start('key');
    fleet.clock.now += 5000;
    await fleet.pool('userpool01');
    await rename(`${fail}.kept`, fail);
    const retry = await fleet.start('retry');
    fleet.clock.now += 5000;
    expect(await fleet.status(retry)).toMatchObject({ state: 'succeeded' });
  });

  it.each([
    ['of another pool', { ...wish, pool: 'syspool01' }, undefined],
    ['at a node that is not there', { ...wish, node: 'nobody' }, 'does not come to node nobody'],
    ['in a phase that is not there', { ...wish, phase: 'reboot' }, 'has no phase reboot'],
    ['with a key too many', { ...wish, extra: 1 }, 'Unrecognized key'],
  ])('minds a wish to fail %s', async (_name, content, problem) => {
    await using fleet = await openFleet();
    await writeFile(join(fleet.folder, 'fail.json'), JSON.stringify(content));
    if (problem === undefined) await expect(fleet.start('key')).resolves.toMatch(/^[0-9a-f]{32}$/);
    else await expect(fleet.start('key')).rejects.toThrow(problem);
  });
});

describe('a reboot', () => {
  it('runs the newest kernel of the disk, in the Node object and in the kernel log', async () => {
    await using fleet = await openFleet();
    const { id } = (await fleet.provider.writer?.start({ idempotencyKey: 'key', kind: 'reboot', cluster: 'prod-tokyo-01', pool: 'syspool01' }, signal)) ?? { id: '' };
    fleet.clock.now += 1500;
    const nodes = (await fleet.pool('syspool01')).nodes;
    expect(nodes.map(({ kernelRelease }) => kernelRelease)).toEqual(['5.15.0-1057-azure', '5.15.0-1054-azure']);
    const logs = await Promise.all(nodes.map(async ({ name }) => readFile(join(fleet.folder, 'disks', `${name}.img`), 'latin1')));
    expect(logs.map((disk) => [disk.includes('Linux version 5.15.0-1054-azure'), disk.includes('Linux version 5.15.0-1057-azure')])).toEqual([[false, true], [true, false]]);
    fleet.clock.now += 1500;
    expect(await fleet.status(id)).toMatchObject({ state: 'succeeded' });
    expect(await fleet.pool('syspool01')).toMatchObject({ image: 'AKSUbuntu-2204gen2containerd-202402.12.0' });
  });

  it('is not possible where nothing can be done', async () => {
    await using fleet = await openFleet();
    const reboot = fleet.provider.writer?.start({ idempotencyKey: 'key', kind: 'reboot', cluster: 'prod-tokyo-01', pool: 'securepool01' }, signal);
    await expect(reboot).rejects.toMatchObject({ code: 'PROVIDER_CONFLICT' });
  });
});

describe('what a killed process leaves behind', () => {
  it('is a disk that was replaced and not logged: it is logged once, and the token stays', async () => {
    await using fleet = await openFleet();
    await fleet.start('key');
    fleet.clock.now += 1000;
    const tokens = (await fleet.pool('userpool01')).nodes.map(({ evidenceToken }) => evidenceToken);
    const log = join(fleet.folder, 'operations.log');
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    await writeFile(log, `${lines.slice(0, -1).join('\n')}\n`);
    expect((await fleet.pool('userpool01')).nodes.map(({ evidenceToken }) => evidenceToken)).toEqual(tokens);
    expect(await fleet.effects()).toEqual([`${first} reimage`]);
  });

  it('is half a line in the log, and half a disk and half an operation beside the whole ones', async () => {
    await using fleet = await openFleet();
    await fleet.start('key');
    fleet.clock.now += 1000;
    await fleet.pool('userpool01');
    await appendFile(join(fleet.folder, 'operations.log'), '{"event":"x');
    await copyFile(join(fleet.folder, 'operations.log'), join(fleet.folder, 'operations', 'half.json.partial'));
    await writeFile(join(fleet.folder, 'disks', `${second}.img.partial`), 'half');
    fleet.clock.now += 5000;
    await fleet.pool('userpool01');
    expect(await fleet.effects()).toEqual(reimaged);
    expect(await readFile(join(fleet.folder, 'operations.log'), 'utf8')).toMatch(/^(\{[^\n]+\}\n)+$/);
  });

  it('is a log that somebody edited: one line says which', async () => {
    await using fleet = await openFleet();
    await writeFile(join(fleet.folder, 'operations.log'), '{"what":"reimage"}\n');
    await expect(fleet.pool('userpool01')).rejects.toThrow(/operations\.log:1: /);
  });
});

it('begins again after a reset, which leaves what it did not make', async () => {
  await using fleet = await openFleet();
  const before = await fleet.pool('userpool01');
  await fleet.start('key');
  fleet.clock.now += 5000;
  await fleet.pool('userpool01');
  await writeFile(join(fleet.folder, 'mine.txt'), 'mine');
  await resetSample(fleet.folder);
  expect(await readdir(fleet.folder)).toEqual(['lock.sqlite', 'mine.txt']);
  await fleet.reopen();
  expect(await fleet.pool('userpool01')).toEqual(before);
  expect(await fleet.effects()).toEqual([]);
});

it('sees a version that was changed in place on a disk', async () => {
  await using fleet = await openFleet();
  const disk = join(fleet.folder, 'disks', `${first}.img`);
  const before = (await fleet.pool('userpool01')).nodes[0]?.evidenceToken;
  const bytes = await readFile(disk);
  bytes.write('2.35-0ubuntu3.4', bytes.indexOf('2.35-0ubuntu3.1'), 'latin1');
  await rm(disk);
  await writeFile(disk, bytes);
  expect((await fleet.pool('userpool01')).nodes[0]?.evidenceToken).not.toBe(before);
});
