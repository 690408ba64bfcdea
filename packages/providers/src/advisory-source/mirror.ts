import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidConfigurationError } from '../errors.ts';

/** In place of the publishers: a server, or a folder that somebody carries in. */
export type Mirror = { readonly kind: 'server'; readonly url: string } | { readonly kind: 'folder'; readonly folder: string };

/** An address, a `file:` address or a path. Throws `InvalidConfigurationError` where it is none of them. */
export function parseMirror(text: string): Mirror {
  if (/^file:/i.test(text)) return { kind: 'folder', folder: fileOf(text) };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    const url = URL.parse(text);
    // The text may hold a password, so no message repeats it.
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw new InvalidConfigurationError('mirror', 0, 'is neither an http(s) address nor a folder');
    url.search = '';
    url.hash = '';
    return { kind: 'server', url: url.href.replace(/\/*$/, '/') };
  }
  return { kind: 'folder', folder: isAbsolute(text) ? text : resolve(text) };
}

/** Where a file of a mirror may stand: below the folder of its kind, or at the top. */
export function mirrorPaths(kind: 'feeds' | 'node-images', name: string): readonly string[] {
  return [`${kind}/${name}`, name];
}

/** An existing file, with what tells whether it has changed. */
export async function findMirrored(folder: string, paths: readonly string[]): Promise<{ readonly path: string; readonly bytes: number; readonly tag: string } | undefined> {
  for (const path of paths) {
    const full = join(folder, ...path.split('/'));
    const found = await stat(full).catch(absent);
    if (found?.isFile() === true) return { path: full, bytes: found.size, tag: `${found.size}-${found.mtimeMs}` };
  }
  return undefined;
}

function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}

function fileOf(text: string): string {
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw new InvalidConfigurationError('mirror', 0, `${text} names no folder of this machine`, { cause });
  }
}
