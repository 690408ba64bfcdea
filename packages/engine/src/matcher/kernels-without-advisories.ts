import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Inventory } from '../model/inventory.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { ecosystemOf } from '../model/operating-system.ts';
import { channelsOf } from './channels.ts';
import { installedSources } from './installed-source.ts';

/**
 * Sources of kernels that run, or may run where nobody knows which one does, and that no advisory of this
 * release has ever named. Every kernel has hundreds: none means that the feed does not know the line, not
 * that it is free of vulnerabilities. Empty where the release itself has no advisories.
 */
export function kernelsWithoutAdvisories({ operatingSystem, packages }: Inventory, { runningKernel }: NodeFacts, advisories: AdvisoryLookup): readonly string[] {
  const ecosystem = ecosystemOf(operatingSystem);
  if (ecosystem === undefined || !advisories.hasEcosystem(ecosystem)) return [];
  // Of what a list does not name the source of, `unknown-source` is said already.
  const kernels = installedSources(packages.filter(({ sourceKnown }) => sourceKnown)).filter(({ kernelRelease }) => kernelRelease !== null);
  const running = kernels.filter(({ kernelRelease }) => kernelRelease === runningKernel?.release);
  const unnamed = (running.length > 0 ? running : kernels).filter(({ source, version }) => {
    const { own, base, subscription = base } = channelsOf(ecosystem, source, version);
    return [...own, base, subscription].every((channel) => advisories.ranges(channel, source).length === 0);
  });
  return [...new Set(unnamed.map(({ source }) => source))];
}
