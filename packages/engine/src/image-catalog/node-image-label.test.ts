import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { nodeImageDirectory, nodeImageSkus, parseNodeImageLabel } from './node-image-label.ts';

const shared = process.env.NODEWARD_SHARED ?? join(import.meta.dirname, '../../../../../shared');
const mapFile = join(shared, 'data/node-images/label-map.json');
const hasMap = existsSync(mapFile);
if (!hasMap) console.warn(`SKIPPED (no data): the map of node image labels is not compared with ${mapFile}`);

describe('the label of a node image', () => {
  it.each([
    ['AKSUbuntu-2204gen2containerd-202309.06.0', 'AKSUbuntu', '2204gen2containerd', '202309.06.0', undefined],
    ['AKSUbuntu-2204gen2containerd-202410.27.0-2024.12.01', 'AKSUbuntu', '2204gen2containerd', '202410.27.0', '2024.12.01'],
    ['AKSUbuntu-2204gen2TLcontainerd-202608.20.0', 'AKSUbuntu', '2204gen2TLcontainerd', '202608.20.0', undefined],
    ['AKSUbuntu-1804gen2containerd-2023.01.10', 'AKSUbuntu', '1804gen2containerd', '2023.01.10', undefined],
    ['AKSAzureLinux-V3gen2-202501.05.0', 'AKSAzureLinux', 'V3gen2', '202501.05.0', undefined],
    ['AKSWindows-2022-containerd-20348.5499.260812', 'AKSWindows', '2022-containerd', '20348.5499.260812', undefined],
    ['AKSWindows-23H2-gen2-25398.1.240101', 'AKSWindows', '23H2-gen2', '25398.1.240101', undefined],
  ])('%s is %s, %s, %s, %s', (label, system, sku, version, securityPatch) => {
    const parsed = parseNodeImageLabel(label);

    expect(parsed).toMatchObject({ system, sku, version, family: `${system}-${sku}`, isWindows: system === 'AKSWindows' });
    expect(parsed?.securityPatch).toBe(securityPatch);
  });

  it.each([
    '',
    'AKSUbuntu',
    'AKSUbuntu-2204gen2containerd',
    'AKSUbuntu-2204gen2containerd-latest',
    'AKSUbuntu--202309.06.0',
    'aksubuntu-2204gen2containerd-202309.06.0',
    'AKSUbuntu-2204gen2containerd-202309.06.0-',
    ' AKSUbuntu-2204gen2containerd-202309.06.0',
    'AKSUbuntu-2204gen2containerd-202309.06.0\n',
    `AKSUbuntu-${'a-'.repeat(50_000)}202309.06.0`,
  ])('%s is none', (label) => expect(parseNodeImageLabel(label)).toBeUndefined());
});

describe('the directory of a node image', () => {
  it.each([
    ['2204gen2containerd', { directory: 'AKSUbuntu/gen2/2204containerd', hasPackages: true, securityPatches: 'ubuntu-22.04' }],
    ['2404gen2TLcontainerd', { directory: 'AKSUbuntu/gen2/2404tlcontainerd', hasPackages: true, securityPatches: 'ubuntu-24.04' }],
    ['2604minimalgen2containerd', { directory: 'AKSUbuntu/gen2/2604minimalcontainerd', hasPackages: true }],
    ['V3gen2', { directory: 'AKSAzureLinuxV3/gen2', hasPackages: true, securityPatches: 'azure-linux-3' }],
    ['OSGuardV3gen2fipsTL', { directory: 'AKSAzureLinuxV3/osguardgen2fipstl', hasPackages: true }],
    ['flatcargen2', { directory: 'AKSFlatcar/gen2', hasPackages: false }],
    ['aclgen2TL', { directory: 'AKSAzureContainerLinux/gen2tl', hasPackages: false }],
    ['2022-containerd', undefined],
    ['constructor', undefined],
  ])('of %s is %o', (sku, directory) => expect(nodeImageDirectory(sku)).toEqual(directory));

  it.skipIf(!hasMap)('is the one that the publisher names, for all 31', () => {
    const map = z.record(z.string(), z.object({ agentBakerDir: z.string() })).parse(JSON.parse(readFileSync(mapFile, 'utf8')));

    expect(Object.fromEntries(nodeImageSkus.map((sku) => [sku, nodeImageDirectory(sku)?.directory]))).toEqual(Object.fromEntries(Object.entries(map).map(([sku, { agentBakerDir }]) => [sku, agentBakerDir])));
    expect(nodeImageSkus).toHaveLength(31);
  });
});
