import { CheckmarkCircle16Filled, ErrorCircle16Filled, QuestionCircle16Regular, Warning16Filled } from '@fluentui/react-icons';
import type { ConnectionTest } from '@nodeward/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/queries.ts';
import { useMessages } from '../../preferences.tsx';
import { failureText } from '../../shell/query-view.tsx';

type CheckedRight = ConnectionTest['rights'][number];

export function useConnectionTest() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (connectionId: string) => api.call('testConnection', { parameters: { connectionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['connections'] }),
  });
}

/** What a test found: whether the environment answers, and every right that is missing, by its name. */
export function ConnectionTestResult({ result, error }: { readonly result: ConnectionTest | undefined; readonly error: Error | null }) {
  const m = useMessages();
  if (error !== null) return <span role="alert" className="st bad loose"><ErrorCircle16Filled />{m.connect.testFailed}: {failureText(m, error)}</span>;
  if (result === undefined) return null;
  return (
    <div className="col g6" role="status">
      {result.reachable ? (
        <span className="st ok loose"><CheckmarkCircle16Filled />{m.connect.reached(result.clusters, result.nodes)}</span>
      ) : (
        <span className="st bad loose"><ErrorCircle16Filled /><span>{m.connect.notReached}{result.failure !== undefined && <>: <b>{result.failure.code}</b> <span className="code">{result.failure.detail}</span></>}</span></span>
      )}
      <Verdict rights={result.rights} reachable={result.reachable} />
      <RightsTable rights={result.rights.filter(({ state }) => state !== 'granted')} />
    </div>
  );
}

function Verdict({ rights, reachable }: { readonly rights: readonly CheckedRight[]; readonly reachable: boolean }) {
  const m = useMessages();
  const missing = rights.filter(({ state, optional }) => state === 'missing' && !optional).length;
  const less = rights.filter(({ state, optional }) => state === 'missing' && optional).length;
  const unknown = rights.filter(({ state }) => state === 'unknown').length;
  return (
    <>
      {missing > 0 && <span className="st bad loose"><ErrorCircle16Filled />{m.connect.missing(missing)}</span>}
      {less > 0 && <span className="st warn loose"><Warning16Filled />{m.connect.missingOptional(less)}</span>}
      {unknown > 0 && <span className="st unk loose"><QuestionCircle16Regular />{m.connect.unknownRights(unknown)}</span>}
      {reachable && missing + less + unknown === 0 && <span className="st ok loose"><CheckmarkCircle16Filled />{rights.length === 0 ? m.connect.noRights : m.connect.allRights(rights.length)}</span>}
    </>
  );
}

const colours: Record<CheckedRight['state'], string> = { granted: 'ok', missing: 'bad', unknown: 'unk' };

function RightsTable({ rights }: { readonly rights: readonly CheckedRight[] }) {
  const m = useMessages();
  const c = m.connect.rightColumns;
  if (rights.length === 0) return null;
  return (
    <table className="tbl plain tight" aria-label={m.connect.rightsList}>
      <colgroup><col style={{ width: '36%' }} /><col style={{ width: '28%' }} /><col style={{ width: 84 }} /><col /></colgroup>
      <thead><tr><th scope="col">{c.right}</th><th scope="col">{c.purpose}</th><th scope="col">{c.state}</th><th scope="col">{c.detail}</th></tr></thead>
      <tbody>
        {rights.map((right) => (
          <tr key={`${right.right} ${right.purpose}`}>
            <th scope="row" className="mono">{right.right}</th>
            <td>{m.connect.purpose[right.purpose]}{right.optional && <span className="dim"> ({m.connect.optional})</span>}</td>
            <td className={colours[right.state]}>{m.connect.rightState[right.state]}</td>
            <td className="code dim">{right.detail ?? m.unit.none}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
