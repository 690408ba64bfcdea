/** os-release(5), reduced to what advisories need. */
export interface OperatingSystem {
  /** `ID`, for example `ubuntu`. */
  readonly id: string;
  /** `VERSION_ID`, for example `22.04`. */
  readonly versionId: string;
  readonly codename?: string;
  readonly prettyName: string;
}

/**
 * The name under which the vendor's feed speaks of this release, or undefined where no feed is
 * known. Canonical's OSV export writes `Ubuntu:22.04:LTS`; interim releases have no `:LTS`. Azure
 * Linux 2 still calls itself CBL-Mariner; OSV calls both by the later name and the major version.
 */
export function ecosystemOf({ id, versionId }: OperatingSystem): string | undefined {
  if (id === 'ubuntu') return ubuntuEcosystem(versionId);
  const major = azureLinuxIds.has(id) ? /^([1-9]\d?)\.\d+$/.exec(versionId)?.[1] : undefined;
  return major === undefined ? undefined : `Azure Linux:${major}`;
}

const azureLinuxIds = new Set(['azurelinux', 'mariner', 'cbl-mariner']);

function ubuntuEcosystem(versionId: string): string | undefined {
  const [, year, month] = /^(\d{2})\.(\d{2})$/.exec(versionId) ?? [];
  if (year === undefined) return undefined;
  const longTerm = month === '04' && Number(year) % 2 === 0;
  return `Ubuntu:${versionId}${longTerm ? ':LTS' : ''}`;
}
