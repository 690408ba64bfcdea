import { isIncomplete, type Reading } from '@nodeward/engine';
import type { DiskRefusal } from '@nodeward/providers';

/** The child knows only that bytes did not come; its parent knows why. */
export function withRefusal(reading: Reading, refusal: DiskRefusal): Reading {
  const coverage = reading.coverage.map((entry) => (entry.reason === 'read-error' ? { ...entry, ...refusal } : entry));
  const isNamed = coverage.some(({ reason }) => reason === refusal.reason);
  return { ...reading, coverage: isNamed ? coverage : [...coverage, { subject: 'disk', state: 'unreadable', ...refusal }] };
}

/** Whether what was read before is worth more than a list of what the image held. */
export function knowsPackages({ inventory, coverage }: Reading): boolean {
  const entries = coverage.filter(({ subject }) => subject === 'os-packages');
  return inventory !== undefined && entries.length > 0 && !entries.some(isIncomplete);
}
