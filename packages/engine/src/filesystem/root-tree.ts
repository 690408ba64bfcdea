import { CorruptStructureError, LimitExceededError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { FileStatus, Filesystem, RootTree } from './filesystem.ts';

export interface Mount {
  /** Absolute and literal, without a trailing slash; `/` for the root. */
  readonly path: string;
  readonly filesystem: Filesystem;
}

/** A place in the tree after all links: which filesystem, and the path inside it. */
interface Place {
  readonly filesystem: Filesystem;
  readonly path: string;
  readonly status: FileStatus;
}

/**
 * Joins filesystems into one tree. Links resolve as in path_resolution(7), with the tree's root as
 * `/`: an absolute link starts there, and `..` never leaves it.
 */
export function joinRootTree(mounts: readonly Mount[]): RootTree {
  const byPath = new Map(mounts.map((mount) => [mount.path, mount.filesystem]));
  const find = async (path: string): Promise<Place | undefined> => (await resolve(byPath, path)).place;
  return {
    status: async (path) => (await find(path))?.status,
    readFile: async (path, limit) => {
      const place = await find(path);
      return place?.filesystem.readFile(place.path, limit);
    },
    readRange: async (path, offset, length) => {
      const place = await find(path);
      return place?.filesystem.readRange(place.path, offset, length);
    },
    readDirectory: async (path) => {
      const place = await find(path);
      return place?.filesystem.readDirectory(place.path);
    },
    realPath: async (path) => `/${(await resolve(byPath, path)).names.join('/')}`,
  };
}

interface Resolved {
  /** Of the path after all links; what lies beyond the last one that exists is literal. */
  readonly names: readonly string[];
  readonly place: Place | undefined;
}

async function resolve(mounts: ReadonlyMap<string, Filesystem>, path: string): Promise<Resolved> {
  const waiting = split(path).reverse();
  const resolved: string[] = [];
  let links = 0;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === '..') {
      resolved.pop();
      continue;
    }
    const place = await placeOf(mounts, [...resolved, name]);
    if (place === undefined) return nowhere(resolved, name, waiting);
    if (place.status.kind !== 'symbolic-link') {
      if (place.status.kind !== 'directory' && waiting.length > 0) return nowhere(resolved, name, waiting);
      resolved.push(name);
      continue;
    }
    if (++links > limits.symbolicLinks) throw new CorruptStructureError(`${path}: more than ${limits.symbolicLinks} symbolic links`, 0);
    const target = (await place.filesystem.readLink(place.path)) ?? '';
    if (target.startsWith('/')) resolved.length = 0;
    waiting.push(...split(target).reverse());
    if (resolved.length + waiting.length > limits.pathComponents) throw new LimitExceededError(`${path}: more than ${limits.pathComponents} components`);
  }
  return { names: resolved, place: await placeOf(mounts, resolved) };
}

function nowhere(resolved: readonly string[], name: string, waiting: readonly string[]): Resolved {
  return { names: [...resolved, name, ...waiting.toReversed()], place: undefined };
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** The filesystem of the nearest mount above, and the rest of the path inside it. */
async function placeOf(mounts: ReadonlyMap<string, Filesystem>, names: readonly string[]): Promise<Place | undefined> {
  for (let depth = names.length; depth >= 0; depth--) {
    const filesystem = mounts.get(`/${names.slice(0, depth).join('/')}`);
    if (filesystem === undefined) continue;
    const path = `/${names.slice(depth).join('/')}`;
    const status = await filesystem.status(path);
    return status === undefined ? undefined : { filesystem, path, status };
  }
  return undefined;
}
