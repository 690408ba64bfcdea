import type { Coverage } from '../base/coverage.ts';
import { notReadBecause } from '../base/not-read.ts';
import type { RootTree } from '../filesystem/filesystem.ts';
import { joinRootTree, type Mount } from '../filesystem/root-tree.ts';
import type { PartitionRole } from '../partition/partition-types.ts';
import { type MountEntry, readMountTable } from './mount-table.ts';
import { isNamedBy, type PartitionContent, subjectOf } from './partition-content.ts';

/** Where the Discoverable Partitions Specification puts a partition of this type. */
const placeOfRole: Partial<Record<PartitionRole, string>> = { usr: '/usr', var: '/var', boot: '/boot' };

/** What the catalogers read, or what is installed as a whole: a mount at, above or below one of these is needed. */
const neededPlaces = ['/usr', '/boot', '/etc', '/opt', '/var/lib/dpkg', '/var/lib/rpm', '/var/log'] as const;
/** Firmware partitions: out of scope, under whatever name fstab finds them. */
const firmwarePlaces: ReadonlySet<string> = new Set(['/boot/efi', '/efi', '/boot/firmware']);
/** Filesystems that no partition of this disk holds. */
const elsewhere = /^(?:nfs4?|cifs|smb3?|ceph|9p|virtiofs|fuse\..*|glusterfs|tmpfs|ramfs|proc|sysfs|devpts|devtmpfs|cgroup2?|overlay|squashfs|none|swap|hugetlbfs|mqueue|debugfs|tracefs|securityfs|bpf)$/;

interface Placement {
  readonly where: string;
  readonly content: PartitionContent;
}

/** The root and the filesystems that its mount table, or a type GUID, puts into it; every partition gets its coverage entry. */
export async function joinMounts(root: PartitionContent, contents: readonly PartitionContent[], coverage: Coverage): Promise<readonly Mount[]> {
  const mounts: Mount[] = root.filesystem === undefined ? [] : [{ path: '/', filesystem: root.filesystem }];
  const tree = joinRootTree(mounts);
  const others = contents.filter((content) => content !== root);
  const entries = await readEntries(tree, coverage);
  const placements = [...named(entries, others, coverage), ...(await discovered(tree, entries, others, coverage))];
  note(root, '/', coverage);
  for (const content of others) {
    const where = placements.find((placement) => placement.content === content)?.where;
    note(content, where, coverage);
    if (where !== undefined && content.filesystem !== undefined) mounts.push({ path: where, filesystem: content.filesystem });
  }
  return mounts;
}

async function readEntries(tree: RootTree, coverage: Coverage): Promise<readonly MountEntry[]> {
  return contained('/etc/fstab', coverage, () => readMountTable(tree), []);
}

async function contained<Value>(subject: string, coverage: Coverage, read: () => Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    const why = notReadBecause(error);
    if (why === undefined) throw error;
    coverage.add(subject, why.state, why.reason, why.detail);
    return otherwise;
  }
}

function named(entries: readonly MountEntry[], others: readonly PartitionContent[], coverage: Coverage): readonly Placement[] {
  return entries.flatMap((entry) => {
    if (entry.where === '/' || elsewhere.test(entry.type) || isBind(entry)) return [];
    const content = others.find((candidate) => isNamedBy(candidate, entry));
    if (content !== undefined) return [{ where: entry.where, content }];
    if (isNeeded(entry.where)) coverage.add(`mount ${entry.where}`, 'unreadable', 'filesystem-unknown', entry.what);
    return [];
  });
}

function isBind({ what, options }: MountEntry): boolean {
  return options.includes('bind') || options.includes('rbind') || (what.startsWith('/') && !what.startsWith('/dev/'));
}

function isNeeded(where: string): boolean {
  if (firmwarePlaces.has(where)) return false;
  return neededPlaces.some((place) => place === where || place.startsWith(`${where}/`) || where.startsWith(`${place}/`));
}

/** Where fstab is silent and the root's own folder is empty, the type GUID speaks (systemd-gpt-auto-generator(8)). */
async function discovered(
  tree: RootTree,
  entries: readonly MountEntry[],
  others: readonly PartitionContent[],
  coverage: Coverage,
): Promise<readonly Placement[]> {
  const placements: Placement[] = [];
  for (const content of others) {
    const where = placeOfRole[content.partition.type.role];
    if (where === undefined || entries.some((entry) => entry.where === where)) continue;
    const inside = await contained(where, coverage, () => tree.readDirectory(where), undefined);
    const empty = (inside ?? []).every(({ name }) => name === 'lost+found' || name === 'efi');
    if (empty && !placements.some((placement) => placement.where === where)) placements.push({ where, content });
  }
  return placements;
}

function note({ partition, unread, filesystem }: PartitionContent, where: string | undefined, coverage: Coverage): void {
  const subject = subjectOf(partition);
  if (where === undefined) coverage.add(subject, 'out-of-scope', 'not-needed-by-root', unread?.detail ?? filesystem?.kind);
  else if (unread === undefined) coverage.add(subject, 'read', 'read', `${filesystem?.kind ?? ''} ${where}`.trim());
  else coverage.add(subject, unread.state, unread.reason, `${unread.detail ?? ''} ${where}`.trim());
  if (where === undefined || filesystem?.replayed === undefined) return;
  const { transactions, blocks } = filesystem.replayed;
  coverage.add(subject, 'read', 'journal-replayed', `${transactions} transactions, ${blocks} blocks`);
}
