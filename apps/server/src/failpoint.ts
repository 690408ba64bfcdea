import type { Failpoint } from './config.ts';
import { noFailpoint } from './dependencies.ts';

/**
 * Ends the process without any chance to tidy up, at the point and time that the crash tests name.
 * Work calls it with stable names before and after every outward effect.
 */
export function createFailpoint(wanted: Failpoint | undefined, kill: () => void): (name: string) => Promise<void> {
  if (wanted === undefined) return noFailpoint;
  let passed = 0;
  return async (name) => {
    if (name !== wanted.name) return;
    passed += 1;
    if (passed !== wanted.occurrence) return;
    kill();
    // the signal arrives a moment later; nothing more happens in this task
    await new Promise(() => undefined);
  };
}
