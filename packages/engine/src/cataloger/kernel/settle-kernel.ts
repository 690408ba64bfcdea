import type { CoverageEntry } from '../../base/coverage.ts';
import type { Package } from '../../model/inventory.ts';
import type { RunningKernel } from '../../model/node-facts.ts';
import { kernelReleaseOf } from '../../model/package-family.ts';

export interface SettledKernel {
  readonly runningKernel?: RunningKernel;
  readonly coverage: CoverageEntry;
}

/**
 * Joins the installed kernel images with what is known of the running one. With one image and
 * nothing better that one runs; with several nothing is guessed.
 */
export function settleKernel(packages: readonly Package[], known: RunningKernel | undefined): SettledKernel {
  const releases = [...new Set(packages.flatMap((entry) => kernelReleaseOf(entry.name, entry.version) ?? []))];
  const [only, ...more] = releases;
  if (only === undefined) return { ...running(known), coverage: entry('kernel-image-missing', known?.release) };
  if (known !== undefined && !releases.includes(known.release)) {
    return { runningKernel: known, coverage: entry('running-kernel-not-installed', known.release) };
  }
  const settled = known ?? (more.length === 0 ? ({ release: only, from: 'only-kernel-image' } as const) : undefined);
  return { ...running(settled), coverage: { subject: 'kernel', state: 'read', reason: 'read' } };
}

function running(kernel: RunningKernel | undefined): { runningKernel?: RunningKernel } {
  return kernel === undefined ? {} : { runningKernel: kernel };
}

function entry(reason: 'kernel-image-missing' | 'running-kernel-not-installed', detail: string | undefined): CoverageEntry {
  return { subject: 'kernel', state: 'unreadable', reason, ...(detail === undefined ? {} : { detail }) };
}
