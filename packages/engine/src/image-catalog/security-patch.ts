import { isRpmKernelImage, kernelReleaseOf } from '../model/package-family.ts';
import { debScheme } from '../version/deb/scheme.ts';
import { rpmScheme } from '../version/rpm/scheme.ts';
import type { VersionScheme } from '../version/scheme.ts';
import type { ListedPackage, ListedPackages } from './listed-package.ts';
import { withoutEpoch } from './source-names.ts';

interface PatchedPackage {
  readonly name: string;
  /** Undefined where the notes do not say it (Azure Linux). */
  readonly architecture?: string;
  readonly version: string;
}

/** What nodes on the SecurityPatch channel installed at one time on top of their image. */
export interface SecurityPatch {
  /** `20260814T000000Z`, as the node's annotation `live-patching-current-timestamp` says it. */
  readonly timestamp: string;
  readonly isRebootRequired: boolean;
  readonly upgrades: readonly PatchedPackage[];
  readonly installs: readonly PatchedPackage[];
  readonly removals: readonly PatchedPackage[];
}

type Change = 'upgrades' | 'installs' | 'removals';

const title = /^Release notes for security patch (\d{8}T\d{6}Z) timestamp$/;
const chatter = /^(Package difference .*|No packages found|No reboot required|)$/;
const aptChanges: Readonly<Record<string, Change>> = { Upgrade: 'upgrades', Install: 'installs', Remove: 'removals' };
/** name:architecture (old, new), …; what is installed has (version, automatic). */
const aptEntry = /^([^\s:,()]+):([a-z0-9]+) \(([^\s,()]+)(?:, ([^\s,()]+))?\)$/;
const rpmSections: Readonly<Record<string, Change>> = { 'Package Updates': 'upgrades', 'New Packages': 'installs', 'Removed Packages': 'removals' };
/** name  [epoch:]version-release  repository */
const rpmEntry = /^([A-Za-z0-9]\S*) {2,}(\S+-\S+) {2,}(\S+)$/;

/**
 * Azure/AgentBaker, vhdbuilder/release-notes/security-patch: apt's history lines for Ubuntu, tdnf's
 * sections for Azure Linux. Undefined where a line is of neither shape: a patch that is understood in
 * part would make an image look newer or older than it is.
 */
export function parseSecurityPatch(text: string): SecurityPatch | undefined {
  const changes: Record<Change, PatchedPackage[]> = { upgrades: [], installs: [], removals: [] };
  let timestamp: string | undefined;
  let section: Change | undefined;
  let isRebootRequired = false;
  for (const line of text.split(/\r?\n/).map((raw) => raw.trimEnd())) {
    const named = title.exec(line)?.[1];
    const heading = /^=== (.+) ===$/.exec(line)?.[1];
    if (named !== undefined) timestamp ??= named;
    else if (/^Reboot required( \(.*\))?$/.test(line)) isRebootRequired = true;
    else if (heading !== undefined) {
      section = rpmSections[heading];
      if (section === undefined) return undefined;
    } else if (!chatter.test(line)) {
      const read = readChange(line, section);
      if (read === undefined) return undefined;
      changes[read.change].push(...read.packages);
    }
  }
  return timestamp === undefined ? undefined : { timestamp, isRebootRequired, ...changes };
}

function readChange(line: string, section: Change | undefined): { readonly change: Change; readonly packages: readonly PatchedPackage[] } | undefined {
  const [, word = '', rest = ''] = /^(Upgrade|Install|Remove): (.+)$/.exec(line) ?? [];
  const change = aptChanges[word];
  if (change === undefined) {
    const [, name, version] = rpmEntry.exec(line) ?? [];
    return section === undefined || name === undefined || version === undefined ? undefined : { change: section, packages: [{ name, version }] };
  }
  const packages: PatchedPackage[] = [];
  for (const entry of rest.split(/(?<=\)), /)) {
    const [, name, architecture, first, second] = aptEntry.exec(entry) ?? [];
    const version = change === 'upgrades' ? second : first;
    if (name === undefined || architecture === undefined || version === undefined) return undefined;
    packages.push({ name, architecture, version });
  }
  return { change, packages };
}

export interface PatchedList {
  readonly packages: readonly ListedPackage[];
  /** Packages whose version or presence is inferred from a patch. */
  readonly inferred: number;
}

/**
 * A list as it stands on a node after patches, oldest first. Notes tell the difference between two
 * machines that are not this one, so what is installed is the newer of both (`max(list, patch)`); for
 * published images that reproduces the list. A kernel image comes beside the others and none is
 * removed: the old one runs until the node reboots. What has no order stays as the list says.
 */
export function applySecurityPatches({ format, packages }: Pick<ListedPackages, 'format' | 'packages'>, patches: readonly SecurityPatch[]): PatchedList {
  const list = new PatchableList(format, packages);
  for (const patch of patches.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))) list.apply(patch);
  return list.patched();
}

class PatchableList {
  readonly #isNewer: (a: string, b: string) => boolean;
  readonly #format: ListedPackages['format'];
  readonly #packages: Map<string, ListedPackage[]>;
  readonly #inferred = new Set<string>();
  readonly #architecture: string;

  constructor(format: ListedPackages['format'], packages: readonly ListedPackage[]) {
    this.#format = format;
    this.#isNewer = format === 'deb' ? newerBy(debScheme) : newerBy(rpmScheme);
    this.#packages = new Map([...Map.groupBy(packages, ({ name }) => name)].map(([name, found]) => [name, [...found]]));
    this.#architecture = packages.find(({ architecture }) => architecture !== 'all' && architecture !== 'noarch')?.architecture ?? '';
  }

  apply({ upgrades, installs, removals }: SecurityPatch): void {
    for (const change of upgrades) this.#upgrade(this.#listed(change));
    for (const change of installs) this.#install(this.#listed(change));
    for (const change of removals) this.#remove(this.#listed(change));
  }

  patched(): PatchedList {
    return { packages: [...this.#packages.values()].flat(), inferred: this.#inferred.size };
  }

  /** Lists of rpms have no epochs: the notes' would set a patched package apart from the same one in a newer list. */
  #listed(change: PatchedPackage): PatchedPackage {
    return this.#format === 'rpm' ? { ...change, version: withoutEpoch(change.version) } : change;
  }

  #upgrade({ name, architecture, version }: PatchedPackage): void {
    const found = this.#packages.get(name) ?? [];
    for (const [index, known] of found.entries()) {
      if (architecture !== undefined && known.architecture !== 'all' && known.architecture !== architecture) continue;
      if (!this.#isNewer(version, known.version)) continue;
      found[index] = { ...known, version };
      this.#inferred.add(`${name} ${known.architecture}`);
    }
  }

  #install(change: PatchedPackage): void {
    const { name, version, architecture = this.#architecture } = change;
    const found = this.#packages.get(name);
    const isBeside = isRpmKernelImage(name) && found?.some((known) => known.version === version) === false;
    if (found !== undefined && !isBeside) {
      this.#upgrade(change);
      return;
    }
    this.#packages.set(name, [...found ?? [], { name, version, architecture }]);
    this.#inferred.add(`${name} ${version}`);
  }

  #remove({ name, version }: PatchedPackage): void {
    if (kernelReleaseOf(name, version) !== undefined) return;
    const found = this.#packages.get(name);
    const left = found?.filter((known) => known.version !== version);
    if (found === undefined || left === undefined || left.length === found.length) return;
    if (left.length === 0) this.#packages.delete(name);
    else this.#packages.set(name, left);
  }
}

function newerBy<Parsed>(scheme: VersionScheme<Parsed>): (a: string, b: string) => boolean {
  return (a, b) => {
    const [left, right] = [scheme.parse(a), scheme.parse(b)];
    return left !== undefined && right !== undefined && scheme.compare(left, right) > 0;
  };
}
