import type { Coverage } from '../base/coverage.ts';
import type { RootTree } from '../filesystem/filesystem.ts';
import { joinRootTree } from '../filesystem/root-tree.ts';
import type { Partition, PartitionTable } from '../partition/partition.ts';
import { readPartitions } from '../partition/read-partitions.ts';
import type { DiskSource } from '../source/disk-source.ts';
import { joinMounts } from './join-mounts.ts';
import { openContent, type PartitionContent, subjectOf } from './partition-content.ts';

/**
 * Partitions → volumes → filesystems → one tree. What is there but not read goes into `coverage`;
 * undefined where no root filesystem was found, and then `coverage` says why.
 */
export async function openRootTree(disk: DiskSource, coverage: Coverage): Promise<RootTree | undefined> {
  const table = await readPartitions(disk);
  if (table.kind === 'not-read') {
    coverage.add('disk', table.state, table.reason, table.detail);
    return undefined;
  }
  if (table.truncated) coverage.add('disk', 'unreadable', 'truncated');
  const contents: PartitionContent[] = [];
  for (const partition of table.partitions) {
    if (!noteOutOfScope(partition, coverage)) contents.push(await openContent(partition));
  }
  const root = findRoot(contents, coverage);
  if (root === undefined) {
    noteNoRoot(table, contents, coverage);
    return undefined;
  }
  return joinRootTree(await joinMounts(root, contents, coverage));
}

/** A partition that its type puts out of scope is not even opened. */
function noteOutOfScope(partition: Partition, coverage: Coverage): boolean {
  const outside = partition.type.role === 'out-of-scope' || partition.type.role === 'swap';
  if (outside) coverage.add(subjectOf(partition), 'out-of-scope', 'partition-type-out-of-scope', partition.type.name);
  return outside;
}

/** The one filesystem with an os-release; of several the one with the type of a root; of several such none. */
function findRoot(contents: readonly PartitionContent[], coverage: Coverage): PartitionContent | undefined {
  const candidates = contents.filter((content) => content.holdsRoot);
  if (candidates.length === 1) return candidates[0];
  const typed = candidates.filter(({ partition }) => partition.type.role === 'root');
  if (typed.length === 1) return typed[0];
  if (candidates.length > 1) {
    coverage.add('disk', 'unreadable', 'no-root-found', candidates.map(({ partition }) => subjectOf(partition)).join(', '));
  }
  return undefined;
}

/** Without a root nothing can be told to be unneeded: all that is not read counts. */
function noteNoRoot(table: PartitionTable, contents: readonly PartitionContent[], coverage: Coverage): void {
  for (const { partition, unread, filesystem } of contents) {
    if (unread?.reason === 'filesystem-unknown' && table.kind === 'none') coverage.add('disk', 'unsupported', 'partition-table-unknown');
    else if (unread !== undefined) coverage.add(subjectOf(partition), unread.state, unread.reason, unread.detail);
    else if (table.kind !== 'none') coverage.add(subjectOf(partition), 'out-of-scope', 'not-needed-by-root', filesystem?.kind);
  }
  const told = coverage.entries.some((entry) => entry.subject === 'disk' && entry.reason !== 'truncated');
  if (!told) coverage.add('disk', 'unreadable', 'no-root-found');
}
