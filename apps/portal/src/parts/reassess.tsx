import { Button, ProgressBar, Spinner } from '@fluentui/react-components';
import { ArrowSync16Regular, ErrorCircle16Filled } from '@fluentui/react-icons';
import type { Reassessment } from '@nodeward/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api, reassessmentsQuery } from '../api/queries.ts';
import { useMessages } from '../preferences.tsx';
import { failureText } from '../shell/query-view.tsx';

interface ReassessProps {
  readonly scope: { readonly kind: 'node' | 'pool' | 'connection'; readonly id: string };
  readonly label: string;
  readonly accessibleName?: string;
  readonly cancelName?: string;
  readonly appearance?: 'subtle' | 'secondary';
}

function start({ kind, id }: ReassessProps['scope']): Promise<Reassessment> {
  if (kind === 'node') return api.call('reassessNode', { parameters: { nodeId: id } });
  if (kind === 'pool') return api.call('reassessPool', { parameters: { poolId: id } });
  return api.call('reassessConnection', { parameters: { connectionId: id } });
}

/** 再評価 with its progress and a way to stop it; the newest one of this scope is shown until the page goes. */
export function Reassess({ scope, label, accessibleName, cancelName, appearance = 'subtle' }: ReassessProps) {
  const m = useMessages();
  const client = useQueryClient();
  const list = useQuery(reassessmentsQuery);
  const begin = useMutation({ mutationFn: () => start(scope), onSettled: () => client.invalidateQueries({ queryKey: ['reassessments'] }) });
  const stop = useMutation({
    mutationFn: (reassessmentId: string) => api.call('cancelReassessment', { parameters: { reassessmentId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['reassessments'] }),
  });
  const ofScope = list.data?.reassessments.filter(({ scope: other }) => other.kind === scope.kind && other.id === scope.id) ?? [];
  const running = ofScope.find(({ state }) => state === 'running');
  const mine = ofScope.find(({ id }) => id === begin.data?.id);
  useRefreshWhenDone(running !== undefined);
  return (
    <span className="row wrap">
      <Button
        appearance={appearance}
        size={appearance === 'secondary' ? 'small' : 'medium'}
        icon={<ArrowSync16Regular />}
        aria-label={accessibleName}
        disabled={running !== undefined || begin.isPending}
        onClick={() => begin.mutate()}
      >
        {label}
      </Button>
      <span role="status" className="row s12">
        {running !== undefined && (
          <>
            <ProgressBar style={{ width: 72 }} aria-label={m.details.reassessing(running.finished, running.total)} {...(running.total > 0 ? { value: running.finished / running.total } : {})} />
            <span>{m.details.reassessing(running.finished, running.total)}</span>
          </>
        )}
        {running === undefined && mine?.state === 'succeeded' && <span className={mine.notAssessed === 0 ? 'ok' : 'warn'}>{m.details.reassessed(mine.total, mine.notAssessed)}</span>}
        {running === undefined && mine?.state === 'cancelled' && <span className="unk">{m.details.cancelled}</span>}
      </span>
      {running !== undefined && (
        <Button size="small" aria-label={cancelName} disabled={stop.isPending} onClick={() => stop.mutate(running.id)}>
          {m.details.cancel}
        </Button>
      )}
      {begin.error !== null && <span role="alert" className="bad s12">{m.settings.reassessFailed}: {failureText(m, begin.error)}</span>}
    </span>
  );
}

/** 再評価 of one node, in its row: the row itself shows what came of it. */
export function ReassessNode({ nodeId, name }: { readonly nodeId: string; readonly name: string }) {
  const m = useMessages();
  const client = useQueryClient();
  const list = useQuery(reassessmentsQuery);
  const begin = useMutation({ mutationFn: () => start({ kind: 'node', id: nodeId }), onSettled: () => client.invalidateQueries({ queryKey: ['reassessments'] }) });
  const running = list.data?.reassessments.some(({ scope, state }) => state === 'running' && scope.kind === 'node' && scope.id === nodeId) ?? false;
  useRefreshWhenDone(running);
  const failure = begin.error === null ? undefined : `${m.settings.reassessFailed}: ${failureText(m, begin.error)}`;
  return (
    <span className="row">
      {failure !== undefined && <span role="alert" className="sr">{failure}</span>}
      <Button
        appearance="subtle"
        size="small"
        icon={running || begin.isPending ? <Spinner size="extra-tiny" /> : failure === undefined ? <ArrowSync16Regular /> : <ErrorCircle16Filled className="bad" />}
        aria-label={m.settings.reassessOf(name)}
        title={failure ?? m.settings.reassessOf(name)}
        disabled={running || begin.isPending}
        onClick={() => begin.mutate()}
      />
    </span>
  );
}

/** What was read anew is shown anew, also where no event arrived. */
function useRefreshWhenDone(running: boolean): void {
  const client = useQueryClient();
  const before = useRef(running);
  useEffect(() => {
    if (before.current && !running) void client.invalidateQueries();
    before.current = running;
  }, [running, client]);
}
