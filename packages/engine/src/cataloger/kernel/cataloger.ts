import type { RootTree } from '../../filesystem/filesystem.ts';
import type { RunningKernel } from '../../model/node-facts.ts';
import type { Cataloger, CatalogResult } from '../cataloger.ts';

/** Bytes of one step backwards through a log. */
const stepSize = 1024 * 1024;
/** Bytes searched at most: a log that says nothing of a boot in so much is left alone. */
const searchLimit = 64 * stepSize;
/** Longer than any such line's beginning: steps overlap by it. */
const overlap = 512;

/** The kernel says so itself, first thing, at every boot. */
const banner = /Linux version (\d[\w.+~-]*) /g;

const logs = [
  { path: '/var/log/kern.log', from: 'kern-log' },
  { path: '/var/log/dmesg', from: 'dmesg' },
] as const;

/**
 * The kernel of the last boot, from the logs that the kernel's own messages go to. The boot
 * loader's default and the links in /boot name the next kernel, not this one: they are not read.
 */
export const kernelCataloger: Cataloger = {
  id: 'kernel',
  subject: 'kernel log',
  catalog: async (root) => {
    const seen: (CatalogResult & { runningKernel: RunningKernel })[] = [];
    for (const { path, from } of logs) {
      const release = await lastBoot(root, path);
      if (release !== undefined) seen.push({ runningKernel: { release, from }, evidencePath: path });
    }
    const [first] = seen;
    // Two logs of two boots: one of them is stale, and neither says which.
    return seen.every(({ runningKernel }) => runningKernel.release === first?.runningKernel.release) ? first : undefined;
  },
};

async function lastBoot(root: RootTree, path: string): Promise<string | undefined> {
  const size = (await root.status(path))?.size ?? 0;
  for (let end = size; end > 0 && size - end < searchLimit; end -= stepSize) {
    const start = Math.max(0, end - stepSize);
    const bytes = await root.readRange(path, start, Math.min(end + overlap, size) - start);
    const release = Array.from(Buffer.from(bytes ?? []).toString('latin1').matchAll(banner)).at(-1)?.[1];
    if (release !== undefined) return release;
  }
  return undefined;
}
