import { Button } from '@fluentui/react-components';
import { ArrowSync16Regular, ArrowSyncCircle16Regular, CheckmarkCircle16Filled, ErrorCircle16Filled, QuestionCircle16Regular, Warning16Filled } from '@fluentui/react-icons';
import type { AdvisorySource, AdvisorySourceList } from '@nodeward/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment } from 'react';
import { advisorySourcesQuery, api } from '../../api/queries.ts';
import { CheckedAt } from '../../parts/checked-at.tsx';
import { type DataAge, dataAge } from '../../parts/data-age.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { failureText, QueryView } from '../../shell/query-view.tsx';

/** Where advisories and node-image lists come from, how old each is, and what went wrong last. */
export function AdvisorySources() {
  const m = useMessages();
  const query = useQuery(advisorySourcesQuery);
  return (
    <section className="card col flush" aria-label={m.sources.title}>
      <div className="cardhead">
        <div><h2>{m.sources.title}</h2><p className="sub s12">{m.sources.text}</p></div>
        {query.data !== undefined && <Update list={query.data} />}
      </div>
      <QueryView query={query}>{({ sources, everyHours }) => (sources.length === 0 ? <p className="sub" style={{ padding: '0 16px 12px' }}>{m.sources.none}</p> : <SourceTable sources={sources} everyHours={everyHours} />)}</QueryView>
    </section>
  );
}

function Update({ list }: { readonly list: AdvisorySourceList }) {
  const { m, time } = usePreferences();
  const client = useQueryClient();
  const update = useMutation({
    mutationFn: () => api.call('updateAdvisorySources', {}),
    onSuccess: (now) => client.setQueryData(advisorySourcesQuery.queryKey, now),
    onSettled: () => client.invalidateQueries({ queryKey: advisorySourcesQuery.queryKey }),
  });
  const done = list.sources.filter(({ state }) => state !== 'updating').length;
  return (
    <div className="row gap12 wrap">
      <span className="lbl" role="status">
        {list.updating ? m.sources.updating(done, list.sources.length) : [list.everyHours === null ? m.sources.onRequest : m.sources.every(list.everyHours), ...(list.nextUpdateAt === null ? [] : [m.sources.next(time.full(list.nextUpdateAt))])].join(' · ')}
      </span>
      {list.updating && <progress max={list.sources.length} value={done} aria-label={m.sources.update} />}
      <Button size="small" icon={<ArrowSync16Regular />} disabled={list.updating || update.isPending} onClick={() => update.mutate()}>{m.sources.update}</Button>
      {update.error !== null && <span role="alert" className="bad s12">{m.sources.updateFailed}: {failureText(m, update.error)}</span>}
    </div>
  );
}

function SourceTable({ sources, everyHours }: Pick<AdvisorySourceList, 'sources' | 'everyHours'>) {
  const m = useMessages();
  const c = m.sources.columns;
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={m.sources.title}>
      <table className="tbl" style={{ minWidth: 1000 }} aria-label={m.sources.title}>
        <colgroup><col style={{ width: 180 }} /><col /><col style={{ width: 116 }} /><col style={{ width: 116 }} /><col style={{ width: 116 }} /><col style={{ width: 120 }} /><col style={{ width: 96 }} /></colgroup>
        <thead>
          <tr>
            <th scope="col">{c.source}</th>
            <th scope="col">{c.url}</th>
            <th scope="col">{c.state}</th>
            <th scope="col">{c.checked}</th>
            <th scope="col">{c.changed}</th>
            <th scope="col">{c.newest}</th>
            <th scope="col" className="r">{c.records}</th>
          </tr>
        </thead>
        <tbody>{sources.map((source) => <SourceRow key={source.name} source={source} everyHours={everyHours} />)}</tbody>
      </table>
    </div>
  );
}

function SourceRow({ source, everyHours }: { readonly source: AdvisorySource; readonly everyHours: number | null }) {
  const { m, time } = usePreferences();
  const { checkedAt, changedAt, newest, records, failure } = source;
  const age = dataAge(checkedAt === null ? undefined : time.hoursSince(checkedAt), everyHours);
  const unknown = source.state === 'never' ? <span className="dim">{m.unit.none}</span> : <span className="unk">{m.unit.unknown}</span>;
  return (
    <Fragment>
      <tr>
        <th scope="row">{m.sources.name[source.name]}</th>
        <td className="code">{source.url} {source.mirrored && <span className="pill plain plainface">{m.sources.mirror}</span>}</td>
        <td><SourceState source={source} age={age} /></td>
        <td>{checkedAt === null ? unknown : <CheckedAt at={checkedAt} age={age} />}</td>
        <td>{changedAt === null ? unknown : <time dateTime={changedAt} title={time.full(changedAt)}>{time.ago(changedAt)}</time>}</td>
        <td>{newest === null ? unknown : Number.isNaN(Date.parse(newest)) ? newest : time.date(newest)}</td>
        <td className="r">{records === null ? unknown : m.unit.number(records)}</td>
      </tr>
      {failure !== undefined && <tr><td colSpan={7}><span className="bad s12">{failure.code}</span> <span className="code">{failure.detail}</span> <span className="dim s12">{time.full(failure.at)}{records !== null && ` · ${m.sources.keeps}`}</span></td></tr>}
    </Fragment>
  );
}

function SourceState({ source: { state }, age }: { readonly source: AdvisorySource; readonly age: DataAge }) {
  const m = useMessages();
  if (state === 'ok' && age === 'old') return <span className="st warn" title={m.sources.old}><Warning16Filled />{m.sources.oldState}</span>;
  const word = m.sources.state[state];
  if (state === 'ok') return <span className="st ok"><CheckmarkCircle16Filled />{word}</span>;
  if (state === 'failed') return <span className="st bad"><ErrorCircle16Filled />{word}</span>;
  if (state === 'updating') return <span className="st brandc"><ArrowSyncCircle16Regular />{word}</span>;
  return <span className="st unk"><QuestionCircle16Regular />{word}</span>;
}
