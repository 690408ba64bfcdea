import { readFile, stat } from 'node:fs/promises';
import { parseSourceNames, type SourceNames } from '@nodeward/engine';
import { InvalidConfigurationError } from '../errors.ts';

/** Read again only when the file has changed: every node asks for it. */
export function createSourceNamesFile(path: string | undefined): () => Promise<SourceNames | undefined> {
  let kept: { readonly key: string; readonly names: SourceNames } | undefined;
  return async () => {
    if (path === undefined) return undefined;
    try {
      const { mtimeMs, size } = await stat(path);
      const key = `${mtimeMs} ${size}`;
      if (kept?.key !== key) kept = { key, names: parseSourceNames(await readFile(path, 'utf8'), path) };
      return kept.names;
    } catch (cause) {
      throw new InvalidConfigurationError(path, 0, cause instanceof Error ? cause.message : 'cannot be read', { cause });
    }
  };
}
