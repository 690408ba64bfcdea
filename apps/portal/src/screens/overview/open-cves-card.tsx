import { Flash16Filled } from '@fluentui/react-icons';
import type { Overview, Severity as SeverityCode } from '@nodeward/api';
import { CountLink } from '../../parts/count-link.tsx';
import { Severity, severityColour } from '../../parts/severity.tsx';
import { listPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';

type Figures = NonNullable<Overview['vulnerabilities']>;

/** Distinct CVEs over the fleet; what has no fix is counted apart. */
export function OpenCvesCard({ overview: { vulnerabilities } }: { readonly overview: Overview }) {
  const m = useMessages();
  return (
    <section className="card col g4">
      <div className="row between wrap">
        <h2>{m.overview.openCves}</h2>
        <span className="lbl">{m.overview.distinct}</span>
      </div>
      {vulnerabilities === null ? <p className="unk">{m.overview.notMatched}</p> : <Known figures={vulnerabilities} />}
    </section>
  );
}

const always: readonly SeverityCode[] = ['critical', 'high', 'medium', 'low'];
const rare: readonly SeverityCode[] = ['negligible', 'unknown'];

function Known({ figures }: { readonly figures: Figures }) {
  const m = useMessages();
  const { severities, open, exploited } = figures;
  const shown = [...always, ...rare.filter((severity) => severities[severity] > 0)];
  const most = Math.max(1, ...shown.map((severity) => severities[severity]));
  return (
    <>
      <div className="row gap12 wrap">
        <CountLink size="large" n={open} unit={m.unit.cves(open)} to={listPath('/vulnerabilities')} label={m.overview.openCves} />
        {exploited === null ? (
          <span className="unk s12">{m.overview.exploitedUnknown}</span>
        ) : (
          <span className={`s12 row gap4 ${exploited > 0 ? 'crit' : ''}`}><Flash16Filled aria-hidden />{m.overview.exploited} <CountLink n={exploited} unit={m.unit.cves(exploited)} to={listPath('/vulnerabilities', { state: 'present', exploited: 'true' })} label={m.overview.exploited} /></span>
        )}
      </div>
      {shown.map((severity) => (
        <div key={severity} className="hb low">
          <Severity severity={severity} />
          <span style={{ width: `${(severities[severity] / most) * 100}%`, background: `var(--${severityColour[severity]})` }} />
          <CountLink n={severities[severity]} unit={m.unit.cves(severities[severity])} to={listPath('/vulnerabilities', { severity })} label={m.severity[severity]} />
        </div>
      ))}
      <div className="row gap12 s12 wrap apart">
        <Apart name={m.overview.noFix} n={figures.noFix} state="no-fix" />
        <Apart name={m.overview.rebootRequired} n={figures.rebootRequired} state="reboot-required" />
        {figures.undetermined > 0 && <Apart name={m.overview.undetermined} n={figures.undetermined} state="undetermined" />}
      </div>
    </>
  );
}

function Apart({ name, n, state }: { readonly name: string; readonly n: number; readonly state: string }) {
  const m = useMessages();
  return <span><span className="dim">{name}</span> <CountLink n={n} unit={m.unit.cves(n)} to={listPath('/vulnerabilities', { state })} label={name} /></span>;
}
