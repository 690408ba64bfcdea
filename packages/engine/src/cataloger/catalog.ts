import { Coverage, type FactClass } from '../base/coverage.ts';
import { notReadBecause } from '../base/not-read.ts';
import type { RootTree } from '../filesystem/filesystem.ts';
import type { Component, ComponentFile } from '../model/component.ts';
import type { Package } from '../model/inventory.ts';
import type { RunningKernel } from '../model/node-facts.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import type { Cataloger, CatalogResult } from './cataloger.ts';
import { type Classified, classify } from './classify.ts';
import { settleKernel } from './kernel/settle-kernel.ts';
import { copyEntries, type DatabaseReading, settleDatabases } from './package-database.ts';

export interface Catalog {
  readonly operatingSystem?: OperatingSystem;
  /** Undefined where no package database was read: never to be taken for a disk without packages. */
  readonly packages?: readonly Package[];
  readonly runningKernel?: RunningKernel;
  readonly components: readonly Component[];
  readonly componentFiles: readonly ComponentFile[];
  readonly evidencePaths: Partial<Record<FactClass, string>>;
}

export interface CatalogOptions {
  readonly signal?: AbortSignal | undefined;
  /** What a better witness than the disk says of the running kernel. */
  readonly runningKernel?: RunningKernel | undefined;
  /** Also open the components' binaries that nothing names. */
  readonly openStaged?: boolean | undefined;
}

/** Runs every cataloger and joins what they found. One that fails becomes coverage; the others go on. */
export async function catalog(
  root: RootTree,
  catalogers: readonly Cataloger[],
  coverage: Coverage,
  options: CatalogOptions = {},
): Promise<Catalog> {
  const readings: Reading[] = [];
  for (const cataloger of catalogers) {
    const own = new Coverage();
    readings.push({ ...cataloger, coverage: own, result: await contained(cataloger, own, options.signal, () => cataloger.catalog(root, own)) });
  }
  const results = await settle(root, readings, coverage);
  const classified = await classifyContained(root, results, coverage, options);
  coverage.add('container images', 'out-of-scope', 'container-images', '/var/lib/containerd');
  return join(results, classified, coverage, options.runningKernel);
}

type Reading = DatabaseReading & Pick<Cataloger, 'subject'>;

/** Of several package databases the operating system's counts; everything else stands as it was found. */
async function settle(root: RootTree, readings: readonly Reading[], coverage: Coverage): Promise<readonly CatalogResult[]> {
  const databases = readings.filter(({ subject }) => subject === 'os-packages');
  const others = readings.filter(({ subject }) => subject !== 'os-packages');
  const system = others.find(({ result }) => result?.operatingSystem !== undefined)?.result?.operatingSystem;
  const packages = databases.length === 0 ? undefined : await settleDatabases(root, databases, system, coverage);
  for (const { coverage: own } of others) copyEntries(own, coverage);
  return [packages, ...others.map(({ result }) => result)].flatMap((result) => result ?? []);
}

/** The classes of components rest on several catalogers: they are told here, after all of them. */
async function classifyContained(root: RootTree, results: readonly CatalogResult[], coverage: Coverage, options: CatalogOptions): Promise<Classified> {
  const evidence = results.find((result) => result.componentEvidence !== undefined)?.componentEvidence;
  const { packages = [], ownedFiles } = results.find((result) => result.packages !== undefined) ?? {};
  const what = { id: 'classify', subject: 'node-components' };
  const classified =
    evidence === undefined
      ? undefined
      : await contained(what, coverage, options.signal, () => classify(root, evidence, { packages, ownedFiles, openStaged: options.openStaged }, coverage));
  if (classified !== undefined) return classified;
  const why = coverage.entries.findLast((entry) => entry.subject === 'node-components');
  if (why !== undefined) coverage.add('go-modules', why.state, why.reason, why.detail);
  return { components: [], componentFiles: [] };
}

async function contained<Value>(
  { id, subject }: Pick<Cataloger, 'id' | 'subject'>,
  coverage: Coverage,
  signal: AbortSignal | undefined,
  read: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    signal?.throwIfAborted();
    const why = notReadBecause(error);
    if (why === undefined) coverage.add(subject, 'unreadable', 'cataloger-failed', `${id} ${nameOf(error)}`);
    else coverage.add(subject, why.state, why.reason, why.detail);
    return undefined;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function join(results: readonly CatalogResult[], classified: Classified, coverage: Coverage, betterKernel: RunningKernel | undefined): Catalog {
  const system = results.find((result) => result.operatingSystem !== undefined);
  const database = results.find((result) => result.packages !== undefined);
  const kernelLog = results.find((result) => result.runningKernel !== undefined);
  const packages = database?.packages;
  const packagesPath = database?.evidencePath;
  const kernel = packages === undefined ? undefined : settleKernel(packages, betterKernel ?? kernelLog?.runningKernel);
  if (kernel !== undefined) coverage.add(kernel.coverage.subject, kernel.coverage.state, kernel.coverage.reason, kernel.coverage.detail);
  return {
    ...(system?.operatingSystem === undefined ? {} : { operatingSystem: system.operatingSystem }),
    ...(packages === undefined ? {} : { packages }),
    ...(kernel?.runningKernel === undefined ? {} : { runningKernel: kernel.runningKernel }),
    ...classified,
    evidencePaths: { ...(packagesPath === undefined ? {} : { 'os-packages': packagesPath, kernel: packagesPath }), ...componentPaths(classified) },
  };
}

/** Which component is in use was read from what names it, and its modules from the binary itself; the kubelet's stand for all. */
function componentPaths({ componentFiles }: Classified): Catalog['evidencePaths'] {
  const active = componentFiles.filter(({ state }) => state === 'active');
  const shown = active.find(({ family }) => family === 'kubelet') ?? active[0];
  return shown?.namedBy === undefined ? {} : { 'node-components': shown.namedBy, 'go-modules': `/${shown.path}` };
}
