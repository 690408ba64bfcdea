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
 * known. Canonical's OSV export writes `Ubuntu:22.04:LTS`; interim releases have no `:LTS`.
 */
export function ecosystemOf(os: OperatingSystem): string | undefined {
  if (os.id !== 'ubuntu' || !/^\d{2}\.\d{2}$/.test(os.versionId)) return undefined;
  const [year, month] = os.versionId.split('.');
  const longTerm = month === '04' && Number(year) % 2 === 0;
  return `Ubuntu:${os.versionId}${longTerm ? ':LTS' : ''}`;
}
