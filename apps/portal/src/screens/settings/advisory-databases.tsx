import { Warning16Filled } from '@fluentui/react-icons';
import type { Connection } from '@nodeward/api';
import { connectionName } from '../../parts/connection-name.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';

/** One advisory database per connection: what it holds, how new it is, and whether it may be used at all. */
export function AdvisoryDatabases({ connections }: { readonly connections: readonly Connection[] }) {
  return connections.map((connection) => <AdvisoryDatabase key={connection.id} connection={connection} />);
}

function AdvisoryDatabase({ connection }: { readonly connection: Connection }) {
  const { advisoryDatabase: database } = connection;
  const m = useMessages();
  const failures: Readonly<Record<string, string>> = m.settings.databaseFailure;
  const title = m.settings.databaseOf(connectionName(m, connection));
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
      <FeedTable feeds={database.feeds} label={title} />
    </section>
  );
}

function FeedTable({ feeds, label }: { readonly feeds: Connection['advisoryDatabase']['feeds']; readonly label: string }) {
  const { m, time } = usePreferences();
  const c = m.settings.feedColumns;
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={label}>
      <table className="tbl" style={{ minWidth: 880 }} aria-label={label}>
        <colgroup><col style={{ width: 200 }} /><col style={{ width: 150 }} /><col style={{ width: 150 }} /><col style={{ width: 120 }} /><col /><col style={{ width: 130 }} /></colgroup>
        <thead>
          <tr>
            <th scope="col">{c.feed}</th>
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
              <td>{feed.newest === null ? <span className="unk">{m.unit.unknown}</span> : Number.isNaN(Date.parse(feed.newest)) ? feed.newest : time.date(feed.newest)}</td>
              <td className="r">{m.unit.number(feed.records)}</td>
              <td className="r">{m.unit.number(feed.rows)}</td>
              <td title={feed.ecosystems.join(', ')}>{feed.ecosystems.join(', ')}</td>
              <td className="mono" title={feed.sha256}>{feed.sha256.slice(0, 12)}</td>
            </tr>
          ))}
          {feeds.length === 0 && <tr><td colSpan={6} className="dim">{m.settings.noFeeds}</td></tr>}
        </tbody>
      </table>
    </div>
  );
}
