import { Coverage } from '../base/coverage.ts';
import { limits } from '../base/limits.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Reading } from '../model/assessment.ts';
import { createInventory, type Package } from '../model/inventory.ts';
import type { RunningKernel } from '../model/node-facts.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import { kernelReleaseOf } from '../model/package-family.ts';
import { isThirdParty } from '../model/third-party-package.ts';
import { resolveSource, type SourceNames } from './source-names.ts';

/**
 * The release notes of an AKS node image (Azure/AgentBaker, vhdbuilder/release-notes): a text with
 * the output of `apt list --installed` and os-release between marker lines.
 */
const packagesBegin = '=== Installed Packages Begin';
const packagesEnd = '=== Installed Packages End';
const osReleaseBegin = '=== os-release Begin';
const osReleaseEnd = '=== os-release End';

/** name/archive,archive version architecture [status] */
const packageLine = /^([^/\s]+)\/(\S+) (\S+) (\S+) \[([^\]]*)\]/;
/** What apt prints around its list. */
const aptChatter = /^(Listing\.\.\.|WARNING: apt does not have a stable CLI interface.*|)$/;

export interface AksManifestOptions {
  /** Evidence of every match: the list's file name. */
  readonly name: string;
  readonly sourceNames?: SourceNames | undefined;
  readonly advisories?: AdvisoryLookup | undefined;
}

/** By content, not by name. */
export function isAksManifest(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(packagesBegin) && !bytes.subarray(0, 4096).includes(0);
}

/** A published list as an inventory of grade `manifest`. What cannot be read of it is in the coverage. */
export function parseAksManifest(bytes: Uint8Array, options: AksManifestOptions): Reading {
  const coverage = new Coverage();
  const inventory = readInventory(bytes, options, coverage);
  coverage.add('node components and Go modules', 'out-of-scope', 'not-read-in-this-version');
  coverage.add('container images', 'out-of-scope', 'container-images');
  const runningKernel = inventory === undefined ? undefined : onlyKernel(inventory.packages, coverage);
  return {
    ...(inventory === undefined ? {} : { inventory }),
    facts: {
      grade: 'manifest',
      ...(runningKernel === undefined ? {} : { runningKernel }),
      evidencePaths: inventory === undefined ? {} : { 'os-packages': options.name, kernel: options.name },
    },
    coverage: coverage.entries,
    bytesRead: bytes.length,
    requests: 1,
  };
}

function readInventory(bytes: Uint8Array, options: AksManifestOptions, coverage: Coverage): Reading['inventory'] {
  if (bytes.length > limits.fileBytes) {
    coverage.add('os-packages', 'over-limit', 'limit-exceeded', `${bytes.length} bytes`);
    return undefined;
  }
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').split(/\r?\n/);
  const operatingSystem = readOperatingSystem(section(lines, osReleaseBegin, osReleaseEnd)) ?? readUbuntuVersion(lines);
  if (operatingSystem === undefined) {
    coverage.add('os-packages', 'unreadable', 'operating-system-unknown');
    return undefined;
  }
  const listed = section(lines, packagesBegin, packagesEnd);
  if (listed === undefined) {
    coverage.add('os-packages', 'unreadable', 'truncated', packagesEnd);
    return undefined;
  }
  if (listed.length > limits.packages) {
    coverage.add('os-packages', 'over-limit', 'limit-exceeded', `${listed.length} packages`);
    return undefined;
  }
  const packages = readPackages(listed, operatingSystem, options, coverage);
  return packages.length === 0 ? undefined : createInventory(operatingSystem, packages);
}

/** Undefined where either marker is missing: a list that was cut short must not look like a short list. */
function section(lines: readonly string[], begin: string, end: string): readonly string[] | undefined {
  const from = lines.findIndex((line) => line.trimEnd() === begin);
  const to = lines.findIndex((line, index) => index > from && line.trimEnd() === end);
  return from === -1 || to === -1 ? undefined : lines.slice(from + 1, to);
}

/** os-release(5), as far as the lists use it: values bare or between double quotes. */
function readOperatingSystem(lines: readonly string[] | undefined): OperatingSystem | undefined {
  const fields = new Map((lines ?? []).flatMap((line) => {
    const found = /^([A-Z_]+)=(?:"([^"]*)"|(\S*))\s*$/.exec(line);
    return found === null ? [] : [[found[1] ?? '', found[2] ?? found[3] ?? ''] as const];
  }));
  const [id, versionId, codename] = [fields.get('ID'), fields.get('VERSION_ID'), fields.get('VERSION_CODENAME')];
  if (id === undefined || versionId === undefined) return undefined;
  return { id, versionId, ...(codename === undefined ? {} : { codename }), prettyName: fields.get('PRETTY_NAME') ?? `${id} ${versionId}` };
}

/** Lists made before February 2023 have no os-release, only this line; the release's name stands in its archives'. */
function readUbuntuVersion(lines: readonly string[]): OperatingSystem | undefined {
  const versionId = lines.map((line) => /^Ubuntu version: (\d{2}\.\d{2})\s*$/.exec(line)?.[1]).find((found) => found !== undefined);
  if (versionId === undefined) return undefined;
  const suites = lines.flatMap((line) => packageLine.exec(line)?.[2]?.split(',') ?? []).filter((suite) => suite.endsWith('-updates'));
  const codename = suites[0]?.slice(0, -'-updates'.length);
  return { id: 'ubuntu', versionId, ...(codename === undefined ? {} : { codename }), prettyName: `Ubuntu ${versionId}` };
}

function readPackages(
  lines: readonly string[],
  os: OperatingSystem,
  options: AksManifestOptions,
  coverage: Coverage,
): readonly Package[] {
  const unparsed: string[] = [];
  const unknown: string[] = [];
  const packages: Package[] = [];
  for (const line of lines) {
    if (aptChatter.test(line)) continue;
    const [, name, , version, architecture, status] = packageLine.exec(line) ?? [];
    if (name === undefined || version === undefined || architecture === undefined || status === undefined) {
      unparsed.push(line);
      continue;
    }
    // `residual-config` is a package that was removed.
    if (!/^installed(,|$)/.test(status)) continue;
    const resolved = resolveSource(name, os, options.sourceNames, options.advisories);
    if (resolved.kind === 'unknown' && !isThirdParty(name)) unknown.push(name);
    const source = resolved.kind === 'known' ? resolved.source : name;
    // The binary's version is the best that is known of the source's; they differ for few sources.
    packages.push({ name, version, architecture, source, sourceVersion: version, sourceKnown: resolved.kind === 'known' });
  }
  notePackages(packages, unparsed, unknown, coverage);
  return packages;
}

/** The fact class counts as read only where every line was understood and every source is known. */
function notePackages(packages: readonly Package[], unparsed: readonly string[], unknown: readonly string[], coverage: Coverage): void {
  const total = packages.length + unparsed.length;
  if (packages.length === 0) {
    coverage.add('os-packages', 'unsupported', 'list-format-unknown', `0 of ${total} lines`);
  } else if (unparsed.length > 0) {
    coverage.add('os-packages', 'unreadable', 'list-format-unknown', `${unparsed.length} of ${total} lines: ${unparsed[0]?.slice(0, 80)}`);
  } else if (unknown.length > 0) {
    coverage.add('os-packages', 'unknown-source', 'source-package-unknown', `${unknown.length} of ${total} packages`);
  } else {
    coverage.add('os-packages', 'read', 'read', `${total} packages`);
  }
  for (const name of unknown) coverage.add(`package ${name}`, 'unknown-source', 'source-package-unknown');
}

/**
 * A node boots the newest image that it has. The list's `Linux version` line names what ran on the
 * machine that built the image, before its last packages came, so with several images it is no evidence.
 */
function onlyKernel(packages: readonly Package[], coverage: Coverage): RunningKernel | undefined {
  const releases = [...new Set(packages.flatMap((found) => kernelReleaseOf(found.name) ?? []))];
  const [only] = releases;
  if (only === undefined) {
    coverage.add('kernel', 'unreadable', 'kernel-image-missing');
    return undefined;
  }
  coverage.add('kernel', 'read', 'read');
  return releases.length === 1 ? { release: only, from: 'only-kernel-image' } : undefined;
}
