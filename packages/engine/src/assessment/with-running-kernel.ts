import { settleKernel } from '../cataloger/kernel/settle-kernel.ts';
import type { Reading } from '../model/assessment.ts';
import type { NodeFacts, RunningKernel } from '../model/node-facts.ts';

/**
 * A reading that holds for several nodes, as it stands on one of them: its kernel is what a better witness than the disk says,
 * and without one what the disk said, unless its logs are those of the machine that built the image.
 */
export function withRunningKernel(reading: Reading, known: RunningKernel | undefined): Reading {
  const { inventory, facts } = reading;
  if (inventory === undefined || (known === undefined && facts.grade !== 'reference-image')) return reading;
  const { runningKernel, coverage } = settleKernel(inventory.packages, known);
  const rest: { -readonly [K in keyof NodeFacts]: NodeFacts[K] } = { ...facts };
  delete rest.runningKernel;
  return {
    ...reading,
    facts: { ...rest, ...(runningKernel === undefined ? {} : { runningKernel }) },
    coverage: reading.coverage.map((entry) => (entry.subject === 'kernel' ? coverage : entry)),
  };
}
