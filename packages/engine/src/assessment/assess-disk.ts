import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Assessment } from '../model/assessment.ts';
import type { DiskSource } from '../source/disk-source.ts';
import { assessReading, type AssessOptions } from './assess-reading.ts';
import { readDisk } from './disk-reader.ts';
import type { ReadDiskOptions } from './read-disk.ts';

/** The street, walked end to end: one disk and the advisories for it. */
export async function assessDisk(
  source: DiskSource,
  target: string,
  advisories: AdvisoryLookup,
  options: AssessOptions & ReadDiskOptions = {},
): Promise<Assessment> {
  const reading = await readDisk(source, options);
  return assessReading(reading, target, advisories, options);
}
