import type { Advisory } from '../model/advisory.ts';
import type { ComponentFile } from '../model/component.ts';
import type { Inventory } from '../model/inventory.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { ecosystemOf } from '../model/operating-system.ts';
import { kernelSourceOf, packageFamilyOf } from '../model/package-family.ts';
import { isThirdParty } from '../model/third-party-package.ts';
import { ownPackagesOf } from './component-subject.ts';
import { type ExplanationEntry, type ExplanationReason, noMatch } from './explanation.ts';

export interface AbsentQuestion {
  readonly inventory: Inventory;
  readonly facts: NodeFacts;
  /** Advisories that hold. */
  readonly about: readonly Advisory[];
  /** What was found installed and compared. */
  readonly looked: readonly ExplanationEntry[];
  readonly packageName: string | undefined;
}

/**
 * What advisories name and the node does not have, or nobody could read: unused binaries, modules of
 * binaries that were not opened, another vendor's packages. A package of the distribution that is
 * simply not installed is only worth an entry where nothing else is.
 */
export function explainAbsent(question: AbsentQuestion): readonly ExplanationEntry[] {
  const staged = stagedEntries(question);
  const known = new Set([...question.looked, ...staged].map(({ sourcePackage }) => sourcePackage));
  const components = absentComponents(question, known);
  const told = [...staged, ...components.filter(({ reason }) => reason === 'not-read')];
  const packages = absentPackages(question, known);
  const notable = packages.filter(({ reason }) => reason !== 'not-installed');
  if (question.looked.length + told.length + notable.length > 0) return [...told, ...notable];
  return [...packages, ...components];
}

/** Binaries that lie about unused and were not opened. */
function stagedEntries({ inventory, facts, about, packageName }: AbsentQuestion): readonly ExplanationEntry[] {
  const opened = new Set(inventory.components.map(({ path }) => path));
  const files = (facts.componentFiles ?? []).filter(({ state, path }) => state === 'staged' && !opened.has(path));
  return files.filter((file) => isAsked(file, packageName)).flatMap((file) => ownPackagesOf(file.family, undefined).flatMap((own) => about
    .filter(({ affected }) => affected.some((range) => range.ecosystem === own.ecosystem && range.package === own.package))
    .map(({ id }) => noMatch({
      sourcePackage: own.package, packageFamily: file.family, component: file.path, advisory: id, ecosystem: own.ecosystem,
      reason: 'staged', evidence: `/${file.path}`,
    }))));
}

function isAsked({ family, name, path }: ComponentFile, packageName: string | undefined): boolean {
  return packageName === undefined || [family, name, path, `/${path}`, ...ownPackagesOf(family, undefined).map((own) => own.package)].includes(packageName);
}

function absentComponents(question: AbsentQuestion, known: ReadonlySet<string>): readonly ExplanationEntry[] {
  const { about, packageName } = question;
  return uniquely(about.flatMap(({ id, affected }) => affected
    .filter(({ ecosystem, package: name }) => (ecosystem === 'Go' || ecosystem === 'kubernetes') && !known.has(name) && (packageName === undefined || packageName === name))
    .map(({ ecosystem, package: name }) => noMatch({
      sourcePackage: name, packageFamily: name, advisory: id, ecosystem, reason: isComponentRead(question, ecosystem, name) ? 'not-installed' : 'not-read',
    }))));
}

/** Lists name few versions and no module; of the Kubernetes feed only the kubelet can be on a node. */
function isComponentRead({ inventory, facts }: AbsentQuestion, ecosystem: string, name: string): boolean {
  if (ecosystem === 'kubernetes' && !ownPackagesOf('kubelet', undefined).some((own) => own.package === name)) return true;
  if (facts.grade === 'manifest' || facts.grade === 'node-status' || facts.componentFiles === undefined) return false;
  return ecosystem === 'kubernetes' || inventory.components.every(({ modules }) => modules !== undefined);
}

function absentPackages({ inventory, about, packageName }: AbsentQuestion, known: ReadonlySet<string>): readonly ExplanationEntry[] {
  const ecosystem = ecosystemOf(inventory.operatingSystem);
  const named = about.flatMap(({ id, affected }) => affected.filter((range) => range.ecosystem === ecosystem).map(({ package: name, binaries }) => ({ id, name, binaries })));
  const installed = packageName === undefined ? undefined : inventory.packages.find(({ name }) => name === packageName);
  if (installed !== undefined && !known.has(kernelSourceOf(installed.source) ?? installed.source)) {
    const reason = reasonOf(inventory, kernelSourceOf(installed.source) ?? installed.name);
    if (reason !== 'not-installed') return [noMatch({ sourcePackage: installed.source, packageFamily: packageFamilyOf(installed.source), installedVersion: installed.version, reason })];
  }
  return uniquely(named.filter(({ name }) => !known.has(name) && (packageName === undefined || packageName === name)).map(({ id, name, binaries }) => noMatch({
    sourcePackage: name, packageFamily: packageFamilyOf(name), advisory: id, ecosystem: ecosystem ?? null, reason: reasonOf(inventory, name, binaries),
  })));
}

/** Whether a package of which nobody knows the source may come from one that is built into `binaries`; undefined: nobody says into which. */
export function mayBeInstalled({ packages }: Inventory, binaries: readonly string[] | undefined): boolean {
  return packages.some((found) => !found.sourceKnown && !isThirdParty(found) && (binaries === undefined || binaries.length === 0 || binaries.includes(found.name)));
}

/** Of a source that nothing installed was compared for. */
function reasonOf(inventory: Inventory, source: string, binaries?: readonly string[]): ExplanationReason {
  const { packages } = inventory;
  if (packages.some((found) => found.name === source && isThirdParty(found))) return 'third-party-package';
  // Headers, tools and modules of a kernel run nowhere.
  const isBuiltFrom = packages.some((found) => kernelSourceOf(found.source) === source);
  if (isBuiltFrom) return 'binaries-not-affected';
  return mayBeInstalled(inventory, binaries) ? 'not-read' : 'not-installed';
}

/** A kernel's advisory names a hundred sources of one line: one entry tells as much. */
function uniquely(entries: readonly ExplanationEntry[]): readonly ExplanationEntry[] {
  return [...new Map(entries.map((entry) => [`${entry.advisory} ${entry.packageFamily} ${entry.reason}`, entry])).values()];
}
