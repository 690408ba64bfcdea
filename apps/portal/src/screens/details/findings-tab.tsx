import { SearchBox, Switch } from '@fluentui/react-components';
import { ArrowDown12Regular, ChevronDown16Regular, ChevronRight16Regular, Flash16Filled } from '@fluentui/react-icons';
import type { Finding, RecommendationDetails } from '@nodeward/api';
import { Fragment, type MouseEvent, type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { Exploited } from '../../parts/exploited.tsx';
import { RiskScore } from '../../parts/risk-score.tsx';
import { isCountUnknown } from '../../parts/open-count.tsx';
import { countSeverities, countVulnerabilities, Severity, SeverityMix } from '../../parts/severity.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { cvePath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { type FindingGroup, type FindingsView, findingFilters, type SortKey } from './findings-view.ts';

interface FindingsTabProps {
  readonly details: RecommendationDetails;
  readonly view: FindingsView;
  readonly selected: string | undefined;
}

/** 結果: the CVE の一覧 of the pool. What has no fix is counted and listed apart. */
export function FindingsTab({ details, view, selected }: FindingsTabProps) {
  const m = useMessages();
  const unknown = isCountUnknown(details.recommendation);
  if (unknown && view.totals.size === 0) {
    return <div className="state-page"><p className="sub">{m.findings.unknown}</p></div>;
  }
  return (
    <>
      <Controls view={view} />
      <FindingTable view={view} poolId={details.recommendation.poolId} selected={selected} unknown={unknown} />
    </>
  );
}

function Controls({ view }: { readonly view: FindingsView }) {
  const m = useMessages();
  const cves = countVulnerabilities(view.rows);
  return (
    <div className="chips" style={{ paddingInline: 20 }}>
      <SearchBox size="small" style={{ width: 150 }} placeholder={m.findings.search} aria-label={m.findings.search} value={view.text} onChange={(_, { value }) => view.setText(value)} />
      <span className="row gap4 wrap" role="group" aria-label={m.findings.show}>
        {findingFilters.map((filter) => (
          <button key={filter} type="button" className="chip" aria-pressed={view.filter === filter} onClick={() => view.setFilter(filter)}>
            {m.findings.filters[filter]} <b>{m.unit.number(countVulnerabilities(view.totals.get(filter) ?? []))}</b>
          </button>
        ))}
      </span>
      {view.filter === 'active' && <Switch label={m.findings.onlyImage} checked={view.onlyImage} onChange={(_, { checked }) => view.setOnlyImage(checked)} style={{ height: 28, alignItems: 'center', marginInline: -6 }} />}
      <span className="grow" />
      <span className="lbl" role="status">{m.findings.count(cves, view.rows.length)}</span>
      <button type="button" className="chip" aria-pressed={view.grouping === 'family'} onClick={() => view.setGrouping(view.grouping === 'family' ? 'none' : 'family')}>
        {m.findings.groupBy}
      </button>
    </div>
  );
}

/** The open row in the middle where it was out of sight, so that what stands round it is seen too; else nothing moves. */
function showRow(list: HTMLElement | null): void {
  const row = list?.querySelector('tr.sel');
  if (list == null || row == null) return;
  const [place, box] = [row.getBoundingClientRect(), list.getBoundingClientRect()];
  if (place.top < box.top + headHeight || place.bottom > box.bottom) row.scrollIntoView({ block: 'center' });
}
/** The sticky head of the list, in px. */
const headHeight = 34;

function FindingTable({ view, poolId, selected, unknown }: { readonly view: FindingsView; readonly poolId: string; readonly selected: string | undefined; readonly unknown: boolean }) {
  const { m, language } = usePreferences();
  const slim = selected !== undefined;
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    showRow(ref.current);
  }, [selected]);
  const c = m.findings.columns;
  return (
    <div className="tw" ref={ref}>
      <table className="tbl" style={{ minWidth: slim ? 640 : 1190 }} aria-label={m.findings.list}>
        <colgroup>
          <col style={{ width: 152 }} />
          <col style={{ width: language === 'ja' ? 78 : 98 }} />
          <col style={{ width: 58 }} />
          <col style={{ width: language === 'ja' ? 98 : 104 }} />
          {!slim && <col style={{ width: 70 }} />}
          <col style={{ width: slim ? undefined : 108 }} />
          {!slim && <><col /><col /><col style={{ width: language === 'ja' ? 94 : 102 }} /><col style={{ width: language === 'ja' ? 64 : 58 }} /><col style={{ width: language === 'ja' ? 90 : 96 }} /></>}
          <col style={{ width: language === 'ja' ? 148 : 140 }} />
        </colgroup>
        <thead>
          <tr className="in">
            <Sortable view={view} sort="cve">{c.cve}</Sortable>
            <Sortable view={view} sort="severity">{c.severity}</Sortable>
            <Sortable view={view} sort="cvss" right>{c.cvss}</Sortable>
            <Sortable view={view} sort="exploited">{c.exploited}</Sortable>
            {!slim && <Sortable view={view} sort="score" right>{c.score}</Sortable>}
            <th scope="col">{c.package}</th>
            {!slim && (
              <>
                <th scope="col">{c.installed}</th>
                <th scope="col">{c.fixed}</th>
                <th scope="col">{c.image}</th>
                <th scope="col" className="r">{c.nodes}</th>
                <th scope="col">{view.filter === 'resolved' ? c.resolved : c.firstSeen}</th>
              </>
            )}
            <th scope="col">{c.state}</th>
          </tr>
        </thead>
        <tbody>
          {view.groups.map((group) => (
            <Fragment key={group.family}>
              {view.grouping === 'family' && <GroupRow group={group} slim={slim} toggle={view.toggle} />}
              {group.open && group.rows.map((row) => <FindingRow key={row.id} row={row} poolId={poolId} slim={slim} selected={row.vulnerability === selected} />)}
            </Fragment>
          ))}
        </tbody>
      </table>
      {view.rows.length === 0 && <div className="state-page"><p className="sub">{unknown && view.filter === 'active' ? m.findings.partlyUnknown : view.text === '' && !view.onlyImage ? m.findings.empty[view.filter] : m.findings.noMatch}</p></div>}
      {view.filter === 'no-fix' && view.rows.length > 0 && <p className="sub s12" style={{ padding: '10px 20px' }}>{m.findings.noFixNote}</p>}
    </div>
  );
}

function Sortable({ view, sort, right = false, children }: { readonly view: FindingsView; readonly sort: SortKey; readonly right?: boolean; readonly children: ReactNode }) {
  const current = view.sort === sort;
  return (
    <th scope="col" className={right ? 'r' : ''} aria-sort={current ? (sort === 'cve' ? 'ascending' : 'descending') : 'none'}>
      <button type="button" onClick={() => view.setSort(sort)}>
        {children}
        {current && <ArrowDown12Regular aria-hidden style={sort === 'cve' ? { transform: 'rotate(180deg)' } : {}} />}
      </button>
    </th>
  );
}

function GroupRow({ group, slim, toggle }: { readonly group: FindingGroup; readonly slim: boolean; readonly toggle: (family: string) => void }) {
  const m = useMessages();
  const images = countVulnerabilities(group.rows.filter(({ verdict }) => verdict === 'fixed-by-image'));
  const kubernetes = countVulnerabilities(group.rows.filter(({ verdict }) => verdict === 'fixed-by-kubernetes'));
  const reboots = countVulnerabilities(group.rows.filter(({ verdict, state }) => verdict === 'fixed-by-reboot' || state === 'reboot-required'));
  return (
    <tr className="grp">
      <th scope="rowgroup" colSpan={slim ? 6 : 12}>
        <span className="row gap12">
          <button type="button" className="fold" aria-expanded={group.open} onClick={() => toggle(group.family)}>
            {group.open ? <ChevronDown16Regular /> : <ChevronRight16Regular />}
            {group.kind === 'exploited' ? <><Flash16Filled className="crit" aria-hidden />{m.findings.exploitedGroup}</> : group.family}
          </button>
          <span className="n light"><b>{m.unit.number(countVulnerabilities(group.rows))}</b><small>{m.unit.cves(countVulnerabilities(group.rows))}</small></span>
          {!slim && <SeverityMix counts={countSeverities(group.rows)} />}
          <span className="grow" />
          {images > 0 && <span className="pill fix">{m.findings.imageFixes(images)}</span>}
          {kubernetes > 0 && <span className="pill warn">{m.findings.kubernetesFixes(kubernetes)}</span>}
          {reboots > 0 && <span className="pill warn">{m.findings.rebootFixes(reboots)}</span>}
        </span>
      </th>
    </tr>
  );
}

function FindingRow({ row, poolId, slim, selected }: { readonly row: Finding; readonly poolId: string; readonly slim: boolean; readonly selected: boolean }) {
  const { m, time } = usePreferences();
  const navigate = useNavigate();
  const { search } = useLocation();
  const to = { pathname: cvePath(poolId, row.vulnerability), search };
  const open = (event: MouseEvent) => {
    if (event.target instanceof Element && event.target.closest('a,button') === null) void navigate(to);
  };
  const at = row.resolvedAt ?? row.firstSeenAt;
  return (
    <tr className={`click in ${selected ? 'sel' : ''}`} onClick={open}>
      <td className="cve">
        <Link to={to} data-cve={row.vulnerability} aria-current={selected ? 'true' : undefined}>{row.vulnerability}</Link>
      </td>
      <td><Severity severity={row.severity} source={row.severitySource} score={row.cvssScore} /></td>
      <td className="r">{row.cvssScore === null ? <span className="dim">{m.unit.none}</span> : row.cvssScore.toFixed(1)}</td>
      <td><Exploited exploited={row.exploited} epss={row.epss} /></td>
      {!slim && <td className="r"><RiskScore score={row.riskScore} /></td>}
      <td title={row.component ?? row.sourcePackage}><PackageName row={row} /></td>
      {!slim && (
        <>
          <td className="mono" title={row.installedVersions.join(', ')}>{row.installedVersions.join(', ')}</td>
          <td className="mono" title={row.fixedVersion ?? undefined}>{row.fixedVersion ?? m.unit.none}</td>
          <td className="mono" title={row.fixedInImage ?? row.fixedInKubernetes ?? undefined}>{row.fixedInImage !== null ? shortImage(row.fixedInImage) : row.fixedInKubernetes !== null ? `Kubernetes ${row.fixedInKubernetes}` : <span className="dim">{row.verdict === 'unknown' ? m.unit.unknown : row.verdict === 'fixed-by-reboot' ? m.unit.none : m.findings.noImage}</span>}</td>
          <td className="r">{m.unit.number(row.nodes)}</td>
          <td title={time.full(at)}>{time.date(at)}</td>
        </>
      )}
      <td><FindingState row={row} /></td>
    </tr>
  );
}

/** A package by its source; in a component, what was compared: its own version, or that of a module inside it. */
function PackageName({ row }: { readonly row: Finding }) {
  if (row.component === null || row.factClass === 'node-components') return row.component === null ? row.sourcePackage : row.packageFamily;
  return <>{row.packageFamily} <span className="dim s12">{row.sourcePackage}</span></>;
}

/** The state where it says all; for an open finding, what would fix it. */
function FindingState({ row }: { readonly row: Finding }) {
  const m = useMessages();
  if (row.state === 'no-fix' && row.matchState !== 'affected-no-fix') return <span className="sub" title={m.matchState[row.matchState]}>{m.matchState[row.matchState]}</span>;
  if (row.state !== 'open') {
    const colour = row.state === 'resolved' ? 'ok' : row.state === 'reboot-required' ? 'warn' : row.state === 'undetermined' ? 'unk' : 'sub';
    return <span className={colour}>{m.findingState[row.state]}</span>;
  }
  const colour = row.verdict === 'fixed-by-image' ? 'fix' : row.verdict === 'fixed-by-reboot' || row.verdict === 'fixed-by-kubernetes' ? 'warn' : 'sub';
  return <span className={colour} title={m.verdict[row.verdict]}>{m.verdictShort[row.verdict]}</span>;
}
