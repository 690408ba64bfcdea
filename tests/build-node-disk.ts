import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { buildDisk } from './build-disk.ts';

const sourceNamesFile = z.record(z.string(), z.record(z.string(), z.string()));

export interface KernelImage {
  /** `uname -r`, for example `5.15.0-1041-azure`. */
  readonly release: string;
  /** Of the package `linux-image-<release>`. */
  readonly version: string;
}

export interface NodeDiskOptions {
  /** A published node-image list. */
  readonly manifestPath: string;
  /** Binary package → source package, by Ubuntu code name. */
  readonly sourceNamesPath: string;
  /** Kernel images beside those of the list. */
  readonly kernels?: readonly KernelImage[];
  /** Release of the last boot, as `kern.log` tells it; without it the disk has no such log. */
  readonly runningKernel?: string;
  /** Last word on every package before the status file is written; undefined leaves it out. */
  readonly change?: (entry: StatusEntry) => StatusEntry | undefined;
}

export interface StatusEntry {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
}

/** A node's disk with the packages of a published list, laid out as Ubuntu lays them out. */
export function buildNodeDisk(options: NodeDiskOptions & { readonly out: string; readonly sizeMiB?: number }): void {
  const { out, sizeMiB } = options;
  buildDisk({ out, ...(sizeMiB === undefined ? {} : { sizeMiB }), files: nodeDiskFiles(options) });
}

/** The files of such a disk: path in the root file system → text. */
export function nodeDiskFiles(options: NodeDiskOptions): Record<string, string> {
  const { manifestPath, sourceNamesPath, kernels = [], runningKernel, change } = options;
  const manifest = readFileSync(manifestPath, 'utf8');
  const osRelease = section(manifest, 'os-release') ?? oldestOsRelease(manifest);
  const codeName = /^VERSION_CODENAME=(\S+)$/m.exec(osRelease)?.[1] ?? '';
  const sources = sourceNames(sourceNamesPath, codeName);
  const listed = listedPackages(section(manifest, 'Installed Packages') ?? '').map((entry) => withSource(entry, sources));
  const entries = [...listed, ...kernels.map(kernelEntry)];
  const changed = change === undefined ? entries : entries.flatMap((entry) => change(entry) ?? []);
  return { ...nodeFiles(osRelease, changed), ...(runningKernel === undefined ? {} : { 'var/log/kern.log': bootLine(runningKernel) }) };
}

/** The files of a root file system that an assessment reads. */
export function nodeFiles(osRelease: string, entries: readonly StatusEntry[]): Record<string, string> {
  return {
    'etc/os-release': osRelease,
    'var/lib/dpkg/status': `${entries.map(stanza).join('\n\n')}\n`,
    'etc/fstab': 'LABEL=rootfs / ext4 defaults 0 1\n',
  };
}

/** What the kernel logs first at every boot. */
export function bootLine(release: string): string {
  return `Sep  6 18:00:00 node kernel: [    0.000000] Linux version ${release} (build@host) (gcc 11.3.0) #1-Ubuntu SMP\n`;
}

function section(manifest: string, name: string): string | undefined {
  return manifest.split(`=== ${name} Begin\n`)[1]?.split(`=== ${name} End`)[0];
}

/** The first lists name the release in one line of their end and carry no os-release. */
function oldestOsRelease(manifest: string): string {
  if (!/^Ubuntu version: 22\.04\s*$/m.test(manifest)) throw new Error('the list names no release that is known here');
  return 'PRETTY_NAME="Ubuntu 22.04 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\n';
}

/** Lines of `apt list --installed`: `name/suite,now version architecture [installed]`. */
function listedPackages(text: string): readonly Omit<StatusEntry, 'source'>[] {
  return text.split('\n').flatMap((line) => {
    const [, name, version, architecture] = /^([^/\s]+)\/\S+ (\S+) (\S+) \[installed/.exec(line) ?? [];
    return name === undefined || version === undefined || architecture === undefined ? [] : [{ name, version, architecture }];
  });
}

function sourceNames(path: string, codeName: string): ReadonlyMap<string, string> {
  const names = sourceNamesFile.parse(JSON.parse(readFileSync(path, 'utf8')))[codeName];
  if (names === undefined) throw new Error(`no source names for "${codeName}"`);
  return new Map(Object.entries(names));
}

/** Kernel images come from the signed source, whatever the list of binaries says. */
function withSource(entry: Omit<StatusEntry, 'source'>, sources: ReadonlyMap<string, string>): StatusEntry {
  const source = sources.get(entry.name) ?? entry.name;
  return { ...entry, source: /^linux-image-\d/.test(entry.name) ? source.replace(/^linux-/, 'linux-signed-') : source };
}

function kernelEntry({ release, version }: KernelImage): StatusEntry {
  return { name: `linux-image-${release}`, version, architecture: 'amd64', source: 'linux-signed-azure' };
}

function stanza({ name, version, architecture, source }: StatusEntry): string {
  const lines = [`Package: ${name}`, 'Status: install ok installed', `Architecture: ${architecture}`];
  if (source !== name) lines.push(`Source: ${source}`);
  return [...lines, `Version: ${version}`, `Description: ${name}`].join('\n');
}
