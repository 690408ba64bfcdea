import { DomainError } from '@nodeward/engine';
import { messageOf } from '../database/database-errors.ts';
import type { Dependencies } from '../dependencies.ts';
import { type RepeatedWork, startRepeatedWork } from '../repeated-work.ts';

const everyMs = 3_600_000;
const sweepMs = 600_000;

/** Has every connection delete what it made in its environment and what outlived its lease: at once, then hourly. */
export function startSweeping(deps: Pick<Dependencies, 'providers' | 'log'>): RepeatedWork {
  const sweepAll = async (signal: AbortSignal): Promise<void> => {
    for (const { id } of deps.providers.all) if (!signal.aborted) await sweep(deps, id, signal);
  };
  return startRepeatedWork(everyMs, sweepAll, (error) => deps.log.error({ error: messageOf(error) }, 'leases could not be checked'));
}

/** A connection that cannot be opened says so at its discovery; only those that make something are opened for this. */
async function sweep({ providers, log }: Pick<Dependencies, 'providers' | 'log'>, id: string, signal: AbortSignal): Promise<void> {
  const connection = providers.get(id);
  if (connection?.kind !== 'aks') return;
  try {
    const provider = await connection.open();
    const report = await provider.sweepExpired?.(AbortSignal.any([signal, AbortSignal.timeout(sweepMs)]));
    if (report === undefined) return;
    if (report.removed.length > 0) log.info({ connection: id, removed: report.removed }, 'what outlived its lease was deleted');
    if (report.failed.length > 0) log.warn({ connection: id, failed: report.failed }, 'what outlived its lease could not be deleted');
  } catch (error) {
    if (!(error instanceof DomainError) && !signal.aborted) log.error({ connection: id, error: messageOf(error) }, 'the leases of a connection could not be checked');
  }
}
