import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FeedServer, startFeedServer } from '../advisory-source/feed-server-for-tests.ts';
import { type Outbound, openOutbound } from '../network/outbound.ts';
import { type NodeImageLists, openNodeImageLists } from './node-image-lists.ts';

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const containing = (text: string): unknown => expect.stringContaining(text);
const includes = (entries: readonly string[]): unknown => expect.arrayContaining([...entries]);

const label = 'AKSUbuntu-2204gen2containerd-202309.06.0';
const directory = 'AKSUbuntu/gen2/2204containerd';
const list = '=== Installed Packages Begin\nbash/jammy,now 5.1-6ubuntu1 amd64 [installed]\n=== Installed Packages End\n';
const patch = (name: string): string => `Release notes for security patch ${name} timestamp\n`;
const never = new AbortController().signal;

const shared = join(process.env.NODEWARD_SHARED ?? join(import.meta.dirname, '../../../../../shared'), 'data');
const hasShared = existsSync(join(shared, 'node-images'));
if (!hasShared) console.warn(`SKIPPED (no data): published node-image lists are not found in ${shared}`);

describe('the lists of node images', () => {
  let server: FeedServer;
  let outbound: Outbound;
  let folder = '';
  let time = Date.parse('2026-11-24T12:00:00Z');

  beforeEach(async () => {
    [server, outbound] = await Promise.all([startFeedServer(), openOutbound({ environment: {} })]);
    folder = mkdtempSync(join(tmpdir(), 'nodeward-lists-'));
    time = Date.parse('2026-11-24T12:00:00Z');
    server.set(`/node-images/${directory}/202309.06.0.txt`, list);
    server.set(`/node-images/${directory}/index.json`, JSON.stringify(['202309.06.0.txt', '202309.06.0-image-list.json', '202310.4.0.txt', '2023.01.10.txt', '202310.04.0.txt', '202310.19.2.txt']));
  });
  afterEach(async () => {
    await Promise.all([server.close(), outbound.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  function opened(mirror = server.origin): Promise<NodeImageLists> {
    return openNodeImageLists({ folder: join(folder, 'cache'), outbound, mirror, now: () => new Date(time), sleep: async () => undefined });
  }

  function askedFor(path: string): number {
    return server.requests.filter((request) => request.path.endsWith(path)).length;
  }

  it('are fetched once by however many ask, and never again', async () => {
    const lists = await opened();

    const answers = await Promise.all(Array.from({ length: 20 }, () => lists.find(label, never)));
    const later = await (await opened()).find(label, never);

    for (const answer of [...answers, later]) expect(answer).toEqual({ kind: 'list', bytes: Buffer.from(list), name: `${directory}/202309.06.0.txt` });
    expect(askedFor('202309.06.0.txt')).toBe(1);
    expect(readdirSync(join(folder, 'cache')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('are fetched again where the kept bytes have changed', async () => {
    await (await opened()).find(label, never);
    writeFileSync(join(folder, 'cache/lists', directory, '202309.06.0.txt'), list.replace('5.1', '9.9'));

    expect(await (await opened()).find(label, never)).toMatchObject({ kind: 'list', bytes: Buffer.from(list) });
    expect(askedFor('202309.06.0.txt')).toBe(2);
  });

  it.each([
    ['is not published yet', 'AKSUbuntu-2204gen2containerd-202612.01.0', 'not-published'],
    ['is Flatcar', 'AKSFlatcar-flatcargen2-202607.02.0', 'no-packages'],
    ['is Azure Container Linux', 'AKSAzureContainerLinux-aclgen2TL-202608.20.0', 'no-packages'],
    ['is Windows', 'AKSWindows-2022-containerd-20348.5499.260812', 'unknown-image'],
    ['is of an unknown kind', 'AKSUbuntu-9904gen2containerd-202608.20.0', 'unknown-image'],
    ['is no label', '../../etc/passwd', 'unknown-image'],
    ['lies in a directory that the mirror has not', 'AKSAzureLinux-V3gen2-202501.05.0', 'unreachable'],
  ])('say so of an image that %s', async (_, image, kind) => {
    expect(await (await opened()).find(image, never)).toMatchObject({ kind });
  });

  it.each([
    ['fails', { kind: 'status', status: 500 }, /answered 500/],
    ['shows a page', { kind: 'page', type: 'text/html', body: '<html>' }, /web page/],
    ['sends something else', { kind: 'page', type: 'text/plain', body: 'maintenance' }, /no list of packages$/],
    ['sends nothing', { kind: 'page', type: 'text/plain', body: '' }, /no list of packages$/],
  ] as const)('are unreachable, and not unpublished, where the publisher %s; a minute later they are asked for again', async (_, fault, detail) => {
    const lists = await opened();
    server.fail(`/node-images/${directory}/202309.06.0.txt`, fault);

    expect(await lists.find(label, never)).toMatchObject({ kind: 'unreachable', detail: matching(detail) });
    const asked = server.requests.length;
    server.heal();
    expect(await lists.find(label, never)).toMatchObject({ kind: 'unreachable' });
    expect(server.requests.length).toBe(asked);

    time += 61_000;
    expect(await lists.find(label, never)).toMatchObject({ kind: 'list' });
  });

  it('are unreachable where the index announces what cannot be read', async () => {
    expect(await (await opened()).find('AKSUbuntu-2204gen2containerd-202310.04.0', never)).toMatchObject({ kind: 'unreachable', detail: containing('announced') });
  });

  it('are found a quarter of an hour after somebody asked too early', async () => {
    const lists = await opened();
    const early = 'AKSUbuntu-2204gen2containerd-202612.01.0';
    expect(await lists.find(early, never)).toEqual({ kind: 'not-published' });
    server.set(`/node-images/${directory}/202612.01.0.txt`, list);
    expect(await lists.find(early, never)).toEqual({ kind: 'not-published' });

    time += 16 * 60_000;
    expect(await lists.find(early, never)).toMatchObject({ kind: 'list' });
  });

  it('let one caller go without disturbing another', async () => {
    const lists = await opened();
    const abort = new AbortController();
    const reason = new Error('enough');

    const gone = lists.find(label, abort.signal);
    const stays = lists.find(label, never);
    abort.abort(reason);

    await expect(gone).rejects.toBe(reason);
    expect(await stays).toMatchObject({ kind: 'list' });
  });

  it('name the versions of a family in the order of their numbers, asked at most once an hour', async () => {
    const lists = await opened();
    const expected = { kind: 'versions', labels: ['2023.01.10', '202309.06.0', '202310.04.0', '202310.19.2'].map((version) => `AKSUbuntu-2204gen2containerd-${version}`) };

    expect(await lists.versions('AKSUbuntu-2204gen2containerd', never)).toEqual(expected);
    expect(await lists.versions(label, never)).toEqual(expected);
    expect(askedFor('index.json')).toBe(1);
    time += 61 * 60_000;
    expect(await lists.versions(label, never)).toEqual(expected);
    expect(askedFor('index.json')).toBe(2);
    expect(server.requests.at(-1)?.headers['if-none-match']).toMatch(/^"/);
  });

  it('keep the versions that were known when the index fails, and say so in their state', async () => {
    const lists = await opened();
    await lists.versions(label, never);
    server.fail(`/node-images/${directory}/index.json`, { kind: 'status', status: 429, headers: { 'retry-after': '3600' } });
    time += 61 * 60_000;

    expect(await lists.versions(label, never)).toMatchObject({ kind: 'versions' });
    expect(await lists.state()).toMatchObject({ name: 'node-images', state: 'failed', checkedAt: '2026-11-24T12:00:00.000Z', newest: '2023-10-19', failure: { code: 'busy', at: '2026-11-24T13:01:00.000Z' } });
  });

  it.each(['AKSFlatcar-flatcargen2', 'AKSWindows-2022-containerd', 'nonsense'])('have no versions of %s', async (family) => {
    expect((await (await opened()).versions(family, never)).kind).toBe(family.includes('flatcar') ? 'no-packages' : 'unknown-image');
  });

  it('give the security patches of one system up to a time, oldest first', async () => {
    const names = ['20260814T000000Z', '20260720T000000Z', '20260901T000000Z', '20260706T000000Z'];
    server.set('/node-images/security-patch/index.json', JSON.stringify([...names, 'README.md']));
    for (const name of names) server.set(`/node-images/security-patch/${name}/ubuntu2404/release_notes_delta_${name}.txt`, patch(name));
    server.remove('/node-images/security-patch/20260720T000000Z/ubuntu2404/release_notes_delta_20260720T000000Z.txt');

    const answer = await (await opened()).securityPatches('ubuntu-24.04', '20260814T000000Z', never);

    expect(answer).toEqual({ kind: 'patches', patches: ['20260706T000000Z', '20260814T000000Z'].map((name) => ({ name, bytes: Buffer.from(patch(name)) })) });
  });

  it('give no security patches at all where one of them cannot be read', async () => {
    server.set('/node-images/security-patch/index.json', JSON.stringify(['20260814T000000Z']));
    server.fail('/node-images/security-patch/20260814T000000Z/release_notes_delta_20260814T000000Z.txt', { kind: 'status', status: 500 });

    expect(await (await opened()).securityPatches('ubuntu-22.04', '20260814T000000Z', never)).toMatchObject({ kind: 'unreachable' });
  });

  it('come from a folder that somebody carried in, without a cache of their own', async () => {
    const file = join(folder, 'mirror', directory, '202309.06.0.txt');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, list);
    const lists = await openNodeImageLists({ outbound, mirror: `file://${join(folder, 'mirror')}`, now: () => new Date(time) });

    expect(await lists.find(label, never)).toMatchObject({ kind: 'list', bytes: Buffer.from(list) });
    expect(await lists.versions(label, never)).toEqual({ kind: 'versions', labels: [label] });
    expect(await lists.find('AKSUbuntu-2204gen2containerd-202612.01.0', never)).toEqual({ kind: 'not-published' });
    expect(await lists.find('AKSAzureLinux-V3gen2-202501.05.0', never)).toMatchObject({ kind: 'unreachable' });
  });

  it('count what was kept in their state, also after a restart', async () => {
    expect(await (await opened()).state()).toMatchObject({ state: 'never', records: null, mirrored: true, url: `${server.origin}/` });
    await (await opened()).find(label, never);

    expect(await (await opened()).state()).toMatchObject({ state: 'ok', records: 1, checkedAt: '2026-11-24T12:00:00.000Z' });
  });

  it('tell in a refresh how every known index answers now', async () => {
    server.set('/node-images/security-patch/index.json', JSON.stringify(['20260814T000000Z']));
    const lists = await opened();
    await lists.versions(label, never);

    expect(await lists.refresh(never)).toMatchObject({ state: 'ok', newest: '2026-08-14' });
    expect(askedFor(`${directory}/index.json`)).toBe(2);
  });

  it.skipIf(!hasShared)('are found where the publisher has them', async () => {
    const lists = await openNodeImageLists({ outbound, mirror: shared, now: () => new Date(time) });
    const found = await lists.find(label, never);
    const patches = await lists.securityPatches('ubuntu-22.04', '20260814T000000Z', never);

    expect(found).toMatchObject({ kind: 'list', bytes: readFileSync(join(shared, 'node-images', directory, '202309.06.0.txt')) });
    expect(patches.kind === 'patches' ? patches.patches.at(-1)?.name : patches).toBe('20260814T000000Z');
    expect(await lists.versions('AKSAzureLinux-V3gen2', never)).toMatchObject({ kind: 'versions', labels: includes(['AKSAzureLinux-V3gen2-202501.05.0']) });
  });
});
