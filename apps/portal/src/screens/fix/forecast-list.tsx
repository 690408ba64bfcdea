import type { Candidate, ForecastRow } from '@nodeward/api';
import { Link } from 'react-router';
import { countSeverities, countVulnerabilities, Severity, SeverityMix, severityOrder } from '../../parts/severity.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { cvePath } from '../../paths.ts';
import { usePreferences } from '../../preferences.tsx';

export const figures = ['fixed', 'remaining', 'introduced'] as const;
export type Figure = (typeof figures)[number];

/** The list opens on what matters: introduced if there is any, else what remains, else what is fixed. */
export function firstFigure({ counts }: Candidate): Figure {
  if (counts.introduced > 0) return 'introduced';
  return counts.remaining > 0 ? 'remaining' : 'fixed';
}

/** The rows behind one figure of the forecast. */
export function ForecastList({ poolId, candidate, figure }: { readonly poolId: string; readonly candidate: Candidate; readonly figure: Figure }) {
  const { m } = usePreferences();
  const rows = candidate[figure];
  const title = m.fix.listTitle(m.operation[candidate.kind], m.fix.figures[figure], countVulnerabilities(rows));
  return (
    <section className="card col flush listing tall" aria-label={title}>
      <div className="cardhead">
        <h2 data-total={countVulnerabilities(rows)}>{title}</h2>
        <SeverityMix counts={countSeverities(rows)} />
      </div>
      <div className="tw" role="region" tabIndex={0} aria-label={title}><ForecastTable rows={rows} poolId={poolId} figure={figure} /></div>
    </section>
  );
}

/** Rows of a forecast or of what an upgrade left, worst first. */
export function ForecastTable({ rows, poolId, figure }: { readonly rows: readonly ForecastRow[]; readonly poolId: string; readonly figure: Figure }) {
  const { m, language } = usePreferences();
  const sorted = rows.toSorted((left, right) => severityOrder.indexOf(left.severity) - severityOrder.indexOf(right.severity) || (right.cvssScore ?? -1) - (left.cvssScore ?? -1));
  const c = m.findings.columns;
  return (
    <table className="tbl" style={{ minWidth: 880 }}>
      <colgroup><col style={{ width: 150 }} /><col style={{ width: language === 'ja' ? 88 : 108 }} /><col style={{ width: 62 }} /><col style={{ width: '20%' }} /><col /><col /><col style={{ width: 204 }} /></colgroup>
      <thead>
        <tr>
          <th scope="col">{c.cve}</th>
          <th scope="col">{c.severity}</th>
          <th scope="col" className="r">{c.cvss}</th>
          <th scope="col">{c.package}</th>
          <th scope="col">{figure === 'introduced' ? m.fix.versionAfter : c.installed}</th>
          <th scope="col">{c.fixed}</th>
          <th scope="col">{m.fix.reason}</th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((row) => (
          <tr key={`${row.vulnerability} ${row.packageFamily} ${row.sourcePackage}`}>
            <td className="cve">{figure === 'introduced' ? row.vulnerability : <Link to={cvePath(poolId, row.vulnerability)}>{row.vulnerability}</Link>}</td>
            <td><Severity severity={row.severity} /></td>
            <td className="r">{row.cvssScore === null ? <span className="dim">{m.unit.none}</span> : row.cvssScore.toFixed(1)}</td>
            <td title={row.sourcePackage}>{row.sourcePackage}</td>
            <td className="mono" title={row.installedVersion}>{row.installedVersion}</td>
            <td className="mono" title={row.fixedVersion ?? undefined}>{row.fixedVersion ?? m.unit.none}</td>
            <td className={row.reason === 'reboot-needed' ? 'warn' : 'sub'}>{reasonText(m, row, figure)}</td>
          </tr>
        ))}
        {rows.length === 0 && <tr><td colSpan={7} className="dim">{m.fix.noRows}</td></tr>}
      </tbody>
    </table>
  );
}

function reasonText(m: ReturnType<typeof usePreferences>['m'], row: ForecastRow, figure: Figure): string {
  if (row.reason === 'fixed-in-later-image' && row.fixedInImage !== null) return m.fixedInLater(shortImage(row.fixedInImage));
  if (row.reason === 'kubernetes-needed' && row.fixedInKubernetes !== null) return m.fix.kubernetesNeeded(row.fixedInKubernetes);
  if (row.reason === 'none') return figure === 'fixed' ? m.fix.inTarget : m.reason.none;
  return m.reason[row.reason];
}
