import { Coverage } from '../base/coverage.ts';
import { notReadBecause } from '../base/not-read.ts';
import { type Catalog, catalog } from '../cataloger/catalog.ts';
import { catalogers } from '../cataloger/registry.ts';
import { openDisk } from '../disk-format/open-disk.ts';
import type { Reading } from '../model/assessment.ts';
import { createInventory } from '../model/inventory.ts';
import type { RunningKernel } from '../model/node-facts.ts';
import { createBlockCache } from '../source/block-cache.ts';
import type { DiskSource, SourceStatistics } from '../source/disk-source.ts';
import { type OnReadProgress, watchSource } from '../source/watch-source.ts';
import { openRootTree } from './open-root-tree.ts';

export interface ReadDiskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnReadProgress | undefined;
  /** What a better witness than the disk, such as the Node object, says of the running kernel. */
  readonly runningKernel?: RunningKernel | undefined;
  /** Also open the components' binaries that no unit and no configuration names. */
  readonly openStaged?: boolean | undefined;
}

/** Reads one disk. Whatever is wrong with it ends in the coverage; only an abort and a bug throw. The source stays open. */
export async function readDisk(source: DiskSource, options: ReadDiskOptions = {}): Promise<Reading> {
  const coverage = new Coverage();
  const cache = createBlockCache(watchSource(source, options));
  const found = await readContained(cache, coverage, options);
  return toReading(found, coverage, cache.statistics);
}

async function readContained(source: DiskSource, coverage: Coverage, options: ReadDiskOptions): Promise<Catalog | undefined> {
  try {
    return await read(source, coverage, options);
  } catch (error) {
    const why = notReadBecause(error);
    if (why === undefined) throw error;
    coverage.add('disk', why.state, why.reason, why.detail);
    return undefined;
  }
}

async function read(source: DiskSource, coverage: Coverage, options: ReadDiskOptions): Promise<Catalog | undefined> {
  const disk = await openDisk(source);
  if (disk.kind === 'not-read') {
    coverage.add('disk', disk.state, disk.reason, disk.detail);
    return undefined;
  }
  const root = await openRootTree(disk.source, coverage);
  return root === undefined ? undefined : catalog(root, catalogers, coverage, options);
}

function toReading(found: Catalog | undefined, coverage: Coverage, { bytes, requests }: SourceStatistics): Reading {
  const { operatingSystem, packages, runningKernel, components, componentFiles = [], evidencePaths = {} } = found ?? {};
  return {
    ...(operatingSystem === undefined || packages === undefined ? {} : { inventory: createInventory(operatingSystem, packages, components) }),
    facts: {
      grade: 'disk',
      ...(runningKernel === undefined ? {} : { runningKernel }),
      ...(componentFiles.length === 0 ? {} : { componentFiles }),
      evidencePaths,
    },
    coverage: coverage.entries,
    bytesRead: bytes,
    requests,
  };
}
