import type { NodeMatch } from '@nodeward/engine';

type RebootRow = NodeMatch & { readonly rebootFixes: boolean };

/** True where a kernel with a fix is on disk and only a boot is missing. */
export function isRebootUseful(rows: readonly RebootRow[]): boolean {
  return rows.some(({ kernel, rebootFixes, state }) => kernel === 'running' && rebootFixes && state === 'affected-fix-available');
}

/**
 * The rows of a pool as they would stand after every node has booted its newest kernel: a running
 * kernel's row that the boot cures is gone, and the newer kernel's own rows are the running ones.
 */
export function afterReboot(rows: readonly RebootRow[]): readonly NodeMatch[] {
  return rows.flatMap((row): readonly NodeMatch[] => {
    if (row.kernel === 'stale' || (row.kernel === 'running' && row.rebootFixes)) return [];
    return [row.kernel === 'standby' ? { ...row, kernel: 'running' } : row];
  });
}
