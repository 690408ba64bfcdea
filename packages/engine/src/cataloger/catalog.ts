import type { Coverage, FactClass } from '../base/coverage.ts';
import { notReadBecause } from '../base/not-read.ts';
import type { RootTree } from '../filesystem/filesystem.ts';
import type { Package } from '../model/inventory.ts';
import type { RunningKernel } from '../model/node-facts.ts';
import type { OperatingSystem } from '../model/operating-system.ts';
import type { Cataloger, CatalogResult } from './cataloger.ts';
import { settleKernel } from './kernel/settle-kernel.ts';

export interface Catalog {
  readonly operatingSystem?: OperatingSystem;
  /** Undefined where no package database was read: never to be taken for a disk without packages. */
  readonly packages?: readonly Package[];
  readonly runningKernel?: RunningKernel;
  readonly evidencePaths: Partial<Record<FactClass, string>>;
}

export interface CatalogOptions {
  readonly signal?: AbortSignal | undefined;
  /** What a better witness than the disk says of the running kernel. */
  readonly runningKernel?: RunningKernel | undefined;
}

/** Runs every cataloger and joins what they found. One that fails becomes coverage; the others go on. */
export async function catalog(
  root: RootTree,
  catalogers: readonly Cataloger[],
  coverage: Coverage,
  options: CatalogOptions = {},
): Promise<Catalog> {
  const results = new Map<string, CatalogResult>();
  for (const cataloger of catalogers) {
    const result = await contained(cataloger, root, coverage, options.signal);
    if (result !== undefined) results.set(cataloger.id, result);
  }
  noteLeftOut(coverage);
  return join([...results.values()], coverage, options.runningKernel);
}

async function contained(
  cataloger: Cataloger,
  root: RootTree,
  coverage: Coverage,
  signal: AbortSignal | undefined,
): Promise<CatalogResult | undefined> {
  try {
    return await cataloger.catalog(root, coverage);
  } catch (error) {
    signal?.throwIfAborted();
    const why = notReadBecause(error);
    if (why === undefined) coverage.add(cataloger.subject, 'unreadable', 'cataloger-failed', `${cataloger.id} ${nameOf(error)}`);
    else coverage.add(cataloger.subject, why.state, why.reason, why.detail);
    return undefined;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function noteLeftOut(coverage: Coverage): void {
  coverage.add('node components and Go modules', 'out-of-scope', 'not-read-in-this-version');
  coverage.add('container images', 'out-of-scope', 'container-images', '/var/lib/containerd');
}

function join(results: readonly CatalogResult[], coverage: Coverage, betterKernel: RunningKernel | undefined): Catalog {
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
    evidencePaths: packagesPath === undefined ? {} : { 'os-packages': packagesPath, kernel: packagesPath },
  };
}
