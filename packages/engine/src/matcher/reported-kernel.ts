import type { CoverageEntry } from '../base/coverage.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Inventory, Package } from '../model/inventory.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { ecosystemOf } from '../model/operating-system.ts';
import { kernelSourceOf } from '../model/package-family.ts';
import { channelsOf } from './channels.ts';

export interface ReportedKernel {
  /** With the kernel that runs as its only package, where its source is known. The id stays. */
  readonly inventory: Inventory;
  readonly coverage: readonly CoverageEntry[];
}

/**
 * An inventory without a single package, as it stands on a node whose Node object names the kernel that runs. The release is
 * as good as a package where it tells the source; of Ubuntu's it leaves the last number of the version open (`isEveryUpload`).
 * Nothing is said where the system itself has no advisories.
 */
export function withReportedKernel(inventory: Inventory, { runningKernel }: Pick<NodeFacts, 'runningKernel'>, advisories: AdvisoryLookup): ReportedKernel {
  const ecosystem = ecosystemOf(inventory.operatingSystem);
  if (inventory.packages.length > 0 || runningKernel === undefined || ecosystem === undefined || !advisories.hasEcosystem(ecosystem)) return { inventory, coverage: [] };
  const { release } = runningKernel;
  const image = ecosystem.startsWith('Ubuntu:') ? ubuntuImage(release, ecosystem, advisories) : azureLinuxImage(release, ecosystem, advisories);
  if (image === undefined) return { inventory, coverage: [{ subject: 'kernel', state: 'unsupported', reason: 'no-advisories-for-kernel', detail: release }] };
  return { inventory: { ...inventory, packages: [image] }, coverage: [{ subject: 'kernel', state: 'read', reason: 'node-status-only', detail: release }] };
}

/** `5.15.0-1041-azure`; builds of the mainline archive write their version where the ABI stands (`6.5.0-060500-generic`). */
const ubuntuRelease = /^(\d+\.\d+\.\d+)-([1-9]\d*)-([a-z][a-z0-9-]*)$/;

/** From here on ABIs are those of kernels that follow the main line: `5.15.0-1028-generic` is RISC-V's. */
const firstAbiOfFollowers = 1000;

function ubuntuImage(release: string, ecosystem: string, advisories: AdvisoryLookup): Package | undefined {
  const [, upstream = '', abi = '', flavour = ''] = ubuntuRelease.exec(release) ?? [];
  const line = lineOf(flavour);
  if (line === undefined || (line === 'linux' && Number(abi) >= firstAbiOfFollowers)) return undefined;
  const [source, ...more] = sourcesOf(line, upstream).filter((name) => hasLine(name, ecosystem, `${upstream}-`, advisories));
  return source === undefined || more.length > 0 ? undefined : imageOf(`linux-image-${release}`, `${upstream}-${abi}`, source);
}

/** The line's own source: `linux-azure`; undefined where we know none. */
function lineOf(flavour: string): string | undefined {
  const name = flavour.replace(/-(?:64k|lpae)$/, '');
  const line = name === 'generic' ? 'linux' : `linux-${name}`;
  return kernelSourceOf(line) === line ? line : undefined;
}

/** Those of a release's own kernel and of later ones: `linux-azure`, `linux-azure-6.2`, `linux-hwe-6.2`. */
function sourcesOf(line: string, upstream: string): readonly string[] {
  const series = upstream.split('.').slice(0, 2).join('.');
  return ['', `-${series}`, '-hwe', `-hwe-${series}`, '-hwe-edge', '-edge'].map((variant) => `${line}${variant}`);
}

/** `6.6.57.1-7.azl3`, `5.15.110.mshv2-3.cm2`: the rpm's own version and release. */
const azureLinuxRelease = /^(\d+\.\d+\.)[\w.+~-]+\.(?:azl|cm)(\d+)$/;

/** Configured otherwise, `kernel-64k` and the like are built from the same versions as `kernel`: where both may be meant that one is. */
const azureLinuxSources = ['kernel', 'kernel-hwe', 'kernel-azure', 'kernel-64k', 'kernel-lpg-innovate', 'kernel-mos'];

function azureLinuxImage(release: string, ecosystem: string, advisories: AdvisoryLookup): Package | undefined {
  const [, series = '', major = ''] = azureLinuxRelease.exec(release) ?? [];
  if (ecosystem !== `Azure Linux:${major}`) return undefined;
  const sources = /\.mshv\d/.test(release) ? ['kernel-mshv'] : /[-.]rt\d/.test(release) ? ['kernel-rt'] : azureLinuxSources;
  const source = sources.find((name) => hasLine(name, ecosystem, series, advisories));
  return source === undefined ? undefined : imageOf(source, release, source);
}

/** Whether advisories of this source have ever named a version of this line: a version has no meaning beside those of another. */
function hasLine(source: string, ecosystem: string, line: string, advisories: AdvisoryLookup): boolean {
  const { own, base, subscription = base } = channelsOf(ecosystem, source, line);
  return [...own, base, subscription].some((channel) => advisories.ranges(channel, source).some(({ fixed, lastAffected }) => (fixed ?? lastAffected)?.replace(/^\d+:/, '').startsWith(line) === true));
}

function imageOf(name: string, version: string, source: string): Package {
  return { name, version, architecture: '', source, sourceVersion: version, sourceKnown: true };
}
