import type { Overview } from '@nodeward/api';
import { CountLink } from '../../parts/count-link.tsx';
import { useAddress } from '../../parts/address.ts';
import { listPath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { TrendChart } from './trend-chart.tsx';

/** What is open, day by day, as a picture or as a table; a single day is said, not drawn. */
export function TrendCard({ overview: { trend, lastWeek } }: { readonly overview: Overview }) {
  const { m, time } = usePreferences();
  const address = useAddress();
  const asTable = address.oneOf('trend', ['table']) === 'table';
  const [first] = trend;
  return (
    <section className="card col g6" aria-label={m.overview.trend} style={{ flex: 1 }}>
      <div className="row between wrap">
        <h2>{m.overview.trend}</h2>
        {trend.length > 1 && (
          <span className="row gap4" role="group" aria-label={m.inventory.views}>
            <button type="button" className="chip" aria-pressed={!asTable} onClick={() => address.change({ trend: undefined })}>{m.overview.chart}</button>
            <button type="button" className="chip" aria-pressed={asTable} onClick={() => address.change({ trend: 'table' })}>{m.overview.table}</button>
          </span>
        )}
      </div>
      <span className="lbl">{m.overview.trendUnit}</span>
      {first === undefined && <p className="unk">{m.overview.trendNone}</p>}
      {trend.length === 1 && first !== undefined && <p className="band flat">{m.overview.trendOneDay(time.day(first.day))}</p>}
      {trend.length > 0 && (asTable || trend.length === 1 ? <TrendTable trend={trend} /> : <TrendChart trend={trend} />)}
      <div className="row gap12 s12 wrap">
        <span className="dim">{m.overview.lastWeek}</span>
        <Change name={m.overview.firstSeen} n={lastWeek.firstSeen} sign="+" change="first-seen" />
        <Change name={m.overview.resolved} n={lastWeek.resolved} sign="−" change="resolved" />
        <Change name={m.overview.gone} n={lastWeek.gone} sign="−" change="gone" />
      </div>
    </section>
  );
}

function Change({ name, n, sign, change }: { readonly name: string; readonly n: number; readonly sign: '+' | '−'; readonly change: string }) {
  const m = useMessages();
  return (
    <span>
      {name} <CountLink n={n} unit={m.unit.cves(n)} to={listPath('/vulnerabilities', { state: 'all', lastWeek: change })} label={`${m.overview.lastWeek}: ${name}`}>{n > 0 ? sign : ''}</CountLink>
    </span>
  );
}

function TrendTable({ trend }: { readonly trend: Overview['trend'] }) {
  const { m, time } = usePreferences();
  return (
    <div className="tw trendtable" role="region" tabIndex={0} aria-label={m.overview.trend}>
      <table className="tbl plain" aria-label={m.overview.trend}>
        <thead>
          <tr>
            <th scope="col">{m.overview.day}</th>
            <th scope="col" className="r">{m.overview.open}</th>
            <th scope="col" className="r">{m.severity.critical}</th>
            <th scope="col" className="r">{m.severity.high}</th>
            <th scope="col" className="r">{m.overview.noFix}</th>
            <th scope="col" className="r">{m.recommendationState['not-evaluated']}</th>
          </tr>
        </thead>
        <tbody>
          {trend.toReversed().map(({ day, open, severities, noFix, nodes }) => (
            <tr key={day}>
              <th scope="row">{time.day(day)}</th>
              <td className="r">{m.unit.number(open)}</td>
              <td className="r">{m.unit.number(severities.critical)}</td>
              <td className="r">{m.unit.number(severities.high)}</td>
              <td className="r">{m.unit.number(noFix)}</td>
              <td className="r">{m.unit.node(nodes.notAssessed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
