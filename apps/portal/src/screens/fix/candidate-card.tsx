import { Button, Dropdown, Option } from '@fluentui/react-components';
import { AddCircle16Filled, ArrowRight16Regular, CheckmarkCircle16Filled, Info16Regular, QuestionCircle16Regular, SubtractCircle16Regular, WindowConsole20Regular } from '@fluentui/react-icons';
import type { Candidate, FixOverview } from '@nodeward/api';
import type { ReactNode } from 'react';
import { ForecastPicture } from '../../parts/forecast-picture.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { SeverityMix } from '../../parts/severity.tsx';
import { useMessages } from '../../preferences.tsx';
import { showCommands } from './command-list.tsx';
import { type Figure, figures, firstFigure } from './forecast-list.tsx';
import { StartButton } from './start-button.tsx';

interface CandidateCardProps {
  readonly fix: FixOverview;
  readonly candidate: Candidate;
  readonly targets: readonly Candidate[];
  readonly chosen: boolean;
  readonly primary: boolean;
  readonly figure: Figure | undefined;
  readonly readOnly: boolean | undefined;
  readonly choose: (figure: Figure) => void;
  readonly aim: (target: string) => void;
}

/** One operation: where it leads, what it would do, and the button. */
export function CandidateCard({ fix, candidate, targets, chosen, primary, figure, readOnly, choose, aim }: CandidateCardProps) {
  const m = useMessages();
  const title = m.operation[candidate.kind];
  const blocked = fix.activeJobId !== null ? m.fix.jobRuns : candidate.refusal !== null ? `${m.fix.refused}: ${m.fix.refusal[candidate.refusal.code]}` : candidate.executable ? undefined : candidate.commands.length > 0 ? m.fix.commandsBelow : readOnly === true ? m.fix.notExecutable : m.fix.notExecutableElse;
  const order = primary ? m.fix.recommended : candidate.kind === 'kubernetes' && candidate.counts.fixed > 0 ? m.fix.then : undefined;
  const mark = order === undefined ? null : <span className="pill plain">{order}</span>;
  return (
    <section className={`card col g10 ${chosen ? 'chosen' : ''}`} aria-label={title}>
      <div className="row between wrap">
        <div className="row wrap">
          <h2 style={{ fontSize: 19, lineHeight: '26px' }}>{title}</h2>
          {candidate.target === null && mark}
        </div>
        {candidate.executable || candidate.commands.length === 0 ? (
          <StartButton fix={fix} candidate={candidate} primary={primary} disabled={blocked !== undefined} />
        ) : (
          <Button appearance={primary ? 'primary' : 'secondary'} icon={<WindowConsole20Regular />} aria-label={`${m.fix.commands}: ${title}`} onClick={() => { choose(figure ?? firstFigure(candidate)); showCommands(); }}>{m.fix.commands}</Button>
        )}
      </div>
      {candidate.target !== null && <TargetRow from={candidate.kind === 'kubernetes' ? (fix.kubernetesVersion ?? m.unit.unknown) : fix.currentImage} candidate={candidate} targets={targets} mark={mark} aim={aim} />}
      <VerdictBand candidate={candidate} />
      {candidate.unknown === null && (
        <>
          <ForecastPicture fixed={candidate.counts.fixed} remaining={candidate.counts.remaining} introduced={candidate.counts.introduced} />
          <WhyRemain candidate={candidate} />
          <div className="figures">
            {figures.map((name) => (
              <button key={name} type="button" aria-pressed={figure === name} className={candidate.counts[name] === 0 ? 'zero' : figureColour[name]} onClick={() => choose(name)}>
                <span className="lbl">{m.fix.figures[name]}</span>
                <span className="num" style={{ display: 'block' }}>{m.unit.number(candidate.counts[name])}<small>{m.unit.cves(candidate.counts[name])}</small></span>
              </button>
            ))}
          </div>
        </>
      )}
      <Plan fix={fix} candidate={candidate} />
      {candidate.counts.undetermined > 0 && <p className="unk s12">{m.fix.undetermined(candidate.counts.undetermined)}</p>}
      <Note text={blocked ?? noteOf(m, candidate, primary)} />
    </section>
  );
}

const figureColour: Record<Figure, string> = { fixed: 'fix', remaining: '', introduced: 'intro' };

/** Why this operation is there; "the image comes first" not where another one is recommended. */
function noteOf(m: ReturnType<typeof useMessages>, { kind }: Candidate, primary: boolean): string | undefined {
  if (kind === 'node-image') return primary ? m.fix.whyImageFirst : undefined;
  return kind === 'reboot' ? m.fix.rebootWhy : m.fix.kubernetesWhy;
}

function Note({ text }: { readonly text: string | undefined }) {
  if (text === undefined) return null;
  return <p className="sub row top"><Info16Regular style={{ marginTop: 2 }} /><span>{text}</span></p>;
}

function TargetRow({ from, candidate, targets, mark, aim }: { readonly from: string; readonly candidate: Candidate; readonly targets: readonly Candidate[]; /** When in the order it comes. */ readonly mark: ReactNode; readonly aim: (target: string) => void }) {
  const m = useMessages();
  const name = candidate.target ?? '';
  return (
    <div className="row wrap" style={{ minHeight: 26 }}>
      <span className="mono break" title={from}>{shortImage(from)}</span>
      <ArrowRight16Regular />
      <Dropdown size="small" aria-label={`${m.fix.target}: ${m.operation[candidate.kind]}`} value={shortImage(name)} title={name} selectedOptions={[name]} style={{ minWidth: 130 }} onOptionSelect={(_, { optionValue }) => optionValue !== undefined && aim(optionValue)}>
        {targets.flatMap(({ target }) => (target === null ? [] : [<Option key={target} value={target} text={target}>{target}</Option>]))}
      </Dropdown>
      {candidate.newest && <span className="lbl">{m.fix.newest}</span>}
      <span className="grow" />
      {mark}
    </div>
  );
}

/** What is done in which order, where it is more than the button says. */
function Plan({ fix, candidate }: { readonly fix: FixOverview; readonly candidate: Candidate }) {
  const m = useMessages();
  const { steps, image, kind } = candidate;
  if (steps.length < 2 && kind !== 'kubernetes') return null;
  return (
    <ol className="plan" aria-label={`${m.fix.plan}: ${m.operation[kind]}`}>
      {steps.map((step, index) => (
        <li key={`${step.kind} ${step.target ?? ''}`}>
          <b>{index + 1}</b>
          <span>{m.fix.step[step.kind]}</span>
          {step.target !== null && <span className="mono" title={step.target}>{shortImage(step.target)}</span>}
          {step.kind === 'kubernetes' && image !== null && image !== fix.currentImage && <span className="dim" title={image}>{m.fix.withImage(shortImage(image))}</span>}
        </li>
      ))}
    </ol>
  );
}

/** The verdict in one line: what users must see before they press the button. */
function VerdictBand({ candidate }: { readonly candidate: Candidate }) {
  const m = useMessages();
  const { counts } = candidate;
  if (candidate.unknown !== null) {
    return (
      <div className="band flat">
        <QuestionCircle16Regular className="unk" />
        <b>{m.fix.verdictUnknown}</b>
        <span className="plainc">{m.fix.unknownCode[candidate.unknown.code]}</span>
        {candidate.unknown.code === 'unreadable' && candidate.unknown.detail !== '' && <span className="code">{candidate.unknown.detail}</span>}
      </div>
    );
  }
  if (counts.introduced > 0) {
    return (
      <div className="band worse">
        <AddCircle16Filled />
        <b>{m.fix.verdictIntroduces}</b>
        <span className="plainc">{m.fix.net(counts.introduced - counts.fixed)}</span>
        <span className="grow" />
        <SeverityMix counts={candidate.introducedSeverities} />
      </div>
    );
  }
  if (counts.fixed === 0) {
    return <div className="band flat"><SubtractCircle16Regular className="unk" /><b>{candidate.kind === 'reboot' ? m.fix.verdictNothingReboot : m.fix.verdictNothing}</b></div>;
  }
  return (
    <div className="band good">
      <CheckmarkCircle16Filled />
      <b>{m.fix.verdictFixes(counts.fixed)}</b>
      <span className="grow" />
      <SeverityMix counts={candidate.fixedSeverities} />
    </div>
  );
}

const reasonColours = { 'no-image-yet': 'rem', 'fixed-in-later-image': 'low', 'reboot-needed': 'warn', 'kubernetes-needed': 'med', undetermined: 'unk', new: 'intro', returned: 'intro', none: 'none' } as const;

function WhyRemain({ candidate: { remaining } }: { readonly candidate: Candidate }) {
  const m = useMessages();
  const reasons = [...Map.groupBy(remaining, ({ reason }) => reason)].filter(([reason]) => reason !== 'none');
  if (reasons.length === 0) return null;
  return (
    <div className="row gap12 s12 wrap">
      <span className="dim">{m.fix.whyRemain}</span>
      {reasons.map(([reason, rows]) => (
        <span key={reason} className="row gap4">
          <i className="sq" style={{ background: `var(--${reasonColours[reason]})` }} />
          {m.reason[reason]} <b>{m.unit.number(new Set(rows.map(({ vulnerability }) => vulnerability)).size)}</b>
        </span>
      ))}
    </div>
  );
}

/** The image operation is always shown, also where there is nothing to move to, with the reason beside the button. */
export function EmptyImageCard({ fix }: { readonly fix: FixOverview }) {
  const m = useMessages();
  const title = m.operation['node-image'];
  return (
    <section className="card col g10" aria-label={title}>
      <div className="row between wrap">
        <h2 style={{ fontSize: 19, lineHeight: '26px' }}>{title}</h2>
        <Button disabled>{title}</Button>
      </div>
      <div className="row wrap"><span className="mono break" title={fix.currentImage}>{shortImage(fix.currentImage)}</span><ArrowRight16Regular /><span className="unk">{m.fix.noneKnown}</span></div>
      <Note text={m.fix.noTargets} />
    </section>
  );
}
