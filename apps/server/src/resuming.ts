import { resumeAssessments } from './assessment/start-assessments.ts';
import { type RepeatedWork, startRepeatedWork } from './repeated-work.ts';
import type { UpgradeDependencies } from './upgrade-job/upgrade-dependencies.ts';
import { resumeUpgradeJobs } from './upgrade-job/workflow.ts';

const everyMs = 60_000;

/** Assessments and upgrade jobs whose workflow could not be started, or has ended without them, do not wait for the next start of the server. */
export function startResuming(deps: UpgradeDependencies): RepeatedWork {
  const resume = async (): Promise<void> => {
    await resumeAssessments(deps.db, deps.clock(), { atStart: false });
    await resumeUpgradeJobs(deps, { atStart: false });
  };
  return startRepeatedWork(everyMs, resume, (error) => deps.log.error({ error }, 'what was left open could not be resumed'));
}
