import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '..');

/** The folder of public data that tests read and never copy; undefined where it is absent. */
export function sharedData(): string | undefined {
  const folder = resolve(process.env.NODEWARD_SHARED ?? resolve(repository, '../shared'), 'data');
  return existsSync(folder) ? folder : undefined;
}

/** Says on the test run's own output what is left out and why; a silent skip would look like a pass. */
export function noteSkipped(what: string, why: string): void {
  process.stdout.write(`SKIPPED (${why}): ${what}\n`);
}
