import { LimitExceededError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { DirectoryEntry, FileStatus, Filesystem, RootTree } from './filesystem.ts';
import { joinRootTree } from './root-tree.ts';

/** A file's text, or the target of a link. */
export type MemoryFile = string | Uint8Array | { readonly link: string };

/** A filesystem in memory: paths to contents; folders are what paths lie in. */
export function createMemoryFilesystem(files: Readonly<Record<string, MemoryFile>>): Filesystem {
  const bytesOf = (path: string): Uint8Array | undefined => {
    const file = files[path];
    return file === undefined || isLink(file) ? undefined : Buffer.from(file);
  };
  const status = (path: string): FileStatus | undefined => {
    const file = files[path];
    if (file === undefined) return children(files, path).length > 0 || path === '/' ? { kind: 'directory', size: 0 } : undefined;
    return isLink(file) ? { kind: 'symbolic-link', size: file.link.length } : { kind: 'file', size: Buffer.from(file).length };
  };
  return {
    kind: 'memory',
    label: '',
    uuid: '',
    status: (path) => Promise.resolve(status(path)),
    readFile: (path, limit = limits.fileBytes) => {
      const bytes = bytesOf(path);
      return (bytes?.length ?? 0) > limit ? Promise.reject(new LimitExceededError(`${path}: more than ${limit} bytes`)) : Promise.resolve(bytes);
    },
    readRange: (path, offset, length) => Promise.resolve(bytesOf(path)?.subarray(offset, offset + length)),
    readLink: (path) => {
      const file = files[path];
      return Promise.resolve(file !== undefined && isLink(file) ? file.link : undefined);
    },
    readDirectory: (path) => {
      if (status(path)?.kind !== 'directory') return Promise.resolve(undefined);
      const prefix = path === '/' ? '/' : `${path}/`;
      return Promise.resolve(children(files, path).map((name): DirectoryEntry => ({ name, kind: status(prefix + name)?.kind ?? 'other' })));
    },
  };
}

export function createMemoryTree(files: Readonly<Record<string, MemoryFile>>): RootTree {
  return joinRootTree([{ path: '/', filesystem: createMemoryFilesystem(files) }]);
}

function isLink(file: MemoryFile): file is { readonly link: string } {
  return typeof file === 'object' && 'link' in file;
}

function children(files: Readonly<Record<string, MemoryFile>>, path: string): readonly string[] {
  const prefix = path === '/' ? '/' : `${path}/`;
  const inside = Object.keys(files).filter((name) => name.startsWith(prefix));
  return [...new Set(inside.map((name) => name.slice(prefix.length).split('/', 1)[0] ?? ''))];
}
