import { CorruptStructureError, LimitExceededError, SourceTruncatedError, UnsupportedFeatureError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { notRead } from '../../base/not-read.ts';
import type { DiskSource } from '../../source/disk-source.ts';
import type { DirectoryEntry, FileStatus, Filesystem } from '../filesystem.ts';
import type { FilesystemReader, UnreadFilesystem } from '../filesystem-reader.ts';
import { type Directory, readDirectory } from './directory.ts';
import { incompatible, unreadFeatures } from './features.ts';
import { readFileData } from './file-data.ts';
import { type Inode, inodeFlags, readInode, rootInode } from './inode.ts';
import { replayJournal } from './journal/replay-journal.ts';
import { flavour, type Identity, isExt, parseIdentity, parseSuperblock, type Superblock, superblockOffset, superblockSize } from './superblock.ts';
import type { Ext4Volume } from './volume.ts';

/** ext2, ext3 and ext4 as "ext4 Data Structures and Algorithms" of the kernel's documentation describes them; read-only, the journal replayed in memory. */
export const ext4Reader: FilesystemReader = {
  id: 'ext4',
  recognises: isExt,
  open: async (source) => {
    const found = await readSuperblock(source);
    if ('kind' in found) return found;
    const needsRecovery = (found.superblock.incompatible & incompatible.needsRecovery) !== 0;
    return needsRecovery ? openReplayed(source, found) : new Ext4Filesystem(source, found.superblock);
  },
};

interface FoundSuperblock {
  readonly bytes: Uint8Array;
  readonly superblock: Superblock;
}

async function readSuperblock(source: DiskSource): Promise<FoundSuperblock | UnreadFilesystem> {
  const bytes = await source.read(superblockOffset, superblockSize);
  const identity = parseIdentity(bytes);
  const features = unreadFeatures(identity.incompatible, identity.readOnlyCompatible);
  if (features.length > 0) return { ...notRead('unsupported', 'filesystem-feature-unsupported', `ext4: ${features.join(', ')}`), ...namesOf(identity) };
  const superblock = parseSuperblock(bytes, identity);
  if (superblock.blockCount * superblock.blockSize > source.size) {
    throw new SourceTruncatedError(`ext4: ${superblock.blockCount} blocks on a volume of ${source.size} bytes`);
  }
  return { bytes, superblock };
}

/** The superblock itself may lie in the journal: it is read again from what replay has made. */
async function openReplayed(source: DiskSource, { bytes, superblock }: FoundSuperblock): Promise<Filesystem | UnreadFilesystem> {
  const replayed = await replayJournal({ source, superblock }, bytes);
  if (replayed.kind === 'not-read') return { ...replayed, ...namesOf(superblock) };
  const found = await readSuperblock(replayed.source);
  if ('kind' in found) return found;
  if (found.superblock.blockSize !== superblock.blockSize) throw new CorruptStructureError('ext4 superblock: another block size in the journal', superblockOffset);
  const { transactions, blocks } = replayed;
  return new Ext4Filesystem(replayed.source, found.superblock, transactions === 0 ? undefined : { transactions, blocks });
}

function namesOf({ label, uuid }: Identity): { readonly label: string; readonly uuid: string } {
  return { label, uuid };
}

/** Entries of all directories kept at a time. */
const keptEntries = 100_000;
const keptInodes = 4096;
/** The longest target that is kept in the inode itself is one byte shorter. */
const shortLinkRoom = 60;
/** PATH_MAX of Linux. */
const longestLink = 4096;

class Ext4Filesystem implements Filesystem {
  readonly kind: string;
  readonly label: string;
  readonly uuid: string;
  readonly replayed: { readonly transactions: number; readonly blocks: number } | undefined;
  readonly #volume: Ext4Volume;
  readonly #inodes = new Map<number, Inode>();
  readonly #directories = new Map<number, Directory>();
  #entries = 0;

  constructor(source: DiskSource, superblock: Superblock, replayed?: { readonly transactions: number; readonly blocks: number }) {
    this.replayed = replayed;
    this.kind = flavour(superblock);
    this.label = superblock.label;
    this.uuid = superblock.uuid;
    this.#volume = { source, superblock };
  }

  async status(path: string): Promise<FileStatus | undefined> {
    const inode = await this.#find(path);
    return inode === undefined ? undefined : { kind: inode.kind, size: inode.size };
  }

  async readFile(path: string, limit: number = limits.fileBytes): Promise<Uint8Array | undefined> {
    const inode = await this.#find(path);
    if (inode?.kind !== 'file') return undefined;
    if (inode.size > limit) throw new LimitExceededError(`${path}: ${inode.size} bytes, more than ${limit}`);
    return readFileData(this.#volume, inode, 0, inode.size);
  }

  async readRange(path: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const inode = await this.#find(path);
    if (inode?.kind !== 'file') return undefined;
    if (length > limits.fileBytes) throw new LimitExceededError(`${path}: range of ${length} bytes`);
    const start = Math.min(offset, inode.size);
    return readFileData(this.#volume, inode, start, Math.min(length, inode.size - start));
  }

  async readLink(path: string): Promise<string | undefined> {
    const inode = await this.#find(path);
    if (inode?.kind !== 'symbolic-link') return undefined;
    if (inode.size === 0 || inode.size > longestLink) throw new CorruptStructureError(`ext4 link ${inode.number}: ${inode.size} bytes`, 0);
    const short = inode.size < shortLinkRoom && inode.inline === undefined && (inode.flags & inodeFlags.extents) === 0;
    const bytes = short ? inode.data.subarray(0, inode.size) : await readFileData(this.#volume, inode, 0, inode.size);
    return Buffer.from(bytes).toString('utf8');
  }

  async readDirectory(path: string): Promise<readonly DirectoryEntry[] | undefined> {
    const inode = await this.#find(path);
    if (inode?.kind !== 'directory') return undefined;
    const entries: DirectoryEntry[] = [];
    for (const [name, item] of await this.#directory(inode)) entries.push({ name, kind: item.kind ?? (await this.#inode(item.inode)).kind });
    return entries;
  }

  /** The inode at a literal path. A directory met twice on the way down is a cycle: directories have one parent. */
  async #find(path: string): Promise<Inode | undefined> {
    const names = path.split('/').filter((name) => name !== '');
    if (names.length > limits.pathComponents) throw new LimitExceededError(`path of ${names.length} components`);
    const passed = new Set<number>([rootInode]);
    let inode = await this.#inode(rootInode);
    for (const name of names) {
      if (inode.kind !== 'directory') return undefined;
      const item = (await this.#directory(inode)).get(name);
      if (item === undefined) return undefined;
      if (passed.has(item.inode)) throw new CorruptStructureError(`ext4 directory ${item.inode}: contains itself`, 0);
      passed.add(item.inode);
      inode = await this.#inode(item.inode);
    }
    return inode;
  }

  async #inode(number: number): Promise<Inode> {
    const kept = this.#inodes.get(number);
    if (kept !== undefined) return kept;
    const inode = await readInode(this.#volume, number);
    if ((inode.flags & inodeFlags.encrypted) !== 0) throw new UnsupportedFeatureError(`ext4 inode ${number}: encrypt`);
    if (this.#inodes.size >= keptInodes) this.#inodes.clear();
    this.#inodes.set(number, inode);
    return inode;
  }

  async #directory(inode: Inode): Promise<Directory> {
    const kept = this.#directories.get(inode.number);
    if (kept !== undefined) return kept;
    const directory = await readDirectory(this.#volume, inode);
    if (this.#entries + directory.size > keptEntries) {
      this.#directories.clear();
      this.#entries = 0;
    }
    this.#directories.set(inode.number, directory);
    this.#entries += directory.size;
    return directory;
  }
}
