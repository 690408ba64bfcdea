import type { ForecastRow } from '@nodeward/api';
import { cvssScoreOf } from '@nodeward/engine';
import { sql } from 'kysely';
import { poolMatches } from '../assessment/pool-matches.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Database, JobFailure } from '../database/schema.ts';
import { forecastKey, type ForecastVerdict } from '../dependencies.ts';
import { reconcilePools } from '../finding/reconcile.ts';
import { isPublishedList, verdictsByRow } from '../forecast/forecasts.ts';
import { compareWithForecast } from '../ledger/compare-with-forecast.ts';
import { insertLedgerRow } from '../ledger/store.ts';
import { changeStep } from './job-steps.ts';
import { tellOfJob } from '../notification/job-facts.ts';
import { publishJob } from './publish-job.ts';
import { addEvents, endJob, getJob, isActive, type JobRow, noteGoneNodes } from './store.ts';
import type { UpgradeDependencies } from './upgrade-dependencies.ts';
import { proofOf } from './verification.ts';

/** The job ends without what it was for; what it would have fixed is open again. `step`: in which of its plan. */
export async function failJob(deps: UpgradeDependencies, jobId: string, failure: JobFailure, step?: number): Promise<void> {
  const job = await getJob(deps.db, jobId);
  const at = deps.clock();
  await inTransaction(deps.db, async (db) => {
    if (!(await endJob(db, jobId, { state: 'failed', failure, at }))) return;
    if (step !== undefined) await changeStep(db, jobId, step, { state: 'failed', finishedAt: at.toISOString() });
    const code = failure.code === verificationIncomplete ? 'verification-incomplete' : 'operation-failed';
    await addEvents(db, jobId, [{ code, at, detail: failure.detail, ...(failure.node === null ? {} : { node: failure.node }) }]);
    await reconcilePools(db, [job.pool_id], at);
    await tellOfJob(db, jobId, at);
  });
  publishJob(deps, job, 'failed');
}

/** What the operation did is not known, or not on every node. */
export const verificationIncomplete = 'VerificationIncomplete';

/**
 * Decides by what the verifying assessments found on the nodes that are still there. Where one of them did not see everything,
 * or no node is left, the job is not called a success, and no ledger row is written: what it did is not known.
 */
export async function concludeJob(deps: UpgradeDependencies, jobId: string): Promise<void> {
  await deps.failpoint('upgrade:after-verify');
  await noteGoneNodes(deps.db, jobId, deps.clock());
  const { unread, verified } = await proofOf(deps.db, jobId);
  if (unread.length > 0 || verified.length === 0) {
    const detail = unread.length > 0 ? unread.map(({ node, cause }) => `${node}: ${cause}`).join(', ') : 'no node is left that could be read: all of them have gone from the pool';
    await failJob(deps, jobId, { code: verificationIncomplete, node: unread[0]?.node ?? null, detail });
    return;
  }
  const verdicts = verdictsByRow(await deps.poolForecasts.forPool((await getJob(deps.db, jobId)).pool_id));
  await deps.failpoint('upgrade:before-ledger');
  await inTransaction(deps.db, async (db) => settle(db, deps.clock(), await getJob(db, jobId), verdicts));
  await deps.failpoint('upgrade:after-ledger');
  const job = await getJob(deps.db, jobId);
  publishJob(deps, job, job.state);
}

async function settle(db: Database, at: Date, job: JobRow, verdicts: ReadonlyMap<string, ForecastVerdict>): Promise<void> {
  if (!isActive(job.state)) return;
  await endJob(db, job.id, { state: 'succeeded', failure: null, at });
  await reconcilePools(db, [job.pool_id], at);
  const residual = await residualRows(db, job.pool_id, verdicts);
  if (residual.length > 0) {
    await db.updateTable('upgrade_job').set({ state: 'succeeded-with-residual', residual: JSON.stringify(residual) }).where('id', '=', job.id).execute();
  }
  if (job.predicted_rows !== null && job.predicted !== null) {
    // the same list that made the forecast would always agree with it
    const independent = (await proofOf(db, job.id)).verified.every(({ grade }) => !isPublishedList(grade));
    const comparison = compareWithForecast({ ...job.predicted_rows, counts: job.predicted }, await poolMatches(db, job.pool_id), independent);
    await insertLedgerRow(db, { jobId: job.id, poolId: job.pool_id, at, ...comparison });
  }
  await addEvents(db, job.id, [{ code: 'finished', at }]);
  await tellOfJob(db, job.id, at);
}

/** Open findings with a published fix: what ux.md §6.3 calls residual. What has no fix never counts. */
async function residualRows(db: Database, poolId: string, verdicts: ReadonlyMap<string, ForecastVerdict>): Promise<readonly ForecastRow[]> {
  const findings = await db
    .selectFrom('finding')
    .select(['vulnerability', 'package_family', 'source_package', 'severity', 'cvss', 'installed_versions', 'fixed_version', 'state'])
    .where('pool_id', '=', poolId)
    .where('match_state', '=', 'affected-fix-available')
    .where('state', 'in', ['open', 'reboot-required', 'remediating', 'awaiting-verification'])
    .orderBy(sql`vulnerability collate "C"`)
    .orderBy('package_family')
    .execute();
  return findings.map((finding) => {
    const verdict = verdicts.get(forecastKey(finding.package_family, finding.vulnerability));
    return {
      vulnerability: finding.vulnerability,
      packageFamily: finding.package_family,
      sourcePackage: finding.source_package,
      severity: finding.severity,
      cvssScore: cvssScoreOf(finding.cvss) ?? null,
      installedVersion: finding.installed_versions.join(', '),
      fixedVersion: finding.fixed_version,
      reason: finding.state === 'reboot-required' ? 'reboot-needed' : reasonOf(verdict),
      fixedInImage: verdict?.verdict === 'fixed-by-image' ? verdict.fixedInImage : null,
      fixedInKubernetes: verdict?.verdict === 'fixed-by-kubernetes' ? verdict.fixedInKubernetes : null,
    };
  });
}

function reasonOf(verdict: ForecastVerdict | undefined): ForecastRow['reason'] {
  if (verdict?.verdict === 'fixed-by-image') return 'fixed-in-later-image';
  if (verdict?.verdict === 'fixed-by-kubernetes') return 'kubernetes-needed';
  if (verdict?.verdict === 'no-image-yet') return 'no-image-yet';
  return 'none';
}
