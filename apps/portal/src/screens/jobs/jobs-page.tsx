import type { UpgradeJobSummary } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { type MouseEvent } from 'react';
import { Link, useNavigate } from 'react-router';
import { isEnded, jobsQuery } from '../../api/queries.ts';
import { useAddress } from '../../parts/address.ts';
import { FilterChip } from '../../parts/filter-chip.tsx';
import { shortImage } from '../../parts/short-image.ts';
import { JobStateTag } from '../../parts/state-tag.tsx';
import { jobPath, poolPath } from '../../paths.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';

export function JobsPage() {
  const m = useMessages();
  const query = useQuery(jobsQuery);
  return (
    <Page gray trail={[['Nodeward', '/overview'], [m.jobs.title]]} title={m.jobs.title}>
      <QueryView query={query}>{({ jobs }) => (jobs.length === 0 ? <NoJobs /> : <JobList jobs={jobs} />)}</QueryView>
    </Page>
  );
}

function NoJobs() {
  const m = useMessages();
  return (
    <div className="state-page" data-total={0}>
      <div>
        <h2>{m.jobs.empty}</h2>
        <p className="sub">{m.jobs.emptyText}</p>
      </div>
      <Link to="/recommendations">{m.view.toRecommendations}</Link>
    </div>
  );
}

const filters = ['active', 'failed', 'succeeded'] as const;

/** As the overview counts them; a cancelled job is in none of the three. */
const isOf: Record<(typeof filters)[number], (state: UpgradeJobSummary['state']) => boolean> = {
  active: (state) => !isEnded(state),
  failed: (state) => state === 'failed' || state === 'preflight-failed',
  succeeded: (state) => state === 'succeeded' || state === 'succeeded-with-residual',
};

function JobList({ jobs }: { readonly jobs: readonly UpgradeJobSummary[] }) {
  const m = useMessages();
  const address = useAddress();
  const filter = address.oneOf('state', filters);
  const rows = filter === undefined ? jobs : jobs.filter(({ state }) => isOf[filter](state));
  return (
    <>
      <div className="row between wrap">
        <FilterChip name={m.jobs.columns.state} value={filter} options={filters.map((name) => [name, m.overview.jobsOf[name]])} choose={(state) => address.change({ state })} />
        <span className="lbl" role="status" data-total={rows.length}>{m.jobs.count(rows.length)}</span>
      </div>
      <JobTable jobs={rows} />
    </>
  );
}

function JobTable({ jobs }: { readonly jobs: readonly UpgradeJobSummary[] }) {
  const { m, language } = usePreferences();
  const japanese = language === 'ja';
  const c = m.jobs.columns;
  return (
    <section className="card col grow flush listing" aria-label={m.jobs.title}>
      <div className="tw" style={{ borderTop: 0 }}>
        <table className="tbl" style={{ minWidth: 1180 }}>
          <colgroup><col style={{ width: japanese ? 206 : 158 }} /><col /><col style={{ width: 190 }} /><col style={{ width: japanese ? 150 : 190 }} /><col style={{ width: 66 }} /><col style={{ width: japanese ? 150 : 160 }} /><col style={{ width: japanese ? 158 : 174 }} /><col style={{ width: 66 }} /></colgroup>
          <thead>
            <tr>
              <th scope="col">{c.job}</th>
              <th scope="col">{c.pool}</th>
              <th scope="col">{c.target}</th>
              <th scope="col">{c.state}</th>
              <th scope="col" className="r">{c.nodes}</th>
              <th scope="col" className="r">{c.fixed}</th>
              <th scope="col">{c.created}</th>
              <th scope="col" className="r">{c.took}</th>
            </tr>
          </thead>
          <tbody>{jobs.map((job) => <JobRow key={job.id} job={job} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function JobRow({ job }: { readonly job: UpgradeJobSummary }) {
  const { m, time } = usePreferences();
  const navigate = useNavigate();
  const open = (event: MouseEvent) => {
    if (event.target instanceof Element && event.target.closest('a,button') === null) void navigate(jobPath(job.id));
  };
  return (
    <tr className="click" onClick={open}>
      <td><Link to={jobPath(job.id)}>{m.operation[job.kind]}</Link></td>
      <td><Link to={poolPath(job.poolId)}>{job.pool}</Link> <span className="dim">· {job.cluster}</span></td>
      <td className="mono" title={job.target ?? undefined}>{job.target === null ? m.unit.none : job.kind === 'kubernetes' ? job.target : `${shortImage(job.fromImage)} → ${shortImage(job.target)}`}</td>
      <td><JobStateTag state={job.state} /></td>
      <td className="r">{m.jobs.nodesDone(job.nodesDone, job.nodesTotal)}</td>
      <td className="r">{job.predicted === null ? m.unit.unknown : m.unit.number(job.predicted.fixed)} / {job.ledger === null ? <span className="dim">{m.unit.none}</span> : <b>{m.unit.number(job.ledger.actual.fixed)}</b>} <span className="dim s12">{m.unit.cves(job.ledger?.actual.fixed ?? 0)}</span></td>
      <td title={time.relative(job.createdAt)}>{time.full(job.createdAt)}</td>
      <td className="r">{job.startedAt === null || job.finishedAt === null ? m.unit.none : time.took(job.startedAt, job.finishedAt)}</td>
    </tr>
  );
}
