import { Warning16Filled } from '@fluentui/react-icons';
import type { Connection } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { advisorySourcesQuery } from '../../api/queries.ts';
import { CheckedAt } from '../../parts/checked-at.tsx';
import { connectionName } from '../../parts/connection-name.ts';
import { dataAge } from '../../parts/data-age.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';

/** Each advisory database once, with the connections that use it: what it holds, how new it is, and whether it may be used at all. */
export function AdvisoryDatabases({ connections }: { readonly connections: readonly Connection[] }) {
  const same = Map.groupBy(connections, ({ advisoryDatabase: { purpose, state, revision, failure } }) => [purpose, state, revision, failure].join(' '));
  return [...same].map(([key, users]) => <AdvisoryDatabase key={key} connections={users} />);
}

const named = 3;

function AdvisoryDatabase({ connections }: { readonly connections: readonly Connection[] }) {
  const [connection] = connections;
  const m = useMessages();
  const failures: Readonly<Record<string, string>> = m.settings.databaseFailure;
  if (connection === undefined) return null;
  const { advisoryDatabase: database } = connection;
  const names = connections.map((one) => connectionName(m, one));
  const title = m.settings.databaseOf(names.slice(0, named).join(', '), Math.max(0, names.length - named));
  return (
    <section className="card col flush" aria-label={title}>
      <div className="cardhead">
        <div className="row wrap">
          <h2>{title}</h2>
          {database.purpose === 'sample' && <span className="pill warn">{m.settings.purposeSample}</span>}
        </div>
        <span className="lbl">{m.settings.revision} {database.revision === null ? <span className="unk">{m.unit.unknown}</span> : <span className="mono" title={database.revision}>{database.revision.slice(0, 12)}</span>}</span>
      </div>
      {database.state === 'failed' && (
        <p className="bad row" style={{ padding: '0 16px 10px' }}>
          <Warning16Filled />
          <span>{m.settings.databaseFailed}: {failures[database.failure ?? ''] ?? <span className="code">{database.failure}</span>}</span>
        </p>
      )}
      <FeedTable database={database} label={title} />
    </section>
  );
}

function FeedTable({ database: { feeds, purpose }, label }: { readonly database: Connection['advisoryDatabase']; readonly label: string }) {
  const { m, time } = usePreferences();
  const everyHours = useQuery(advisorySourcesQuery).data?.everyHours ?? null;
  const ageOf = (checkedAt: string | null) => (purpose === 'sample' ? 'sample' : dataAge(checkedAt === null ? undefined : time.hoursSince(checkedAt), everyHours));
  const c = m.settings.feedColumns;
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={label}>
      <table className="tbl" style={{ minWidth: 980 }} aria-label={label}>
        <colgroup><col style={{ width: 200 }} /><col style={{ width: 130 }} /><col style={{ width: 150 }} /><col style={{ width: 150 }} /><col style={{ width: 120 }} /><col /><col style={{ width: 130 }} /></colgroup>
        <thead>
          <tr>
            <th scope="col">{c.feed}</th>
            <th scope="col">{m.sources.columns.checked}</th>
            <th scope="col">{c.newest}</th>
            <th scope="col" className="r">{c.records}</th>
            <th scope="col" className="r">{c.rows}</th>
            <th scope="col">{c.ecosystems}</th>
            <th scope="col">{c.hash}</th>
          </tr>
        </thead>
        <tbody>
          {feeds.map((feed) => (
            <tr key={feed.name}>
              <th scope="row" title={feed.name}>{feed.name}</th>
              <td><CheckedAt at={feed.checkedAt} age={ageOf(feed.checkedAt)} /></td>
              <td>{feed.newest === null ? <span className="unk">{m.unit.unknown}</span> : Number.isNaN(Date.parse(feed.newest)) ? feed.newest : time.date(feed.newest)}</td>
              <td className="r">{m.unit.number(feed.records)}</td>
              <td className="r">{m.unit.number(feed.rows)}</td>
              <td title={feed.ecosystems.join(', ')}>{feed.ecosystems.join(', ')}</td>
              <td className="mono" title={feed.sha256}>{feed.sha256.slice(0, 12)}</td>
            </tr>
          ))}
          {feeds.length === 0 && <tr><td colSpan={7} className="dim">{m.settings.noFeeds}</td></tr>}
        </tbody>
      </table>
    </div>
  );
}
