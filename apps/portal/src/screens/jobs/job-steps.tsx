import { Checkmark16Filled, Circle16Regular, CircleHalfFill16Regular, ErrorCircle16Filled } from '@fluentui/react-icons';
import type { JobState, UpgradeJob } from '@nodeward/api';
import { countVulnerabilities } from '../../parts/severity.tsx';
import { usePreferences } from '../../preferences.tsx';

const steps = ['draft', 'preflight', 'running', 'verifying', 'done'] as const;
type Step = (typeof steps)[number];
const stepOf: Record<JobState, Step> = {
  draft: 'draft',
  preflight: 'preflight',
  'preflight-failed': 'preflight',
  running: 'running',
  verifying: 'verifying',
  failed: 'running',
  cancelled: 'running',
  succeeded: 'done',
  'succeeded-with-residual': 'done',
};
const isDone = ({ phase }: UpgradeJob['nodes'][number]): boolean => phase === 'ready' || phase === 'verified';
const isVerified = ({ phase }: UpgradeJob['nodes'][number]): boolean => phase === 'verified';

/** Where a failed job stopped: at its verification once every node was through. */
function currentStep(job: UpgradeJob): Step {
  if (job.state === 'failed' && job.nodes.length > 0 && job.nodes.every(isDone)) return 'verifying';
  return stepOf[job.state];
}

/** Draft → Preflight → Running per node → Verifying → end state by name. */
export function JobSteps({ job }: { readonly job: UpgradeJob }) {
  const { m, time } = usePreferences();
  const at = steps.indexOf(currentStep(job));
  const stopped = job.state === 'failed' || job.state === 'preflight-failed' || job.state === 'cancelled';
  const ended = job.state === 'succeeded' || job.state === 'succeeded-with-residual';
  const passed = job.preflight.filter(({ outcome }) => outcome !== 'fail').length;
  const notes: Record<Step, string> = {
    draft: time.clock(job.createdAt),
    preflight: job.preflight.length === 0 ? m.unit.none : m.jobs.checks(passed, job.preflight.length),
    running: job.nodes.length === 0 ? m.unit.none : m.jobs.nodesOf(job.nodes.filter(isDone).length, job.nodes.length),
    verifying: at < 3 ? m.unit.none : m.jobs.reassessedOf(job.nodes.filter(isVerified).length, job.nodes.length),
    done: job.state === 'succeeded-with-residual' ? m.jobs.remain(countVulnerabilities(job.residual)) : !ended || job.finishedAt === null ? m.unit.none : time.clock(job.finishedAt),
  };
  return (
    <ol className="steps">
      {steps.map((step, index) => {
        const status = index < at || ended ? 'done' : index > at ? 'next' : stopped ? 'bad' : 'now';
        const word = step === 'done' && ended ? m.jobState[job.state] : m.jobs.steps[step];
        return (
          <li key={step} className={status} aria-current={status === 'now' || status === 'bad' ? 'step' : undefined}>
            <span className="st" style={{ fontWeight: index === at ? 600 : 400 }}>
              {status === 'done' && <Checkmark16Filled className="ok" />}
              {status === 'now' && <CircleHalfFill16Regular className="brandc" />}
              {status === 'bad' && <ErrorCircle16Filled className="bad" />}
              {status === 'next' && <Circle16Regular className="unk" />}
              {word}
            </span>
            <span className="lbl">{notes[step]}</span>
          </li>
        );
      })}
    </ol>
  );
}
