import { Checkmark16Filled, CheckmarkCircle16Filled, CircleHalfFill16Regular, ErrorCircle16Filled, QuestionCircle16Regular, SubtractCircle16Regular, Warning16Filled } from '@fluentui/react-icons';
import type { ForecastRow, JobEvent, LedgerRow, UpgradeJob } from '@nodeward/api';
import { Link } from 'react-router';
import { isEnded } from '../../api/queries.ts';
import { Figure, SplitBar } from '../../parts/essentials.tsx';
import { ForecastPicture } from '../../parts/forecast-picture.tsx';
import { Ledger } from '../../parts/ledger.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { countVulnerabilities } from '../../parts/severity.tsx';
import { cvePath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';

/** Right column: what was predicted, what came of it, what is left and why, and earlier jobs. */
export function JobResult({ job }: { readonly job: UpgradeJob }) {
  return (
    <div className="col g12">
      <Comparison job={job} />
      {job.residual.length > 0 && <Residual job={job} />}
      <Ledger poolId={job.poolId} />
      <Events events={job.events} />
    </div>
  );
}

const figures = ['fixed', 'remaining', 'introduced'] as const;

function Comparison({ job }: { readonly job: UpgradeJob }) {
  const m = useMessages();
  const { predicted, ledger } = job;
  return (
    <section className="card col g10" aria-label={m.jobs.forecastAndResult}>
      <div className="row between">
        <h2>{ledger === null ? m.jobs.forecast : m.jobs.forecastAndResult}</h2>
        <span className="lbl">{m.fix.unit}</span>
      </div>
      {predicted === null ? <p className="sub">{m.jobs.noForecast}</p> : <ForecastPicture fixed={predicted.fixed} remaining={predicted.remaining} introduced={predicted.introduced} />}
      {ledger === null ? (
        <div className="row" style={{ borderTop: '1px solid var(--colorNeutralStroke2)', paddingTop: 8 }}>
          {!isEnded(job.state) && <CircleHalfFill16Regular />}
          <span className="sub">{isEnded(job.state) ? m.jobs.noResultEver : m.jobs.noResult}</span>
        </div>
      ) : (
        <Actual ledger={ledger} />
      )}
    </section>
  );
}

function Actual({ ledger }: { readonly ledger: LedgerRow }) {
  const m = useMessages();
  const precision = ledger.precision === null ? m.unit.none : `${Math.round(ledger.precision * 100)} %`;
  return (
    <>
      <div className="row gap12 top" style={{ borderTop: '1px solid var(--colorNeutralStroke2)', paddingTop: 8 }}>
        {figures.map((name) => (
          <div key={name} className="grow">
            <div className="lbl">{m.jobs.actual[name]}</div>
            <Figure value={m.unit.number(ledger.actual[name])} unit={m.jobs.predicted(ledger.predicted[name])} />
          </div>
        ))}
      </div>
      {ledger.missed.length === 0 ? (
        ledger.independent && <span className="st ok" style={{ whiteSpace: 'normal' }}><CheckmarkCircle16Filled />{m.jobs.agrees(precision)}</span>
      ) : (
        <div className="col g4">
          <span className="st warn" style={{ whiteSpace: 'normal' }}><Warning16Filled />{m.jobs.differs(countVulnerabilities(ledger.missed))}</span>
          <MissedRows ledger={ledger} />
        </div>
      )}
      {!ledger.independent && <span className="st unk" style={{ whiteSpace: 'normal' }}><QuestionCircle16Regular />{m.jobs.notIndependent}</span>}
    </>
  );
}

function MissedRows({ ledger }: { readonly ledger: LedgerRow }) {
  const m = useMessages();
  return (
    <ul className="refs">
      {ledger.missed.map((row) => (
        <li key={`${row.vulnerability}${row.packageFamily}`}>{m.jobs.missedRow(row.vulnerability, row.packageFamily, m.missed[row.predicted], m.missed[row.actual])}</li>
      ))}
    </ul>
  );
}

const colours: Record<ForecastRow['reason'], string> = { 'no-image-yet': 'rem', 'fixed-in-later-image': 'low', 'reboot-needed': 'warn', 'kubernetes-needed': 'med', undetermined: 'unk', new: 'intro', returned: 'med', none: 'none' };

/** What is left although a fix is published, by reason, each CVE with a link. */
function Residual({ job }: { readonly job: UpgradeJob }) {
  const m = useMessages();
  const reasons = [...Map.groupBy(job.residual, ({ reason }) => reason)].map(([reason, rows]) => ({ reason, rows, n: countVulnerabilities(rows) }));
  return (
    <section className="card col g6" aria-label={m.fix.whyRemain}>
      <div className="row between wrap">
        <h2>{m.fix.whyRemain}</h2>
        <span className="lbl">{m.jobs.residual(countVulnerabilities(job.residual))}</span>
      </div>
      <SplitBar parts={reasons.map(({ reason, n }) => ({ value: n, colour: colours[reason] }))} />
      {reasons.map(({ reason, rows, n }) => (
        <div key={reason} className="col">
          <span className="row"><i className="sq" style={{ background: `var(--${colours[reason]})` }} /><b>{m.unit.number(n)}</b><span>{m.reason[reason]}</span></span>
          <ul className="refs" style={{ paddingInlineStart: 17 }}>
            {rows.slice(0, 8).map((row) => (
              <li key={`${row.vulnerability}${row.packageFamily}`}>
                <Link to={cvePath(job.poolId, row.vulnerability)}>{row.vulnerability}</Link> <b>{row.packageFamily}</b> <span className="mono whole">{row.installedVersion}</span>
                {row.fixedVersion !== null && <> <span className="dim">&lt;</span> <span className="mono whole">{row.fixedVersion}</span></>}
                {row.fixedInImage !== null && <span className="dim"> · {m.fixedInLater(shortImage(row.fixedInImage))}</span>}
              </li>
            ))}
            {rows.length > 8 && <li className="dim">{m.jobs.moreResidual(rows.length - 8)}</li>}
          </ul>
        </div>
      ))}
    </section>
  );
}

const bad: ReadonlySet<JobEvent['code']> = new Set<JobEvent['code']>(['preflight-failed', 'operation-failed', 'verification-incomplete']);

function Events({ events }: { readonly events: readonly JobEvent[] }) {
  const { m, time } = usePreferences();
  return (
    <section className="card col g6" aria-label={m.jobs.events}>
      <h2>{m.jobs.events}</h2>
      <ol className="events" tabIndex={0} aria-label={m.jobs.events}>
        {events.toSorted((left, right) => right.at.localeCompare(left.at)).map((event, index) => (
          <li key={`${event.at}${event.code}${event.node ?? ''}${index}`}>
            <time className="dim s12" dateTime={event.at} title={time.full(event.at)}>{time.clock(event.at)}</time>
            <EventMark code={event.code} />
            <span className="break">{m.event[event.code]}{event.node !== null && <> · <span className="mono">{event.node}</span></>}{event.detail !== null && <span className="dim"> {phaseWord(m, event)}</span>}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function EventMark({ code }: Pick<JobEvent, 'code'>) {
  if (bad.has(code)) return <ErrorCircle16Filled className="bad" />;
  // neither good nor bad: nothing is known of it any more
  return code === 'node-gone' ? <SubtractCircle16Regular className="unk" /> : <Checkmark16Filled className="ok" />;
}

/** The detail of a node's phase is the phase's code; any other is for people. */
function phaseWord(m: ReturnType<typeof useMessages>, { code, detail }: JobEvent): string {
  const phases: Readonly<Record<string, string>> = m.phase;
  return code === 'node-phase' && detail !== null ? (phases[detail] ?? detail) : (detail ?? '');
}
