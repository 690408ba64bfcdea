import { ProgressBar } from '@fluentui/react-components';
import { CheckmarkCircle16Filled, CheckmarkCircle16Regular, Circle16Regular, CircleHalfFill16Regular, ErrorCircle16Filled, Warning16Filled } from '@fluentui/react-icons';
import type { NodePhase, OperationKind, UpgradeJob } from '@nodeward/api';
import { shortImage } from '../../parts/short-image.ts';
import { usePreferences } from '../../preferences.tsx';

const phasesOf: Record<OperationKind, readonly NodePhase[]> = {
  'node-image': ['surge', 'cordon', 'drain', 'reimage', 'ready', 'verified'],
  kubernetes: ['surge', 'cordon', 'drain', 'reimage', 'ready', 'verified'],
  reboot: ['cordon', 'drain', 'reboot', 'ready', 'verified'],
};
type JobNode = UpgradeJob['nodes'][number];

/** ノードごとの進行: which node is in which phase, and the checks that came before. */
export function JobNodes({ job }: { readonly job: UpgradeJob }) {
  const { m, time } = usePreferences();
  const phases = phasesOf[job.kind];
  const share = job.nodes.length === 0 ? 0 : job.nodes.reduce((sum, { phase }) => sum + doneCount(phases, phase), 0) / (job.nodes.length * phases.length);
  const ended = job.state === 'succeeded' || job.state === 'succeeded-with-residual';
  return (
    <div className="col g12">
      <PlanSteps job={job} />
      <section className="card col flush" aria-label={m.jobs.progress}>
        <div className="cardhead">
          <h2>{m.jobs.progress}</h2>
          <span className="lbl">{phases.map((phase) => (phase === 'ready' ? m.jobs.steps.running : m.phase[phase])).filter((_, index) => phases[index] !== 'ready').join(' → ')}</span>
        </div>
        <ProgressBar aria-label={m.jobs.nodeProgress} value={share} thickness="medium" color={ended ? 'success' : job.state === 'failed' ? 'error' : 'brand'} />
        <div className="tw" style={{ borderTop: 0 }} role="region" tabIndex={0} aria-label={m.jobs.nodeProgress}>
          <table className="tbl" style={{ minWidth: 730 }} aria-label={m.jobs.progress}>
            <colgroup><col style={{ width: 266 }} /><col style={{ width: 142 }} /><col /><col style={{ width: 84 }} /><col style={{ width: 72 }} /></colgroup>
            <thead>
              <tr>
                <th scope="col">{m.jobs.columnsNode.node}</th>
                <th scope="col">{m.jobs.columnsNode.phases}</th>
                <th scope="col">{m.jobs.columnsNode.state}</th>
                <th scope="col" className="r">{m.jobs.columnsNode.start}</th>
                <th scope="col" className="r">{m.jobs.columnsNode.took}</th>
              </tr>
            </thead>
            <tbody>
              {job.nodes.map((node) => (
                <tr key={node.node}>
                  <th scope="row" className="mono" title={node.node}>{node.node}</th>
                  <td><PhasePills phases={phases} node={node} /></td>
                  <td><PhaseTag phase={node.phase} /></td>
                  <td className="r">{node.startedAt === null ? m.unit.none : time.clock(node.startedAt)}</td>
                  <td className="r">{node.startedAt === null || node.finishedAt === null ? m.unit.none : time.took(node.startedAt, node.finishedAt)}</td>
                </tr>
              ))}
              {job.nodes.length === 0 && <tr><td colSpan={5} className="dim">{m.jobs.noNodes}</td></tr>}
            </tbody>
          </table>
        </div>
      </section>
      <Preflight job={job} />
    </div>
  );
}

/** The plan of a job of several steps: the control plane's are not seen on any node. */
function PlanSteps({ job }: { readonly job: UpgradeJob }) {
  const { m, time } = usePreferences();
  if (job.steps.length < 2 && job.kind !== 'kubernetes') return null;
  return (
    <section className="card col g6" aria-label={m.jobs.plan}>
      <div className="row between wrap"><h2>{m.jobs.plan}</h2><span className="lbl">{m.jobs.planUnit}</span></div>
      <ol className="col g4">
        {job.steps.map((step, index) => (
          <li key={`${step.kind} ${step.target ?? ''}`} className="row wrap" data-step={step.kind} aria-current={step.state === 'running' ? 'step' : undefined}>
            <StepMark state={step.state} />
            <b>{index + 1}. {m.fix.step[step.kind]}</b>
            {step.target !== null && <span className="mono" title={step.target}>{shortImage(step.target)}</span>}
            <span className="dim s12">{m.jobs.stepState[step.state]}{step.startedAt !== null && step.finishedAt !== null && ` · ${time.took(step.startedAt, step.finishedAt)}`}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function StepMark({ state }: { readonly state: UpgradeJob['steps'][number]['state'] }) {
  if (state === 'succeeded') return <CheckmarkCircle16Filled className="ok" aria-hidden />;
  if (state === 'failed') return <ErrorCircle16Filled className="bad" aria-hidden />;
  if (state === 'running') return <CircleHalfFill16Regular className="brandc" aria-hidden />;
  return <Circle16Regular className="unk" aria-hidden />;
}

const doneCount = (phases: readonly NodePhase[], phase: NodePhase): number => (phase === 'verified' ? phases.length : phase === 'ready' ? phases.length - 1 : Math.max(0, phases.indexOf(phase)));

function PhasePills({ phases, node }: { readonly phases: readonly NodePhase[]; readonly node: JobNode }) {
  const { m } = usePreferences();
  const done = doneCount(phases, node.phase);
  const current = phases.indexOf(node.phase);
  return (
    <span className="ph" role="img" aria-label={m.jobs.phasesOf(done, phases.length)}>
      {phases.map((phase, index) => (
        <i key={phase} className={node.phase === 'failed' ? 'b' : index < done ? 'd' : index === current && node.phase !== 'ready' ? 'c' : ''} />
      ))}
    </span>
  );
}

function PhaseTag({ phase }: { readonly phase: NodePhase }) {
  const word = usePreferences().m.phase[phase];
  if (phase === 'verified') return <span className="st ok"><CheckmarkCircle16Filled />{word}</span>;
  if (phase === 'ready') return <span className="st ok"><CheckmarkCircle16Regular />{word}</span>;
  if (phase === 'failed') return <span className="st bad"><ErrorCircle16Filled />{word}</span>;
  if (phase === 'waiting') return <span className="st unk"><Circle16Regular />{word}</span>;
  return <span className="st brandc"><CircleHalfFill16Regular />{word}</span>;
}

function Preflight({ job }: { readonly job: UpgradeJob }) {
  const { m } = usePreferences();
  if (job.preflight.length === 0) return null;
  return (
    <section className="card col g6">
      <h2>{m.jobs.preflight}</h2>
      {job.preflight.map(({ check, outcome, detail }) => (
        <div key={check} className="row top">
          {outcome === 'pass' && <CheckmarkCircle16Filled className="ok" style={{ marginTop: 2 }} />}
          {outcome === 'warn' && <Warning16Filled className="warn" style={{ marginTop: 2 }} />}
          {outcome === 'fail' && <ErrorCircle16Filled className="bad" style={{ marginTop: 2 }} />}
          <span>
            {m.check[check]} <span className="dim s12">{m.outcome[outcome]}</span>
            {detail !== undefined && <span className="code dim"> {detail}</span>}
          </span>
        </div>
      ))}
    </section>
  );
}
