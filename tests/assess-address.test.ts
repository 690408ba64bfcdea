import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBufferSource } from '@nodeward/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadFixture } from '../packages/engine/src/source/load-fixture-for-tests.ts';
import { type PageBlobServer, startPageBlobServer } from '../packages/providers/src/range-source/page-blob-server-for-tests.ts';
import { nodeward, nodewardCommand, type ProcessResult } from './nodeward-process.ts';

const fixture = (path: string): Uint8Array => loadFixture(new URL(`../packages/engine/src/${path}`, import.meta.url));
const advisories = [
  {
    id: 'UBUNTU-CVE-2023-5678',
    modified: '2024-01-01T00:00:00Z',
    upstream: ['CVE-2023-5678'],
    severity: [{ type: 'Ubuntu', score: 'low' }],
    affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'openssl' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.2-0ubuntu1.14' }] }] }],
  },
  {
    // a kernel that no advisory names would leave the disk partly assessed
    id: 'UBUNTU-CVE-2023-1076',
    modified: '2024-01-01T00:00:00Z',
    upstream: ['CVE-2023-1076'],
    severity: [{ type: 'Ubuntu', score: 'medium' }],
    affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'linux-azure' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '5.15.0-1040.47' }] }] }],
  },
];

let folder: string;
let server: PageBlobServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nodeward-address-'));
  writeFileSync(join(folder, 'feed.json'), JSON.stringify(advisories));
  const built = nodeward(['db', 'build', join(folder, 'feed.json'), '-o', join(folder, 'advisories')]);
  if (built.status !== 0) throw new Error(built.stderr);
  server = await startPageBlobServer();
  server.addDisk('md-1/node', createBufferSource(fixture('assessment/fixtures/node/disk.img.zst')));
  server.addDisk('md-1/running', createBufferSource(fixture('filesystem/ext4/fixtures/journal-ext4/volume.img.zst')), { footer: false });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Not `spawnSync`: the disks are served by this very process. */
async function run(...words: readonly string[]): Promise<ProcessResult> {
  const child = spawn(process.execPath, [nodewardCommand, ...words, '--db', join(folder, 'advisories')], { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => { texts[name] += text; });
  const status: unknown = (await once(child, 'close'))[0];
  return { ...texts, status: typeof status === 'number' ? status : null };
}

const output = z.object({
  assessments: z.array(
    z.object({
      target: z.string(),
      inventory: z.object({ packages: z.number() }).nullable(),
      coverage: z.array(z.object({ subject: z.string(), state: z.string(), reason: z.string() })),
      matches: z.array(z.unknown()),
    }),
  ),
});
const secret = /sig=|si=|sv=/;

describe('nodeward on an address', () => {
  it.each([
    ['assess', (address: string) => ['assess', address]],
    ['assess --format json', (address: string) => ['assess', address, '--format', 'json']],
    ['findings', (address: string) => ['findings', address]],
    ['explain', (address: string) => ['explain', address, 'CVE-2023-5678']],
    ['forecast', (address: string) => ['forecast', address, address]],
  ])('%s reads the disk and never shows the signature', async (_, words) => {
    const { status, stdout, stderr } = await run(...words(server.grant('md-1/node', 600)));

    expect(`${status}\n${stderr}`).toMatch(/^0\n/);
    expect(stdout).toContain('CVE-2023-5678');
    expect(stdout + stderr).not.toMatch(secret);
  });

  it('finds what a running node has only in its journal, and says so', async () => {
    const { stdout } = await run('assess', server.grant('md-1/running', 600), '--format', 'json', '--all');
    const [assessment] = output.parse(JSON.parse(stdout)).assessments;

    expect(assessment?.target).toBe(`${server.origin}/md-1/running`);
    expect(assessment?.coverage.map(({ subject, state, reason }) => `${subject} ${state} ${reason}`)).toContainEqual(
      expect.stringMatching(/^disk read with what was only in the journal \(\d+ transactions, \d+ blocks\)$/),
    );
    // Older in the file system itself, where it would be vulnerable; newer in the journal.
    expect(assessment?.matches).toEqual([]);
    expect(assessment?.inventory?.packages).toBe(62);
  });

  it.each<readonly [string, RegExp, () => string]>([
    ['has ended', /access to the disk has ended/, () => server.grant('md-1/node', -1)],
    ['never was', /the disk does not exist/, () => server.grant('md-9/none', 60)],
  ])('says in one line that access %s, and is not clean', async (_, words, address) => {
    const { status, stdout, stderr } = await run('assess', address());

    expect(status).toBe(3);
    expect(stdout + stderr).toMatch(words);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(stdout + stderr).not.toMatch(secret);
  });

  it('refuses an address in the clear as wrong use', async () => {
    const { status, stderr } = await run('assess', 'http://disks.example/md-1/node?sig=SECRET');

    expect(status).toBe(2);
    expect(stderr).toMatch(/^nodeward: http:\/\/disks\.example\/md-1\/node: disks are read over https only\n$/);
  });
});
