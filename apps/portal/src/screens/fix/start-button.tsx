import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { AddCircle16Filled } from '@fluentui/react-icons';
import type { Candidate, FixOverview } from '@nodeward/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../../api/queries.ts';
import { SeverityMix } from '../../parts/severity.tsx';
import { jobPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { failureText } from '../../shell/query-view.tsx';

interface StartButtonProps {
  readonly fix: FixOverview;
  readonly candidate: Candidate;
  readonly primary: boolean;
  readonly disabled: boolean;
}

/** Starts the job; where the forecast is bad or unknown, only after the user has said that they read it. */
export function StartButton({ fix, candidate, primary, disabled }: StartButtonProps) {
  const m = useMessages();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { kind, target, counts } = candidate;
  const harmless = candidate.unknown === null && counts.fixed > 0 && counts.introduced === 0;
  const start = useMutation({
    mutationFn: (acknowledged: boolean) => api.call('startUpgradeJob', { parameters: { poolId: fix.poolId }, body: { kind, target, acknowledged } }),
    onSuccess: (job) => {
      void client.invalidateQueries();
      void navigate(jobPath(job.id));
    },
  });
  return (
    <div className="col" style={{ alignItems: 'flex-end' }}>
      <Button appearance={primary ? 'primary' : 'secondary'} disabled={disabled || start.isPending} onClick={() => (harmless ? start.mutate(false) : setAsking(true))}>
        {m.operation[kind]}
      </Button>
      {start.error !== null && !asking && <span role="alert" className="bad s12">{m.fix.startFailed}: {failureText(m, start.error)}</span>}
      <Acknowledge candidate={candidate} open={asking} error={start.error} pending={start.isPending} close={() => setAsking(false)} proceed={() => start.mutate(true)} />
    </div>
  );
}

interface AcknowledgeProps {
  readonly candidate: Candidate;
  readonly open: boolean;
  readonly error: Error | null;
  readonly pending: boolean;
  readonly close: () => void;
  readonly proceed: () => void;
}

function Acknowledge({ candidate, open, error, pending, close, proceed }: AcknowledgeProps) {
  const m = useMessages();
  const [read, setRead] = useState(false);
  const { counts } = candidate;
  const text = candidate.unknown !== null ? m.fix.ackUnknown : counts.introduced > 0 ? m.fix.ackIntroduces(counts.introduced, counts.fixed) : m.fix.ackNothing;
  return (
    <Dialog
      open={open}
      onOpenChange={(_, data) => {
        if (!data.open) close();
        setRead(false);
      }}
    >
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{m.fix.ackTitle(m.operation[candidate.kind])}</DialogTitle>
          <DialogContent className="col g12">
            <div className={`band ${counts.introduced > 0 ? 'worse' : 'flat'}`}>
              {counts.introduced > 0 && <AddCircle16Filled />}
              <span className="plainc">{text}</span>
              {counts.introduced > 0 && <SeverityMix counts={candidate.introducedSeverities} />}
            </div>
            <Checkbox checked={read} onChange={(_, { checked }) => setRead(checked === true)} label={m.fix.ackBox} />
            {error !== null && <span role="alert" className="bad">{m.fix.startFailed}: {failureText(m, error)}</span>}
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{m.fix.cancel}</Button>
            <Button appearance="primary" disabled={!read || pending} onClick={proceed}>{m.fix.start}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
