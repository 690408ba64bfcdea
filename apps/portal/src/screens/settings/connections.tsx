import { ArrowSyncCircle16Regular, CheckmarkCircle16Filled, ErrorCircle16Filled } from '@fluentui/react-icons';
import type { Connection } from '@nodeward/api';
import { Fragment } from 'react';
import { Reassess } from '../../parts/reassess.tsx';
import { connectionName } from '../../parts/connection-name.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';

export function Connections({ connections }: { readonly connections: readonly Connection[] }) {
  const { m, language } = usePreferences();
  const c = m.settings.connectionColumns;
  return (
    <section className="card col flush" aria-label={m.settings.connections}>
      <div className="cardhead"><h2>{m.settings.connections} <span className="dim" style={{ fontWeight: 400 }}>{m.unit.number(connections.length)}</span></h2></div>
      {connections.length === 0 ? (
        <p className="sub" style={{ padding: '0 16px 12px' }}>{m.settings.noConnections}</p>
      ) : (
        <div className="tw" role="region" tabIndex={0} aria-label={m.settings.connections}>
          <table className="tbl" style={{ minWidth: 1080 }} aria-label={m.settings.connections}>
            <colgroup><col style={{ width: 150 }} /><col style={{ width: 310 }} /><col style={{ width: 250 }} /><col style={{ width: 116 }} /><col style={{ width: language === 'ja' ? 180 : 190 }} /><col /></colgroup>
            <thead>
              <tr>
                <th scope="col">{c.name}</th>
                <th scope="col">{c.kind}</th>
                <th scope="col">{c.covers}</th>
                <th scope="col">{c.state}</th>
                <th scope="col">{c.discovered}</th>
                <th scope="col"><span className="sr">{m.settings.reassess}</span></th>
              </tr>
            </thead>
            <tbody>{connections.map((connection) => <ConnectionRow key={connection.id} connection={connection} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function ConnectionRow({ connection }: { readonly connection: Connection }) {
  const { m, time } = usePreferences();
  return (
    <Fragment>
      <tr data-testid={`connection-${connection.name}`}>
        <th scope="row" title={connectionName(m, connection)}><b>{connectionName(m, connection)}</b></th>
        <td title={connection.location}>{m.connectionKind[connection.kind]} <span className="dim">· {connection.canUpgrade ? m.settings.canUpgrade : m.settings.readOnly}</span></td>
        <td>{connection.state === 'failed' && connection.nodes === 0 ? <span className="unk">{m.unit.unknown}</span> : m.settings.covers(connection.clusters, connection.nodePools, connection.nodes)}</td>
        <td><ConnectionState connection={connection} /></td>
        <td>{connection.lastDiscoveredAt === null ? <span className="unk">{m.settings.neverDiscovered}</span> : <time dateTime={connection.lastDiscoveredAt} title={time.relative(connection.lastDiscoveredAt)}>{time.full(connection.lastDiscoveredAt)}</time>}</td>
        <td className="actions">
          <Reassess scope={{ kind: 'connection', id: connection.id }} label={m.settings.reassess} accessibleName={m.settings.reassessOf(connectionName(m, connection))} cancelName={m.settings.cancelOf(connectionName(m, connection))} appearance="secondary" />
        </td>
      </tr>
      {connection.failure !== undefined && (
        <tr>
          <td colSpan={6}><span className="bad s12">{connection.failure.code}</span> <span className="code">{connection.failure.detail}</span></td>
        </tr>
      )}
    </Fragment>
  );
}

function ConnectionState({ connection: { state } }: { readonly connection: Connection }) {
  const m = useMessages();
  const word = m.connectionState[state];
  if (state === 'ok') return <span className="st ok"><CheckmarkCircle16Filled />{word}</span>;
  if (state === 'failed') return <span className="st bad"><ErrorCircle16Filled />{word}</span>;
  return <span className="st brandc"><ArrowSyncCircle16Regular />{word}</span>;
}
