import { readFile } from 'node:fs/promises';

/**
 * Bytes of physical memory of a process, from `/proc`; undefined where the process is gone or the system has no `/proc`
 * (macOS, Windows: only the child's heap limit holds there).
 */
export async function residentMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined);
  const kibibytes = status === undefined ? undefined : /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
