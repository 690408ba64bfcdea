import type { Coverage, CoverageEntry } from '../base/coverage.ts';
import { notReadBecause } from '../base/not-read.ts';
import type { RootTree } from '../filesystem/filesystem.ts';
import type { Component, ComponentFile } from '../model/component.ts';
import type { Package } from '../model/inventory.ts';
import type { ComponentEvidence, FoundBinary } from './component-evidence.ts';
import { type ComponentVersion, withoutV } from './node-component/component-version.ts';
import { openBinary, type OpenedBinary } from './node-component/open-binary.ts';
import { findOwner, type OwnedFile } from './owning-package.ts';

export interface Classified {
  readonly components: readonly Component[];
  readonly componentFiles: readonly ComponentFile[];
}

export interface ClassifyOptions {
  readonly packages: readonly Package[];
  readonly ownedFiles?: readonly OwnedFile[] | undefined;
  /** Also open what nothing names; design.md §5 leaves it to the user. */
  readonly openStaged?: boolean | undefined;
}

interface Opened {
  readonly binary: FoundBinary;
  readonly component: Component;
  readonly opened: OpenedBinary;
}

/**
 * Joins what the catalogers found: a binary that a unit, the containerd or the CNI configuration
 * names is `active` and opened, every other one is `staged`. `active` means "what the disk's own
 * configuration would run", whether or not it ran when the disk was copied: a unit counts unless
 * it is masked, since clouds start these units without enabling them.
 */
export async function classify(root: RootTree, evidence: ComponentEvidence, options: ClassifyOptions, coverage: Coverage): Promise<Classified> {
  const opened: Opened[] = [];
  for (const binary of evidence.binaries) {
    if (binary.namedBy !== undefined || options.openStaged === true) opened.push(await open(root, binary, options, coverage));
  }
  for (const gap of evidence.gaps) coverage.add(gap.subject, gap.state, gap.reason, gap.detail);
  noteOpened(opened, coverage);
  noteStaged(evidence, options, coverage);
  noteClasses(evidence, opened, coverage);
  return { components: opened.map(({ component }) => component), componentFiles: evidence.binaries.map(fileOf) };
}

async function open(root: RootTree, binary: FoundBinary, options: ClassifyOptions, coverage: Coverage): Promise<Opened> {
  const opened = await openBinary(root, binary);
  const owner = await ownerOf(root, options, binary, coverage);
  const { family, name, path } = binary;
  const { built, mainModule, goVersion, modules } = opened;
  const component: Component = {
    family,
    name,
    path: inTree(path),
    ...(built ?? packageVersion(owner) ?? nameVersion(binary)),
    ...(owner === undefined ? {} : { package: owner.name }),
    ...(mainModule === undefined ? {} : { mainModule }),
    ...(goVersion === undefined ? {} : { goVersion }),
    ...(modules === undefined ? {} : { modules }),
  };
  return { binary, component, opened };
}

async function ownerOf(root: RootTree, { packages, ownedFiles = [] }: ClassifyOptions, { path }: FoundBinary, coverage: Coverage): Promise<Package | undefined> {
  try {
    return await findOwner(root, packages, ownedFiles, path);
  } catch (error) {
    const why = notReadBecause(error);
    if (why === undefined) throw error;
    coverage.add(`component ${path}`, why.state, why.reason, why.detail);
    return undefined;
  }
}

function packageVersion(owner: Package | undefined): ComponentVersion | undefined {
  return owner === undefined ? undefined : { version: withoutV(owner.version), versionFrom: 'package' };
}

function nameVersion({ nameVersion: version }: FoundBinary): ComponentVersion | undefined {
  return version === undefined ? undefined : { version, versionFrom: 'file-name' };
}

function fileOf({ family, name, path, size, namedBy }: FoundBinary): ComponentFile {
  return { family, name, path: inTree(path), size, ...(namedBy === undefined ? { state: 'staged' } : { state: 'active', namedBy }) };
}

function inTree(path: string): string {
  return path.replace(/^\//, '');
}

function noteOpened(opened: readonly Opened[], coverage: Coverage): void {
  for (const { binary, opened: { problem, unversioned } } of opened) {
    if (problem !== undefined) coverage.add(`component ${binary.path}`, problem.state, problem.reason);
    if (unversioned.length > 0) coverage.add(`component ${binary.path}`, 'unreadable', 'component-version-unknown', unversioned.join(' ').slice(0, 1000));
  }
}

function noteStaged({ binaries }: ComponentEvidence, { openStaged }: ClassifyOptions, coverage: Coverage): void {
  const staged = binaries.filter(({ namedBy }) => namedBy === undefined);
  if (staged.length > 0 && openStaged !== true) coverage.add('staged components', 'out-of-scope', 'component-staged', `${staged.length} files`);
}

/** A fact class is read only where all of it was; what is merely staged leaves neither open. */
function noteClasses(evidence: ComponentEvidence, opened: readonly Opened[], coverage: Coverage): void {
  const active = opened.filter(({ binary }) => binary.namedBy !== undefined);
  const damaged = evidence.gaps[0] ?? problemOf(active);
  const unversioned = active.find(({ opened: { unversioned: modules } }) => modules.length > 0);
  const withoutModules = active.find(({ component }) => component.modules === undefined);
  const chosen = isChosenByCluster(evidence) ? ({ state: 'out-of-scope', reason: 'component-chosen-by-cluster', detail: 'kubelet' } as const) : undefined;
  if (chosen !== undefined && damaged === undefined) coverage.add('component kubelet', chosen.state, chosen.reason);
  add(coverage, 'node-components', damaged ?? chosen);
  if (damaged !== undefined) add(coverage, 'go-modules', damaged);
  else if (unversioned !== undefined) coverage.add('go-modules', 'unreadable', 'component-version-unknown', unversioned.binary.path);
  // Built before Go wrote modules into binaries, or without them, as Kubernetes was until 1.29: no evidence of any grade has them.
  else if (withoutModules !== undefined) coverage.add('go-modules', 'out-of-scope', 'go-modules-not-in-evidence', withoutModules.binary.path);
  else if (chosen !== undefined) coverage.add('go-modules', 'out-of-scope', 'go-modules-not-in-evidence', chosen.detail);
  else add(coverage, 'go-modules', undefined);
}

type Why = Pick<CoverageEntry, 'state' | 'reason' | 'detail'>;

function add(coverage: Coverage, subject: 'node-components' | 'go-modules', why: Why | undefined): void {
  if (why === undefined) coverage.add(subject, 'read', 'read');
  else coverage.add(subject, why.state, why.reason, why.detail);
}

function problemOf(active: readonly Opened[]): Why | undefined {
  const found = active.find(({ opened }) => opened.problem !== undefined);
  return found?.opened.problem === undefined ? undefined : { ...found.opened.problem, detail: found.binary.path };
}

/** An image before its first boot: kubelets lie ready, and the cluster says which of them will run. */
function isChosenByCluster({ binaries }: ComponentEvidence): boolean {
  const kubelets = binaries.filter(({ family }) => family === 'kubelet');
  return kubelets.length > 0 && kubelets.every(({ namedBy }) => namedBy === undefined);
}
