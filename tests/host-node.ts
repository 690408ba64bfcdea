import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The first Node in the PATH that is another version than the pinned one: what the host itself has. */
export function hostNode(): { readonly path: string; readonly version: string } | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'node');
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    if (typeof stdout === 'string' && stdout.startsWith('v') && stdout.trim() !== process.version) return { path, version: stdout.trim() };
  }
  return undefined;
}
