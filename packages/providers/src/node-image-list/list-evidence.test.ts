import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOutbound } from '../network/outbound.ts';
import type { Evidence } from '../provider.ts';
import { listEvidence, type ListRequest } from './list-evidence.ts';
import { openNodeImageLists } from './node-image-lists.ts';

const signal = new AbortController().signal;
const label = 'AKSUbuntu-2204gen2containerd-202608.06.1';

const list = `=== os-release Begin
ID=ubuntu
VERSION_ID="22.04"
VERSION_CODENAME=jammy
=== os-release End
=== Installed Packages Begin
bash/jammy-updates,now 5.1-6ubuntu1 amd64 [installed]
linux-image-5.15.0-1041-azure/jammy-updates,now 5.15.0-1041.48 amd64 [installed]
=== Installed Packages End
`;

function delta(name: string, version: string): { readonly name: string; readonly bytes: Buffer } {
  return { name, bytes: Buffer.from(`Release notes for security patch ${name} timestamp\nPackage difference between 20260101T000000Z and ${name}\nNo reboot required\nUpgrade: bash:amd64 (5.1-6ubuntu1, ${version})\n`) };
}

interface Asked { readonly finds: string[]; readonly patches: string[] }

function fakeLists(options: { readonly find?: Awaited<ReturnType<ListRequest['lists']['find']>>; readonly patches?: Awaited<ReturnType<ListRequest['lists']['securityPatches']>> } = {}): { readonly lists: ListRequest['lists']; readonly asked: Asked } {
  const asked: Asked = { finds: [], patches: [] };
  const { find = { kind: 'list', bytes: Buffer.from(list), name: 'AKSUbuntu/x.txt' }, patches = { kind: 'patches', patches: [] } } = options;
  return {
    asked,
    lists: {
      find: async (text) => { asked.finds.push(text); return Promise.resolve(find); },
      securityPatches: async (system, upTo) => { asked.patches.push(`${system} ${upTo}`); return Promise.resolve(patches); },
    },
  };
}

function bashOf(evidence: Evidence): string | undefined {
  return evidence.kind === 'inventory' ? evidence.inventory.packages.find(({ name }) => name === 'bash')?.version : undefined;
}

function packagesState(evidence: Evidence): string | undefined {
  const entry = evidence.kind === 'inventory' ? evidence.coverage.find(({ subject }) => subject === 'os-packages') : undefined;
  return entry === undefined ? undefined : `${entry.state} ${entry.reason}`;
}

describe('the published list of an image', () => {
  it('is asked for without the security patch of the label, and read once for equal questions', async () => {
    const { lists, asked } = fakeLists();
    const first = await listEvidence({ label, lists }, signal);
    expect(first).toMatchObject({ kind: 'inventory', grade: 'manifest', origin: 'AKSUbuntu/x.txt', facts: { evidencePaths: { 'os-packages': 'AKSUbuntu/x.txt' } } });
    expect(await listEvidence({ label, lists }, signal)).toBe(first);
    expect(asked).toEqual({ finds: [label], patches: [] });
  });

  it('carries the patches up to the node\'s time, and each time has an inventory of its own', async () => {
    const { lists, asked } = fakeLists({ patches: { kind: 'patches', patches: [delta('20260807T000000Z', '5.1-6ubuntu1.1'), delta('20260814T000000Z', '5.1-6ubuntu1.2')] } });
    const patched = await listEvidence({ label, securityPatch: '20260814T000000Z', lists }, signal);
    expect(bashOf(patched)).toBe('5.1-6ubuntu1.2');
    expect(packagesState(patched)).not.toContain('security-patch-unknown');
    expect(bashOf(await listEvidence({ label, lists }, signal))).toBe('5.1-6ubuntu1');
    expect(asked.patches).toEqual(['ubuntu-22.04 20260814T000000Z']);
  });

  it('carries the patch that the label names', async () => {
    const { lists, asked } = fakeLists({ patches: { kind: 'patches', patches: [delta('20260814T000000Z', '5.1-6ubuntu1.2')] } });
    expect(bashOf(await listEvidence({ label: `${label}-2026.08.14`, lists }, signal))).toBe('5.1-6ubuntu1.2');
    expect(asked).toEqual({ finds: [label], patches: ['ubuntu-22.04 20260814T000000Z'] });
  });

  it('needs no patch from before the image was built', async () => {
    const { lists, asked } = fakeLists();
    expect(packagesState(await listEvidence({ label, securityPatch: '20260801T000000Z', lists }, signal))).not.toContain('security-patch-unknown');
    expect(asked.patches).toEqual([]);
  });

  it('is never complete without a patch that the node has', async () => {
    const names = { sourceNames: new Map([['jammy', new Map([['bash', { source: 'bash' }], ['linux-image-5.15.0-1041-azure', { source: 'linux-azure' }]])]]) };
    const withPatch = async (patches: Awaited<ReturnType<ListRequest['lists']['securityPatches']>>): Promise<string | undefined> => packagesState(await listEvidence({ label, securityPatch: '20260814T000000Z', ...names, lists: fakeLists({ patches }).lists }, signal));
    expect(await withPatch({ kind: 'patches', patches: [delta('20260814T000000Z', '5.1-6ubuntu1.2')] })).toBe('read read');
    expect(await withPatch({ kind: 'unreachable', detail: 'no network' })).toBe('unreadable security-patch-unknown');
    expect(await withPatch({ kind: 'patches', patches: [delta('20260807T000000Z', '5.1-6ubuntu1.1')] })).toBe('unreadable security-patch-unknown');
  });

  it('is asked for again where a patch was missing', async () => {
    const { lists, asked } = fakeLists({ patches: { kind: 'unreachable', detail: 'no network' } });
    for (let time = 0; time < 2; time += 1) await listEvidence({ label, securityPatch: '20260814T000000Z', lists }, signal);
    expect(asked.finds).toHaveLength(2);
  });

  it.each([
    ['is not published', label, { kind: 'not-published' }, 'image-not-published', 'image-list-not-published'],
    ['has no packages', 'AKSFlatcar-flatcargen2-202608.06.1', { kind: 'no-packages' }, 'unsupported', 'image-list-without-packages'],
    ['nobody knows', 'AKSOther-x-202608.06.1', { kind: 'unknown-image' }, 'image-not-published', 'image-publisher-without-lists'],
    ['cannot be reached', label, { kind: 'unreachable', detail: 'no network' }, 'unreachable', 'image-list-unreachable'],
    ['was cut short', label, { kind: 'list', bytes: Buffer.from(list.slice(0, 200)), name: 'x.txt' }, 'unsupported', 'list-format-unknown'],
    ['is of Windows', 'AKSWindows-2022-containerd-20348.5499.260812', { kind: 'not-published' }, 'unsupported', 'windows-node'],
    ['is of no image of AKS', 'ami-0123456789', { kind: 'not-published' }, 'image-not-published', 'image-publisher-without-lists'],
  ] as const)('that %s is refused by name', async (_, image, find, cause, reason) => {
    expect(await listEvidence({ label: image, lists: fakeLists({ find }).lists }, signal)).toMatchObject({ kind: 'refused', cause, reason });
  });
});

const data = resolve(process.env.NODEWARD_SHARED ?? resolve(import.meta.dirname, '../../../../../shared'), 'data');
if (!existsSync(data)) console.log('SKIPPED (no data): published lists with their security patches');

it.skipIf(!existsSync(data))('the list of 20 July 2026 has, with the patch of 14 August, the kernel that came with it', async () => {
  const outbound = await openOutbound({ environment: {} });
  try {
    const lists = await openNodeImageLists({ outbound, mirror: data, now: () => new Date('2026-11-24T00:00:00Z') });
    const kernels = async (securityPatch?: string): Promise<readonly string[]> => {
      const evidence = await listEvidence({ label: 'AKSUbuntu-2204gen2containerd-202607.20.0', securityPatch, lists }, signal);
      if (evidence.kind !== 'inventory') throw new Error(`${evidence.kind}: ${JSON.stringify(evidence)}`);
      return evidence.inventory.packages.map(({ name }) => name).filter((name) => name.startsWith('linux-image-5.15.0-'));
    };
    expect(await kernels()).not.toContain('linux-image-5.15.0-1118-azure');
    expect(await kernels('20260814T000000Z')).toContain('linux-image-5.15.0-1118-azure');
  } finally {
    await outbound.close();
  }
});
