/** What the node label `kubernetes.azure.com/node-image-version` says. */
export interface NodeImageLabel {
  /** `AKSUbuntu`, `AKSAzureLinux`, `AKSWindows`, … */
  readonly system: string;
  /** `2204gen2containerd`. */
  readonly sku: string;
  /** `202410.27.0`; of Windows the build and its date: `20348.5499.260812`. */
  readonly version: string;
  /** `2024.12.01`: the security patch that was laid on top, where the label names one. */
  readonly securityPatch?: string;
  /** All but version and patch: what stays the same from one image of a pool to the next. */
  readonly family: string;
  readonly isWindows: boolean;
}

/** The three forms of versions that AKS has used: `YYYYMM.DD.p`, Windows' `build.revision.YYMMDD`, and `YYYY.MM.DD` before 2023-02. */
const grammar = /^(AKS[A-Za-z]+)-(.+?)-(\d{6}\.\d{2}\.\d+|\d{5}\.\d+\.\d{6}|\d{4}\.\d{2}\.\d{2})(?:-(\d{4}\.\d{2}\.\d{2}))?$/;

/** No real label is longer; the grammar is not asked about what is. */
const longestLabel = 200;

/** Undefined where the text is no label of an AKS node image. */
export function parseNodeImageLabel(label: string): NodeImageLabel | undefined {
  const [, system, sku, version, securityPatch] = (label.length > longestLabel ? null : grammar.exec(label)) ?? [];
  if (system === undefined || sku === undefined || version === undefined) return undefined;
  const parts = { system, sku, version, family: `${system}-${sku}`, isWindows: system === 'AKSWindows' };
  return securityPatch === undefined ? parts : { ...parts, securityPatch };
}

/** Whose security patches are published as lists of changes. */
export type SecurityPatchSystem = 'ubuntu-22.04' | 'ubuntu-24.04' | 'azure-linux-3';

export interface NodeImageDirectory {
  /** Below the publisher's release notes (Azure/AgentBaker, vhdbuilder/release-notes). */
  readonly directory: string;
  /** False where the notes are published and list no packages. */
  readonly hasPackages: boolean;
  readonly securityPatches?: SecurityPatchSystem;
}

/** SKU of the label → directory, as the publisher's image lists name both. */
const directories: ReadonlyMap<string, string> = new Map([
  ['aclgen2arm64TL', 'AKSAzureContainerLinux/arm64gen2tl'],
  ['aclgen2TL', 'AKSAzureContainerLinux/gen2tl'],
  ['V3gen2CVM', 'AKSAzureLinuxV3/cvmgen2'],
  ['V3', 'AKSAzureLinuxV3/gen1'],
  ['V3fips', 'AKSAzureLinuxV3/gen1fips'],
  ['V3gen2', 'AKSAzureLinuxV3/gen2'],
  ['V3gen2arm64', 'AKSAzureLinuxV3/gen2arm64'],
  ['V3gen2arm64fips', 'AKSAzureLinuxV3/gen2arm64fips'],
  ['V3gen2fips', 'AKSAzureLinuxV3/gen2fips'],
  ['V3katagen2', 'AKSAzureLinuxV3/gen2kata'],
  ['V3gen2TL', 'AKSAzureLinuxV3/gen2tl'],
  ['OSGuardV3gen2fipsTL', 'AKSAzureLinuxV3/osguardgen2fipstl'],
  ['flatcargen2', 'AKSFlatcar/gen2'],
  ['flatcargen2arm64', 'AKSFlatcar/gen2arm64'],
  ['2004fipscontainerd', 'AKSUbuntu/gen1/2004fipscontainerd'],
  ['2204containerd', 'AKSUbuntu/gen1/2204containerd'],
  ['2204fipscontainerd', 'AKSUbuntu/gen1/2204fipscontainerd'],
  ['2404containerd', 'AKSUbuntu/gen1/2404containerd'],
  ['2004gen2CVMcontainerd', 'AKSUbuntu/gen2/2004cvmcontainerd'],
  ['2004gen2fipscontainerd', 'AKSUbuntu/gen2/2004fipscontainerd'],
  ['2204gen2arm64containerd', 'AKSUbuntu/gen2/2204arm64containerd'],
  ['2204gen2containerd', 'AKSUbuntu/gen2/2204containerd'],
  ['2204gen2fipscontainerd', 'AKSUbuntu/gen2/2204fipscontainerd'],
  ['2204gen2fipsTLcontainerd', 'AKSUbuntu/gen2/2204fipstlcontainerd'],
  ['2204gen2TLcontainerd', 'AKSUbuntu/gen2/2204tlcontainerd'],
  ['2404gen2arm64containerd', 'AKSUbuntu/gen2/2404arm64containerd'],
  ['2404gen2containerd', 'AKSUbuntu/gen2/2404containerd'],
  ['2404gen2CVMcontainerd', 'AKSUbuntu/gen2/2404cvmcontainerd'],
  ['2404gen2TLcontainerd', 'AKSUbuntu/gen2/2404tlcontainerd'],
  ['2604minimalgen2arm64containerd', 'AKSUbuntu/gen2/2604minimalarm64containerd'],
  ['2604minimalgen2containerd', 'AKSUbuntu/gen2/2604minimalcontainerd'],
]);

export const nodeImageSkus: readonly string[] = [...directories.keys()];

/** Undefined for a SKU of which nothing is published. */
export function nodeImageDirectory(sku: string): NodeImageDirectory | undefined {
  const directory = directories.get(sku);
  if (directory === undefined) return undefined;
  const securityPatches = patchesOf(sku);
  const hasPackages = !/^AKS(Flatcar|AzureContainerLinux)\//.test(directory);
  return { directory, hasPackages, ...(securityPatches === undefined ? {} : { securityPatches }) };
}

/** OS Guard and the container systems replace their whole system image instead. */
function patchesOf(sku: string): SecurityPatchSystem | undefined {
  if (sku.startsWith('2204')) return 'ubuntu-22.04';
  if (sku.startsWith('2404')) return 'ubuntu-24.04';
  return sku.startsWith('V3') ? 'azure-linux-3' : undefined;
}
