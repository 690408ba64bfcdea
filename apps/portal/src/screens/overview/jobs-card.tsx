import type { Overview } from '@nodeward/api';
import { Link } from 'react-router';
import { CountLink } from '../../parts/count-link.tsx';
import { JobStateTag } from '../../parts/state-tag.tsx';
import { jobPath, listPath } from '../../paths.ts';
import { usePreferences } from '../../preferences.tsx';

const shown = 3;

/** Running and recent upgrade jobs. */
export function JobsCard({ overview: { jobs, recentJobs } }: { readonly overview: Overview }) {
  const { m, time } = usePreferences();
  const any = recentJobs.length > 0 || jobs.active + jobs.failed + jobs.succeeded > 0;
  return (
    <section className="card col g4">
      <h2>{m.overview.jobs}</h2>
      {any && <div className="row gap12 s12 wrap">
        {(['active', 'failed', 'succeeded'] as const).map((state) => (
          <span key={state}><span className="dim">{m.overview.jobsOf[state]}</span> <CountLink n={jobs[state]} to={listPath('/upgrade-jobs', { state })} label={`${m.overview.jobs}: ${m.overview.jobsOf[state]}`} /></span>
        ))}
      </div>}
      {recentJobs.length === 0 && <p className="sub">{m.overview.noJobs}</p>}
      <ul className="recent">
        {recentJobs.slice(0, shown).map(({ jobId, pool, cluster, kind, state, at }) => (
          <li key={jobId}>
            <span className="row between"><JobStateTag state={state} /><span className="dim s12" title={time.full(at)}>{time.ago(at)}</span></span>
            <span className="s12 break"><Link to={jobPath(jobId)}>{m.jobs.heading(m.operation[kind], pool)}</Link> <span className="dim">· {cluster}</span></span>
          </li>
        ))}
      </ul>
    </section>
  );
}
