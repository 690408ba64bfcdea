import { Coverage, type CoverageEntry } from '../base/coverage.ts';
import type { Inventory, Package } from '../model/inventory.ts';
import type { KernelState, Match, NodeMatch } from '../model/match.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { kernelReleaseOf } from '../model/package-family.ts';
import { debScheme } from '../version/deb/scheme.ts';
import { newestKernelRelease } from './newest-kernel.ts';

export interface NodeMatches {
  readonly matches: readonly NodeMatch[];
  /** What putting matches and facts together brought to light. */
  readonly coverage: readonly CoverageEntry[];
}

/** The matches of an inventory as they stand on one node: which kernel runs decides what its kernel rows mean. */
export function nodeMatches(matches: readonly Match[], inventory: Inventory, facts: NodeFacts): NodeMatches {
  const coverage = new Coverage();
  const images = inventory.packages.filter((found) => kernelReleaseOf(found.name) !== undefined);
  const running = runningImage(images, facts, coverage);
  const evidence = facts.evidencePaths['os-packages'] ?? '';
  return {
    matches: matches.map((match) => ({ ...onNode(match, images, running), evidence })),
    coverage: coverage.entries,
  };
}

/** Undefined where it cannot be told; the boot loader's choice is the next kernel and no evidence. */
function runningImage(images: readonly Package[], facts: NodeFacts, coverage: Coverage): Package | undefined {
  const release = facts.runningKernel?.release;
  if (release === undefined) return images.length === 1 ? images[0] : undefined;
  const found = images.find((image) => kernelReleaseOf(image.name) === release);
  if (found === undefined && images.length > 0) coverage.add('kernel', 'unreadable', 'running-kernel-not-installed', release);
  return found;
}

function onNode(match: Match, images: readonly Package[], running: Package | undefined): Omit<NodeMatch, 'evidence'> {
  if (match.kernelRelease === null) return { ...match, kernel: null };
  const image = images.find((candidate) => kernelReleaseOf(candidate.name) === match.kernelRelease);
  const kernel = running === undefined || image === undefined ? undefined : kernelState(image, running);
  if (kernel !== undefined) return { ...match, kernel };
  return { ...match, kernel: null, state: 'undetermined', reason: 'running-kernel-unknown' };
}

/** Undefined where the two versions have no order. */
function kernelState(image: Package, running: Package): KernelState | undefined {
  if (kernelReleaseOf(image.name) === kernelReleaseOf(running.name)) return 'running';
  const [a, b] = [debScheme.parse(image.version), debScheme.parse(running.version)];
  if (a === undefined || b === undefined) return undefined;
  return debScheme.compare(a, b) > 0 ? 'standby' : 'stale';
}

/**
 * The facts of a node once it has booted: its newest kernel image runs. For what a reboot would
 * change, and for images that no node runs yet, whose own logs tell of the machine that built them.
 */
export function factsAfterBoot(inventory: Inventory, facts: NodeFacts): NodeFacts {
  const rest: { -readonly [K in keyof NodeFacts]: NodeFacts[K] } = { ...facts };
  delete rest.runningKernel;
  const release = newestKernelRelease(inventory.packages);
  return release === undefined ? rest : { ...rest, runningKernel: { release, from: 'newest-kernel-image' } };
}
