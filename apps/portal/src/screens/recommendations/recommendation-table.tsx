import { Button, SearchBox, Tab, TabList } from '@fluentui/react-components';
import { ChevronDown16Regular, ChevronRight16Regular, Clock16Regular, Flash16Filled } from '@fluentui/react-icons';
import { type Recommendation, type RecommendationState, recommendationState } from '@nodeward/api';
import { type MouseEvent, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { isInScope, useFleetScope } from '../../parts/fleet-scope.ts';
import { ScopeFilters } from '../../parts/scope-filters.tsx';
import { FilterChip } from '../../parts/filter-chip.tsx';
import { OpenCount } from '../../parts/open-count.tsx';
import { Severity, severityOrder } from '../../parts/severity.tsx';
import { StateTag, stateColour } from '../../parts/state-tag.tsx';
import { poolPath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { BestAction } from './best-action.tsx';

const views = ['flat', 'title', 'resource'] as const;
type View = (typeof views)[number];
const freshnesses = ['fresh', 'stale', 'unknown'] as const;
const shownByDefault: readonly RecommendationState[] = ['unhealthy', 'healthy', 'not-evaluated'];

/** View, filter text and states live in the address, so that a link shows the same list. */
function useListState() {
  const [search, setSearch] = useSearchParams();
  const change = (name: string, value: string | undefined) =>
    setSearch(
      (previous) => {
        const next = new URLSearchParams(previous);
        if (value === undefined) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  const stateText = search.get('state');
  const states = stateText === null ? shownByDefault : recommendationState.options.filter((state) => stateText.split(',').includes(state));
  return {
    view: views.find((view) => view === search.get('view')) ?? 'flat',
    text: search.get('q') ?? '',
    freshness: freshnesses.find((age) => age === search.get('freshness')),
    setFreshness: (age: string | undefined) => change('freshness', age),
    states,
    setView: (view: View) => change('view', view),
    setText: (text: string) => change('q', text === '' ? undefined : text),
    toggleState: (state: RecommendationState) => {
      const next = recommendationState.options.filter((option) => states.includes(option) !== (option === state));
      change('state', sameStates(next, shownByDefault) ? undefined : next.join(','));
    },
    reset: () => setSearch((previous) => new URLSearchParams(previous.has('view') ? { view: previous.get('view') ?? 'flat' } : {}), { replace: true }),
  };
}

const sameStates = (left: readonly RecommendationState[], right: readonly RecommendationState[]): boolean =>
  left.length === right.length && left.every((state) => right.includes(state));

/** Worst first: risk level, then how much is open; what is not evaluated stands after what is known to be bad. */
function byRisk(left: Recommendation, right: Recommendation): number {
  const rank = ({ riskLevel, state }: Recommendation) => (riskLevel !== null ? severityOrder.indexOf(riskLevel) : state === 'not-evaluated' ? 10 : 20);
  return rank(left) - rank(right) || (right.openVulnerabilities ?? 0) - (left.openVulnerabilities ?? 0) || left.pool.localeCompare(right.pool);
}

/** Rows or groups that are drawn at once; with more groups than `fewGroups` each is closed at first. */
const pageSize = 200;
const fewGroups = 12;
/** Rows that a group draws at once. */
const groupSize = 100;

export function RecommendationTable({ recommendations }: { readonly recommendations: readonly Recommendation[] }) {
  const { m, language } = usePreferences();
  const list = useListState();
  const scope = useFleetScope();
  const [limit, setLimit] = useState(pageSize);
  const wanted = list.text.trim().toLowerCase();
  const rows = recommendations
    .filter(({ state, pool, cluster }) => list.states.includes(state) && `${pool} ${cluster}`.toLowerCase().includes(wanted))
    .filter(({ connectionId, region, clusterId }) => isInScope(scope, { connectionId, region: region ?? null, clusterId }))
    .filter(({ freshness }) => list.freshness === undefined || freshness === list.freshness)
    .toSorted(byRisk);
  const groups = groupRows(rows, list.view, m.recommendation.title);
  const hidden = list.states.includes('not-applicable') ? 0 : recommendations.filter(({ state }) => state === 'not-applicable').length;
  return (
    <section className="card col grow flush listing" style={{ minHeight: 300 }} aria-label={m.shell.recommendations}>
      <div className="row between wrap" style={{ padding: '0 16px 0 6px' }}>
        <TabList size="small" selectedValue={list.view} aria-label={m.recommendation.views} onTabSelect={(_, { value }) => list.setView(views.find((view) => view === value) ?? 'flat')}>
          {views.map((view) => (
            <Tab key={view} value={view}>{m.recommendation.viewNames[view]}</Tab>
          ))}
        </TabList>
        <span className="lbl" role="status" data-total={rows.length}>{list.view === 'flat' ? m.unit.pool(rows.length) : m.recommendation.poolsInGroups(rows.length, groups.length)}</span>
      </div>
      <Filters list={list} hidden={hidden} clusters={clustersOf(recommendations)} />
      <div className="tw">
        <table className="tbl" style={{ minWidth: 1060 }}>
          <colgroup>
            <col />
            <col style={{ width: language === 'ja' ? 138 : 186 }} />
            <col style={{ width: language === 'ja' ? 96 : 122 }} />
            <col style={{ width: language === 'ja' ? 76 : 80 }} />
            <col style={{ width: language === 'ja' ? 84 : 80 }} />
            <col style={{ width: language === 'ja' ? 76 : 70 }} />
            <col style={{ width: language === 'ja' ? 330 : 268 }} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">{list.view === 'resource' ? m.recommendation.columns.resource : m.recommendation.columns.title}</th>
              <th scope="col">{m.recommendation.columns.risk}</th>
              <th scope="col">{m.recommendation.columns.state}</th>
              <th scope="col" className="r">{m.recommendation.columns.cves}</th>
              <th scope="col" className="r" title={m.recommendation.noFixText}>{m.recommendation.columns.noFix}</th>
              <th scope="col" className="r">{m.recommendation.columns.nodes}</th>
              <th scope="col">{m.recommendation.columns.best}</th>
            </tr>
          </thead>
          {list.view === 'flat' ? (
            <tbody>{rows.slice(0, limit).map((row) => <PoolRow key={row.poolId} row={row} view="flat" />)}</tbody>
          ) : (
            groups.slice(0, limit).map((group) => <Group key={group.name} group={group} view={list.view} openAtFirst={groups.length <= fewGroups} />)
          )}
        </table>
        <MoreRows left={(list.view === 'flat' ? rows : groups).length - limit} show={() => setLimit(limit + pageSize)} />
        {rows.length === 0 && <NoneMatch reset={list.reset} />}
      </div>
    </section>
  );
}

function MoreRows({ left, show }: { readonly left: number; readonly show: () => void }) {
  const m = useMessages();
  return left > 0 ? <div className="more"><Button size="small" onClick={show}>{m.list.more(left)}</Button></div> : null;
}

function NoneMatch({ reset }: { readonly reset: () => void }) {
  const m = useMessages();
  return (
    <div className="state-page">
      <p className="sub">{m.recommendation.noneMatch}</p>
      <Button size="small" onClick={reset}>{m.recommendation.resetFilter}</Button>
    </div>
  );
}

/** The clusters of the rows: what the filters can choose from. */
const clustersOf = (rows: readonly Recommendation[]) => [...new Map(rows.map(({ region = null, ...row }) => [row.clusterId, { ...row, region }])).values()];

function Filters({ list, hidden, clusters }: { readonly list: ReturnType<typeof useListState>; readonly hidden: number; readonly clusters: ReturnType<typeof clustersOf> }) {
  const m = useMessages();
  const scope = useFleetScope();
  return (
    <div className="chips">
      <SearchBox size="small" style={{ width: 250 }} placeholder={m.recommendation.filter} aria-label={m.recommendation.filter} value={list.text} onChange={(_, { value }) => list.setText(value)} />
      <span className="row gap4 wrap" role="group" aria-label={m.recommendation.stateFilter}>
        {recommendationState.options.toSorted((left, right) => order.indexOf(left) - order.indexOf(right)).map((state) => (
          <button key={state} type="button" className="chip" aria-pressed={list.states.includes(state)} onClick={() => list.toggleState(state)}>
            {m.recommendationState[state]}
          </button>
        ))}
      </span>
      <FilterChip name={m.overview.freshness} value={list.freshness} options={freshnesses.map((age) => [age, m.overview.freshnessOf[age]])} choose={list.setFreshness} />
      <ScopeFilters clusters={clusters} scope={scope} />
      <span className="grow" />
      <span className="lbl">{m.recommendation.hidden(hidden)}</span>
    </div>
  );
}

const order: readonly RecommendationState[] = ['unhealthy', 'healthy', 'not-evaluated', 'not-applicable'];

interface RowGroup {
  readonly name: string;
  readonly rows: readonly Recommendation[];
}

function groupRows(rows: readonly Recommendation[], view: View, title: string): readonly RowGroup[] {
  const grouped = Map.groupBy(rows, ({ cluster }) => (view === 'resource' ? cluster : title));
  return [...grouped].map(([name, members]) => ({ name, rows: members }));
}

function Group({ group, view, openAtFirst }: { readonly group: RowGroup; readonly view: View; readonly openAtFirst: boolean }) {
  const m = useMessages();
  const [open, setOpen] = useState(openAtFirst);
  const [limit, setLimit] = useState(groupSize);
  const { rows } = group;
  const worst = severityOrder.find((severity) => rows.some(({ riskLevel }) => riskLevel === severity));
  const unhealthy = rows.filter(({ state }) => state === 'unhealthy');
  const fixable = unhealthy.filter(({ bestAction }) => bestAction !== null && bestAction.fixed > 0);
  return (
    <tbody>
      <tr className="grp">
        <th scope="rowgroup">
          <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? <ChevronDown16Regular /> : <ChevronRight16Regular />}
            {group.name}
          </button>
        </th>
        <td>{worst === undefined ? <span className="dim">—</span> : <Severity severity={worst} />}</td>
        <td colSpan={4} className="light">
          <span className="row gap12">
            {order.map((state) => <StateCount key={state} state={state} n={rows.filter((row) => row.state === state).length} />)}
            <span className="dim">{m.unit.node(rows.reduce((sum, { nodes }) => sum + nodes, 0))}</span>
          </span>
        </td>
        <td className="light">{unhealthy.length > 0 && m.recommendation.ofPools(fixable.length, unhealthy.length)}</td>
      </tr>
      {open && rows.slice(0, limit).map((row) => <PoolRow key={row.poolId} row={row} view={view} />)}
      {open && rows.length > limit && <tr><td colSpan={7}><MoreRows left={rows.length - limit} show={() => setLimit(limit + groupSize)} /></td></tr>}
    </tbody>
  );
}

function StateCount({ state, n }: { readonly state: RecommendationState; readonly n: number }) {
  const m = useMessages();
  return n === 0 ? null : <span className={stateColour[state]}><b>{m.unit.number(n)}</b> {m.recommendationState[state]}</span>;
}

function PoolRow({ row, view }: { readonly row: Recommendation; readonly view: View }) {
  const m = useMessages();
  const navigate = useNavigate();
  const to = poolPath(row.poolId);
  const open = (event: MouseEvent) => {
    if (event.target instanceof Element && event.target.closest('a,button') === null) void navigate(to);
  };
  return (
    <tr className={view === 'flat' ? 'click two' : 'click in'} onClick={open} data-testid={`pool-${row.pool}`}>
      <td>
        {view === 'flat' ? (
          <div className="two-l">
            <Link to={to}>{m.recommendation.title}</Link>
            <span className="s12"><b>{row.pool}</b> <span className="dim">· {row.cluster}</span> <StaleMark row={row} /></span>
          </div>
        ) : (
          <span><Link to={to}>{row.pool}</Link>{view === 'title' && <span className="dim"> · {row.cluster}</span>} <StaleMark row={row} /></span>
        )}
      </td>
      <td><span className="row gap4 wrap">{row.riskLevel === null ? <span className="dim">—</span> : <Severity severity={row.riskLevel} />}<ExploitedMark row={row} /></span></td>
      <td>
        <StateTag state={row.state} />
      </td>
      <td className="r"><OpenCount row={row} /></td>
      <td className="r dim"><NoFixCount row={row} /></td>
      <td className="r">{m.unit.number(row.nodes)}</td>
      <td>
        <BestAction row={row} />
      </td>
    </tr>
  );
}

/** Older than the interval: a stale row must not look like a fresh one. */
function StaleMark({ row }: { readonly row: Recommendation }) {
  const m = useMessages();
  return row.freshness === 'stale' ? <span className="pill warn"><Clock16Regular />{m.recommendation.stale}</span> : null;
}

/** Known exploited CVEs, fix or no fix: they make a pool unhealthy by themselves. */
function ExploitedMark({ row }: { readonly row: Recommendation }) {
  const m = useMessages();
  const n = row.exploitedVulnerabilities;
  return n === null || n === 0 ? null : <span className="pill kev" title={m.exploited.yesText}><Flash16Filled />{m.exploited.pools(n)}</span>;
}

/** What the vendor has not fixed is counted apart; a count that nobody knows is a word. */
function NoFixCount({ row }: { readonly row: Recommendation }) {
  const m = useMessages();
  const n = row.noFixVulnerabilities;
  const partly = row.notAssessedNodes > 0;
  return n === null || (partly && n === 0) ? <span className="unk">{m.unit.unknown}</span> : <>{partly && '≥ '}{m.unit.number(n)}</>;
}
