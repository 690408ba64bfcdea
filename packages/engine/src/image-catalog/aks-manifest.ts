import { Coverage } from '../base/coverage.ts';
import { limits } from '../base/limits.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Reading } from '../model/assessment.ts';
import { createInventory, type Package } from '../model/inventory.ts';
import type { RunningKernel } from '../model/node-facts.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import { kernelReleaseOf, kernelSourceOf } from '../model/package-family.ts';
import { isThirdParty } from '../model/third-party-package.ts';
import { resolveDebSources } from './deb-sources.ts';
import { type ListedComponents, readListedComponents, unlistedFamilies } from './listed-components.ts';
import { aptLine, parseListedPackages } from './listed-package.ts';
import { resolveRpmSources } from './rpm-sources.ts';
import { applySecurityPatches, parseSecurityPatch, type SecurityPatch } from './security-patch.ts';
import { isRpmSystem, type SourceNames } from './source-names.ts';

/**
 * The release notes of an AKS node image (Azure/AgentBaker, vhdbuilder/release-notes): a text with
 * the output of `apt list --installed` or `rpm -qa` and os-release between marker lines.
 */
const packagesBegin = '=== Installed Packages Begin';
const packagesEnd = '=== Installed Packages End';
const osReleaseBegin = '=== os-release Begin';
const osReleaseEnd = '=== os-release End';

/** The notes of one security patch, as published for the node's own system. */
export interface SecurityPatchNotes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface AksManifestOptions {
  /** Evidence of every match: the list's file name. */
  readonly name: string;
  readonly sourceNames?: SourceNames | undefined;
  readonly advisories?: AdvisoryLookup | undefined;
  /** Those that the node installed on top of the image, in any order: what follows from them is inferred. */
  readonly securityPatches?: readonly SecurityPatchNotes[] | undefined;
}

/** By content, not by name. */
export function isAksManifest(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(packagesBegin) && !bytes.subarray(0, 4096).includes(0);
}

/** A published list as an inventory of grade `manifest`. What cannot be read of it is in the coverage. */
export function parseAksManifest(bytes: Uint8Array, options: AksManifestOptions): Reading {
  const coverage = new Coverage();
  const lines = readLines(bytes, coverage);
  const list = lines === undefined ? undefined : readList(lines, options, coverage);
  const inventory = list === undefined ? undefined : createInventory(list.operatingSystem, list.packages, list.listed.components);
  if (list !== undefined) noteComponents(list.listed, coverage);
  coverage.add('container images', 'out-of-scope', 'container-images');
  const runningKernel = inventory === undefined ? undefined : onlyKernel(inventory.packages, list?.patches ?? [], coverage);
  const evidence = [options.name, ...(list?.patches ?? []).map(({ name }) => name)].join(' + ');
  return {
    ...(inventory === undefined ? {} : { inventory }),
    facts: {
      grade: 'manifest',
      ...(runningKernel === undefined ? {} : { runningKernel }),
      ...(list === undefined || list.listed.files.length === 0 ? {} : { componentFiles: list.listed.files }),
      evidencePaths: inventory === undefined ? {} : { 'os-packages': evidence, kernel: evidence, 'node-components': evidence },
    },
    coverage: coverage.entries,
    bytesRead: [{ bytes }, ...options.securityPatches ?? []].reduce((sum, read) => sum + read.bytes.length, 0),
    requests: 1 + (options.securityPatches?.length ?? 0),
  };
}

interface List {
  readonly operatingSystem: OperatingSystem;
  readonly packages: readonly Package[];
  readonly listed: ListedComponents;
  readonly patches: readonly AppliedPatch[];
}

interface AppliedPatch extends SecurityPatch {
  readonly name: string;
}

function readLines(bytes: Uint8Array, coverage: Coverage): readonly string[] | undefined {
  if (bytes.length <= limits.fileBytes) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').split(/\r?\n/);
  coverage.add('os-packages', 'over-limit', 'limit-exceeded', `${bytes.length} bytes`);
  return undefined;
}

function readList(lines: readonly string[], options: AksManifestOptions, coverage: Coverage): List | undefined {
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
  const patches = readPatches(options.securityPatches ?? []);
  const packages = readPackages(listed, { ...options, operatingSystem, patches }, coverage);
  if (packages.length === 0) return undefined;
  const before = lines.slice(0, lines.findIndex((line) => line.trimEnd() === packagesBegin));
  return { operatingSystem, packages, listed: readListedComponents(before, packages), patches: patches.read };
}

/** Which kubelet runs is the cluster's choice, and nothing here has Go modules: the list closes neither class. */
function noteComponents(listed: ListedComponents, coverage: Coverage): void {
  const unlisted = unlistedFamilies(listed);
  coverage.add('component kubelet', 'out-of-scope', 'component-chosen-by-cluster');
  if (unlisted.length === 0) coverage.add('node-components', 'out-of-scope', 'component-chosen-by-cluster', 'kubelet');
  else coverage.add('node-components', 'out-of-scope', 'component-version-unknown', unlisted.join(' '));
  coverage.add('go-modules', 'out-of-scope', 'go-modules-not-in-evidence');
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
  const suites = lines.flatMap((line) => aptLine.exec(line)?.[2]?.split(',') ?? []).filter((suite) => suite.endsWith('-updates'));
  const codename = suites[0]?.slice(0, -'-updates'.length);
  return { id: 'ubuntu', versionId, ...(codename === undefined ? {} : { codename }), prettyName: `Ubuntu ${versionId}` };
}

interface ReadPatches {
  readonly read: readonly AppliedPatch[];
  /** Names of those that are not understood. */
  readonly unread: readonly string[];
}

function readPatches(notes: readonly SecurityPatchNotes[]): ReadPatches {
  const read: AppliedPatch[] = [];
  const unread: string[] = [];
  for (const { name, bytes } of notes) {
    const patch = bytes.length > limits.fileBytes ? undefined : parseSecurityPatch(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    if (patch === undefined) unread.push(name);
    else read.push({ ...patch, name });
  }
  return { read, unread };
}

interface ListContext extends AksManifestOptions {
  readonly operatingSystem: OperatingSystem;
  readonly patches: ReadPatches;
}

function readPackages(lines: readonly string[], context: ListContext, coverage: Coverage): readonly Package[] {
  const list = parseListedPackages(lines, isRpmSystem(context.operatingSystem) ? 'rpm' : 'deb');
  const patched = applySecurityPatches(list, context.patches.read);
  const witnesses = { operatingSystem: context.operatingSystem, sourceNames: context.sourceNames, advisories: context.advisories };
  const packages = list.format === 'rpm' ? resolveRpmSources(patched.packages, witnesses) : resolveDebSources(patched.packages, witnesses);
  notePackages({ ...list, packages, inferred: patched.inferred, patches: context.patches }, coverage);
  return packages;
}

interface ReadPackages {
  readonly packages: readonly Package[];
  readonly unparsed: readonly string[];
  readonly inferred: number;
  readonly patches: ReadPatches;
}

/** The fact class counts as read only where every line was understood and every source is known. */
function notePackages({ packages, unparsed, inferred, patches }: ReadPackages, coverage: Coverage): void {
  const total = packages.length + unparsed.length;
  const unknown = packages.filter((found) => !found.sourceKnown && !isThirdParty(found));
  if (packages.length === 0) {
    coverage.add('os-packages', 'unsupported', 'list-format-unknown', `0 of ${total} lines`);
  } else if (unparsed.length > 0) {
    coverage.add('os-packages', 'unreadable', 'list-format-unknown', `${unparsed.length} of ${total} lines: ${unparsed[0]?.slice(0, 80)}`);
  } else if (patches.unread.length > 0) {
    coverage.add('os-packages', 'unreadable', 'list-format-unknown', patches.unread.join(', '));
  } else if (unknown.length > 0) {
    coverage.add('os-packages', 'unknown-source', 'source-package-unknown', `${unknown.length} of ${total} packages`);
  } else if (patches.read.length > 0) {
    coverage.add('os-packages', 'read', 'read', `${total} packages, ${inferred} inferred: ${patches.read.map(({ timestamp }) => timestamp).join(', ')}`);
  } else {
    coverage.add('os-packages', 'read', 'read', `${total} packages`);
  }
  for (const name of new Set(unknown.map((found) => found.name))) coverage.add(`package ${name}`, 'unknown-source', 'source-package-unknown');
}

/**
 * A node boots the newest image that it has. The list's `Linux version` line names what ran on the
 * machine that built the image, before its last packages came, so with several images it is no evidence.
 */
function onlyKernel(packages: readonly Package[], patches: readonly SecurityPatch[], coverage: Coverage): RunningKernel | undefined {
  const images = packages.filter(({ name, version }) => kernelReleaseOf(name, version) !== undefined);
  const releases = [...new Set(images.flatMap(({ name, version }) => kernelReleaseOf(name, version) ?? []))];
  const [only] = releases;
  if (only === undefined) {
    coverage.add('kernel', 'unreadable', 'kernel-image-missing');
    return undefined;
  }
  const unnamed = images.filter(({ source }) => kernelSourceOf(source) === undefined);
  const reboots = patches.filter(({ isRebootRequired }) => isRebootRequired).map(({ timestamp }) => timestamp);
  if (unnamed.length > 0) coverage.add('kernel', 'unknown-source', 'source-package-unknown', unnamed.map(({ name }) => name).join(', '));
  else if (reboots.length > 0) coverage.add('kernel', 'read', 'read', `reboot required: ${reboots.join(', ')}`);
  else coverage.add('kernel', 'read', 'read');
  return releases.length === 1 ? { release: only, from: 'only-kernel-image' } : undefined;
}
