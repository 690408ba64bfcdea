import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { ArrowCounterclockwise16Regular, ShieldTask20Regular } from '@fluentui/react-icons';
import type { UpgradeJob } from '@nodeward/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';
import { api, jobQuery } from '../../api/queries.ts';
import { shortImage } from '../../parts/short-image.ts';
import { JobStateTag } from '../../parts/state-tag.tsx';
import { jobPath, poolPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { failureText, LoadingView, QueryView } from '../../shell/query-view.tsx';
import { JobNodes } from './job-nodes.tsx';
import { JobResult } from './job-result.tsx';
import { JobSteps } from './job-steps.tsx';

export function JobPage() {
  const m = useMessages();
  const { jobId = '' } = useParams();
  const query = useQuery(jobQuery(jobId));
  if (query.data !== undefined) return <Job job={query.data} key={jobId} />;
  return (
    <Page gray trail={[[m.jobs.title, '/upgrade-jobs'], ['…']]} title={m.jobs.title}>
      <QueryView query={query}>{() => <LoadingView />}</QueryView>
    </Page>
  );
}

function Job({ job }: { readonly job: UpgradeJob }) {
  const m = useMessages();
  const navigate = useNavigate();
  const route = job.target === null ? job.fromImage : job.kind === 'kubernetes' ? `Kubernetes ${job.target}` : `${job.fromImage} → ${shortImage(job.target)}`;
  return (
    <Page
      gray
      trail={[[m.jobs.title, '/upgrade-jobs'], [job.id]]}
      title={m.jobs.heading(m.operation[job.kind], job.pool)}
      subtitle={<span className="break">{job.cluster} · {route}</span>}
      right={<span role="status"><JobStateTag state={job.state} strong /></span>}
      commands={
        <>
          <Button appearance="subtle" icon={<ShieldTask20Regular />} onClick={() => void navigate(poolPath(job.poolId))}>{m.jobs.toPool}</Button>
          {job.state === 'failed' && <RetryButton jobId={job.id} />}
        </>
      }
    >
      <div className="card"><JobSteps job={job} /></div>
      <Failure job={job} />
      <div className="cards side" style={{ alignItems: 'start' }}>
        <JobNodes job={job} />
        <JobResult job={job} />
      </div>
    </Page>
  );
}

function Failure({ job }: { readonly job: UpgradeJob }) {
  const m = useMessages();
  if (job.state === 'preflight-failed') {
    const failed = job.preflight.filter(({ outcome }) => outcome === 'fail');
    return (
      <MessageBar intent="error" layout="multiline">
        <MessageBarBody>
          <MessageBarTitle>{m.jobs.preflightFailed}</MessageBarTitle>
          {failed.map(({ check, detail }) => <div key={check}>{m.check[check]}: {m.outcome.fail}{detail !== undefined && <> · <span className="code">{detail}</span></>}</div>)}
        </MessageBarBody>
      </MessageBar>
    );
  }
  if (job.failure === null) return null;
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{m.jobs.failed}{job.failure.node !== null && ` (${m.jobs.failedAt(job.failure.node)})`}</MessageBarTitle>
        <span className="code">{job.failure.code}</span> {job.failure.detail}
      </MessageBarBody>
      <MessageBarActions>{job.state === 'failed' && <RetryButton jobId={job.id} plain />}</MessageBarActions>
    </MessageBar>
  );
}

function RetryButton({ jobId, plain = false }: { readonly jobId: string; readonly plain?: boolean }) {
  const m = useMessages();
  const navigate = useNavigate();
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: () => api.call('retryUpgradeJob', { parameters: { jobId } }),
    onSuccess: (job) => {
      void client.invalidateQueries();
      void navigate(jobPath(job.id));
    },
  });
  return (
    <>
      <Button appearance={plain ? 'secondary' : 'subtle'} size={plain ? 'small' : 'medium'} icon={<ArrowCounterclockwise16Regular />} disabled={retry.isPending} onClick={() => retry.mutate()} {...(plain ? { 'aria-label': `${m.jobs.retry} (${jobId})` } : {})}>
        {m.jobs.retry}
      </Button>
      {retry.error !== null && <span role="alert" className="bad s12">{m.jobs.retryFailed}: {failureText(m, retry.error)}</span>}
    </>
  );
}
