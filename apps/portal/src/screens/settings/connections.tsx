import { Button } from '@fluentui/react-components';
import { Add16Regular, ArrowSyncCircle16Regular, CheckmarkCircle16Filled, ErrorCircle16Filled, PauseCircle16Regular } from '@fluentui/react-icons';
import type { Connection } from '@nodeward/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { api } from '../../api/queries.ts';
import { connectionName } from '../../parts/connection-name.ts';
import { Reassess } from '../../parts/reassess.tsx';
import { addConnectionPath, editConnectionPath, listPath, rightsPath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { failureText } from '../../shell/query-view.tsx';
import { ConnectionTestResult, useConnectionTest } from '../connection/connection-test.tsx';
import { RemoveConnection } from './remove-connection.tsx';

/** Each environment with its identity and state; what failed says why in one line. */
export function Connections({ connections }: { readonly connections: readonly Connection[] }) {
  const m = useMessages();
  const navigate = useNavigate();
  return (
    <section className="card col flush" aria-label={m.settings.connections}>
      <div className="cardhead">
        <h2>{m.settings.connections} <span className="dim" style={{ fontWeight: 400 }}>{m.unit.number(connections.length)}</span></h2>
        <span className="row gap12">
          <Link to={rightsPath('kubernetes')}>{m.connect.rights}</Link>
          <Button size="small" icon={<Add16Regular />} onClick={() => void navigate(addConnectionPath)}>{m.connect.add}</Button>
        </span>
      </div>
      {connections.length === 0 ? <p className="sub" style={{ padding: '0 16px 12px' }}>{m.settings.noConnections}</p> : <ConnectionTable connections={connections} />}
    </section>
  );
}

function ConnectionTable({ connections }: { readonly connections: readonly Connection[] }) {
  const { m, language } = usePreferences();
  const c = m.settings.connectionColumns;
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={m.settings.connections}>
      <table className="tbl" style={{ minWidth: 1120 }} aria-label={m.settings.connections}>
        <colgroup><col /><col style={{ width: '15.5%' }} /><col style={{ width: '13%' }} /><col style={{ width: 102 }} /><col style={{ width: language === 'ja' ? 84 : 116 }} /><col style={{ width: language === 'ja' ? 398 : 400 }} /></colgroup>
        <thead>
          <tr>
            <th scope="col">{c.name}</th>
            <th scope="col">{c.kind}</th>
            <th scope="col">{c.covers}</th>
            <th scope="col">{c.state}</th>
            <th scope="col">{c.discovered}</th>
            <th scope="col"><span className="sr">{m.shell.commands}</span></th>
          </tr>
        </thead>
        <tbody>{connections.map((connection) => <ConnectionRow key={connection.id} connection={connection} />)}</tbody>
      </table>
    </div>
  );
}

function ConnectionRow({ connection }: { readonly connection: Connection }) {
  const { m, time } = usePreferences();
  const test = useConnectionTest();
  const name = connectionName(m, connection);
  const unknown = connection.nodes === 0 && (connection.state === 'failed' || connection.lastDiscoveredAt === null);
  return (
    <Fragment>
      <tr className="two" data-testid={`connection-${connection.name}`}>
        <th scope="row"><div className="two-l"><b>{name}</b>{connection.location !== undefined && <span className="code dim">{connection.location}</span>}</div></th>
        <td><div className="two-l"><span>{m.connectionKind[connection.kind]} <span className="dim">· {connection.canUpgrade ? m.settings.canUpgrade : m.settings.readOnly}</span></span><span className="dim s12">{m.connect.identity[connection.identity]}</span></div></td>
        <td>{unknown ? <span className="unk">{m.unit.unknown}</span> : <Link className="quiet" to={listPath('/inventory', { connectionId: connection.id })}><Covers connection={connection} /></Link>}</td>
        <td><ConnectionState connection={connection} /></td>
        <td>{connection.lastDiscoveredAt === null ? <span className="unk">{m.settings.neverDiscovered}</span> : <time dateTime={connection.lastDiscoveredAt} title={time.full(connection.lastDiscoveredAt)}>{time.ago(connection.lastDiscoveredAt)}</time>}</td>
        <td className="actions"><Actions connection={connection} test={test} /></td>
      </tr>
      {connection.failure !== undefined && <tr><td colSpan={6}><span className="bad s12">{connection.failure.code}</span> <span className="code">{connection.failure.detail}</span></td></tr>}
      {connection.state === 'paused' && <tr><td colSpan={6} className="dim">{m.connect.paused}</td></tr>}
      {(test.isSuccess || test.isError) && <tr><td colSpan={6}><ConnectionTestResult result={test.data} error={test.error} /></td></tr>}
    </Fragment>
  );
}

/** Broken between the counts, never between a number and its unit. */
function Covers({ connection: { clusters, nodePools, nodes } }: { readonly connection: Connection }) {
  const { unit } = useMessages();
  return <><span className="keep">{unit.cluster(clusters)} /</span> <span className="keep">{unit.pool(nodePools)} /</span> <span className="keep">{unit.node(nodes)}</span></>;
}

function Actions({ connection, test }: { readonly connection: Connection; readonly test: ReturnType<typeof useConnectionTest> }) {
  const m = useMessages();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isRemoving, setRemoving] = useState(false);
  const name = connectionName(m, connection);
  const pause = useMutation({
    mutationFn: (paused: boolean) => api.call('changeConnection', { parameters: { connectionId: connection.id }, body: { paused } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['connections'] }),
  });
  const paused = connection.state === 'paused';
  const named = (action: string): string => `${action}: ${name}`;
  return (
    <div className="row gap4 wrap" role="group" aria-label={m.connect.actions(name)}>
      <Button size="small" disabled={test.isPending} aria-label={m.connect.testOf(name)} onClick={() => test.mutate(connection.id)}>{test.isPending ? m.connect.testing : m.connect.test}</Button>
      {!paused && <Reassess scope={{ kind: 'connection', id: connection.id }} label={m.settings.reassess} accessibleName={m.settings.reassessOf(name)} cancelName={m.settings.cancelOf(name)} appearance="secondary" />}
      {connection.origin === 'stored' ? (
        <>
          <Button size="small" appearance="subtle" disabled={pause.isPending} aria-label={named(paused ? m.connect.resume : m.connect.pause)} onClick={() => pause.mutate(!paused)}>{paused ? m.connect.resume : m.connect.pause}</Button>
          <Button size="small" appearance="subtle" aria-label={named(m.connect.edit)} onClick={() => void navigate(editConnectionPath(connection.id))}>{m.connect.edit}</Button>
          <Button size="small" appearance="subtle" aria-label={named(m.connect.remove)} onClick={() => setRemoving(true)}>{m.connect.remove}</Button>
        </>
      ) : (
        <span className="dim s12 configured">{m.connect.fromConfiguration}</span>
      )}
      {pause.error !== null && <span role="alert" className="bad s12">{m.connect.changeFailed}: {failureText(m, pause.error)}</span>}
      {isRemoving && <RemoveConnection connection={connection} close={() => setRemoving(false)} />}
    </div>
  );
}

function ConnectionState({ connection: { state } }: { readonly connection: Connection }) {
  const m = useMessages();
  const word = m.connectionState[state];
  if (state === 'ok') return <span className="st ok"><CheckmarkCircle16Filled />{word}</span>;
  if (state === 'failed') return <span className="st bad"><ErrorCircle16Filled />{word}</span>;
  if (state === 'paused') return <span className="st unk"><PauseCircle16Regular />{word}</span>;
  return <span className="st brandc"><ArrowSyncCircle16Regular />{word}</span>;
}
