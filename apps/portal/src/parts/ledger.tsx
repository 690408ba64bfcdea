import type { LedgerRow } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { ledgerQuery } from '../api/queries.ts';
import { useMessages, usePreferences } from '../preferences.tsx';
import { QueryView } from '../shell/query-view.tsx';
import { countVulnerabilities } from './severity.tsx';
import { shortImage } from './short-image.ts';

/** What earlier upgrades of a pool were predicted to do, and did; also those that somebody else carried out. */
export function Ledger({ poolId }: { readonly poolId: string }) {
  const m = useMessages();
  const query = useQuery(ledgerQuery(poolId));
  return (
    <section className="card col g4" aria-label={m.jobs.ledger}>
      <div className="row between wrap">
        <h2>{m.jobs.ledger}</h2>
        <span className="lbl">{m.jobs.ledgerUnit}</span>
      </div>
      <QueryView query={query}>{({ rows }) => (rows.length === 0 ? <p className="sub">{m.jobs.ledgerEmpty}</p> : <LedgerTable rows={rows} />)}</QueryView>
    </section>
  );
}

function LedgerTable({ rows }: { readonly rows: readonly LedgerRow[] }) {
  const { m, time } = usePreferences();
  const c = m.jobs.ledgerColumns;
  return (
    <table className="tbl plain" aria-label={m.jobs.ledger}>
      <colgroup><col style={{ width: 82 }} /><col /><col style={{ width: 68 }} /><col style={{ width: 60 }} /><col style={{ width: 74 }} /></colgroup>
      <thead>
        <tr>
          <th scope="col">{c.when}</th>
          <th scope="col">{c.target}</th>
          <th scope="col" className="r">{c.predicted}</th>
          <th scope="col" className="r">{c.actual}</th>
          <th scope="col" className="r">{c.difference}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.jobId} data-testid={`ledger-${row.jobId}`}>
            <td title={time.full(row.finishedAt)}>{time.date(row.finishedAt)}{row.observed === true && <div className="dim s12" title={m.jobs.observedText}>{m.jobs.observed}</div>}</td>
            <td className="mono" title={row.target ?? m.operation[row.kind]}>{row.target === null ? m.operation[row.kind] : shortImage(row.target)}</td>
            <td className="r">{m.unit.number(row.predicted.fixed)}</td>
            <td className="r">{m.unit.number(row.actual.fixed)}</td>
            <td className="r">{!row.independent ? <span className="unk" title={m.jobs.notIndependent}>{m.jobs.notIndependentShort}</span> : row.missed.length === 0 ? <span className="ok">{m.jobs.same}</span> : <span className="warn" title={row.missed.map(({ vulnerability }) => vulnerability).join(', ')}>{m.jobs.missedBy(countVulnerabilities(row.missed))}</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
