/** One entry of a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind;
}

export type FileKind = 'file' | 'directory' | 'symbolic-link' | 'other';

export interface FileStatus {
  readonly kind: FileKind;
  /** Bytes. */
  readonly size: number;
}

/**
 * One opened filesystem, read-only. Paths are absolute inside it, `/`-separated, taken literally:
 * symbolic links are resolved by the root tree, which may cross filesystems.
 *
 * Throws `CorruptStructureError`, `LimitExceededError`, `UnsupportedFeatureError` or
 * `SourceReadError`; a path that does not exist is undefined, never an error.
 */
export interface Filesystem {
  readonly kind: string;
  readonly label: string;
  readonly uuid: string;
  /** What the journal had to give, where the filesystem was not clean. */
  readonly replayed?: { readonly transactions: number; readonly blocks: number } | undefined;
  status(path: string): Promise<FileStatus | undefined>;
  /** A file larger than `limit` is a `LimitExceededError`; the default is `limits.fileBytes`. */
  readFile(path: string, limit?: number): Promise<Uint8Array | undefined>;
  /** At most `length` bytes from `offset`; fewer where the file ends. */
  readRange(path: string, offset: number, length: number): Promise<Uint8Array | undefined>;
  readLink(path: string): Promise<string | undefined>;
  readDirectory(path: string): Promise<readonly DirectoryEntry[] | undefined>;
}

/** The joined tree of a disk: links resolve inside it and never leave it. */
export interface RootTree {
  status(path: string): Promise<FileStatus | undefined>;
  /** Follows links; undefined where the path does not exist or is not a file. */
  readFile(path: string, limit?: number): Promise<Uint8Array | undefined>;
  readRange(path: string, offset: number, length: number): Promise<Uint8Array | undefined>;
  readDirectory(path: string): Promise<readonly DirectoryEntry[] | undefined>;
  /** The path after all links, whether it exists or not: of a link into nothing the path that it names. */
  realPath(path: string): Promise<string>;
}
