import { Coverage, type CoverageEntry } from '../base/coverage.ts';
import type { Inventory, Package } from '../model/inventory.ts';
import type { KernelState, Match, NodeMatch } from '../model/match.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { kernelReleaseOf } from '../model/package-family.ts';
import { compareKernelImages, isOtherLine, newestKernelRelease } from './newest-kernel.ts';

export interface NodeMatches {
  readonly matches: readonly NodeMatch[];
  /** What putting matches and facts together brought to light. */
  readonly coverage: readonly CoverageEntry[];
}

/**
 * The matches of an inventory as they stand on one node: which kernel runs decides what its kernel
 * rows mean, and which binaries are staged what its component rows mean.
 */
export function nodeMatches(matches: readonly Match[], inventory: Inventory, facts: NodeFacts): NodeMatches {
  const coverage = new Coverage();
  const images = inventory.packages.filter((found) => kernelReleaseOf(found.name, found.version) !== undefined);
  const running = runningImage(images, facts, coverage);
  const states = new Map((facts.componentFiles ?? []).map(({ path, state }) => [path, state]));
  const onThisNode = (match: Match): NodeMatch => ({
    ...withKernel(match, images, running),
    // A binary that was opened and that no list calls staged is one that runs.
    componentState: match.component === null ? null : (states.get(match.component) ?? 'active'),
    evidence: evidenceOf(match, facts),
  });
  return { matches: matches.map(onThisNode), coverage: coverage.entries };
}

function evidenceOf({ component, factClass, packageFamily }: Match, { evidencePaths, kubeletVersion }: NodeFacts): string {
  if (component === null) return evidencePaths[factClass] ?? evidencePaths['os-packages'] ?? '';
  if (component !== '') return `/${component}`;
  return packageFamily === 'kubelet' && kubeletVersion !== undefined ? 'status.nodeInfo.kubeletVersion' : (evidencePaths[factClass] ?? '');
}

/** Undefined where it cannot be told; the boot loader's choice is the next kernel and no evidence. */
function runningImage(images: readonly Package[], facts: NodeFacts, coverage: Coverage): Package | undefined {
  const release = facts.runningKernel?.release;
  if (release === undefined) return images.length === 1 ? images[0] : undefined;
  const found = images.find((image) => kernelReleaseOf(image.name, image.version) === release);
  if (found === undefined && images.length > 0) coverage.add('kernel', 'unreadable', 'running-kernel-not-installed', release);
  return found;
}

function withKernel(match: Match, images: readonly Package[], running: Package | undefined): Omit<NodeMatch, 'evidence' | 'componentState'> {
  if (match.kernelRelease === null) return { ...match, kernel: null };
  const image = images.find((candidate) => kernelReleaseOf(candidate.name, candidate.version) === match.kernelRelease);
  const kernel = running === undefined || image === undefined ? undefined : kernelState(image, running);
  if (kernel !== undefined) return { ...match, kernel };
  return { ...match, kernel: null, state: 'undetermined', reason: 'running-kernel-unknown' };
}

/** Undefined where the two versions have no order. */
function kernelState(image: Package, running: Package): KernelState | undefined {
  if (kernelReleaseOf(image.name, image.version) === kernelReleaseOf(running.name, running.version)) return 'running';
  // Not the one that runs, and no next one either as long as nobody chooses another line.
  if (isOtherLine(image, running)) return 'stale';
  const order = compareKernelImages(image, running);
  return order === undefined ? undefined : order > 0 ? 'standby' : 'stale';
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
