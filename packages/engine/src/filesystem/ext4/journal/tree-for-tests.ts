import { createHash } from 'node:crypto';
import type { Filesystem } from '../../filesystem.ts';

/** Path → kind, and the hash of a file or the target of a link. */
export type Tree = Readonly<Record<string, string>>;

export async function treeOf(filesystem: Filesystem, path = ''): Promise<Tree> {
  const tree: Record<string, string> = {};
  for (const { name, kind } of (await filesystem.readDirectory(path === '' ? '/' : path)) ?? []) {
    const inside = `${path}/${name}`;
    if (kind === 'directory') Object.assign(tree, { [inside]: 'directory' }, await treeOf(filesystem, inside));
    else if (kind === 'symbolic-link') tree[inside] = `link ${(await filesystem.readLink(inside)) ?? ''}`;
    else tree[inside] = hashOf((await filesystem.readFile(inside)) ?? new Uint8Array(0));
  }
  return tree;
}

export function hashOf(bytes: Uint8Array): string {
  return `file ${createHash('sha256').update(bytes).digest('hex')}`;
}
