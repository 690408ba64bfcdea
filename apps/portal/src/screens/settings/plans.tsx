import { MessageBar, MessageBarBody, MessageBarTitle, Switch } from '@fluentui/react-components';
import { CheckmarkCircle16Filled, SubtractCircle16Regular } from '@fluentui/react-icons';
import type { Plan } from '@nodeward/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/queries.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { failureText } from '../../shell/query-view.tsx';

/** 前提条件: one switch in each of the three plans; with all off nothing is assessed, and nothing is called healthy. */
export function Plans({ plans }: { readonly plans: readonly Plan[] }) {
  const m = useMessages();
  return (
    <section className="col g8" aria-label={m.settings.prerequisite}>
      <div>
        <h2>{m.settings.prerequisite}</h2>
        <p className="sub">{m.settings.prerequisiteText}</p>
      </div>
      <div className="cards three">
        {plans.map((plan) => <PlanCard key={plan.name} plan={plan} />)}
      </div>
      {plans.every(({ agentlessScanning }) => !agentlessScanning) && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{m.settings.allOff}</MessageBarTitle>
            {m.settings.allOffText}
          </MessageBarBody>
        </MessageBar>
      )}
    </section>
  );
}

function PlanCard({ plan }: { readonly plan: Plan }) {
  const { m, time } = usePreferences();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (agentlessScanning: boolean) => api.call('changePlan', { parameters: { plan: plan.name }, body: { agentlessScanning } }),
    onSettled: () => client.invalidateQueries(),
  });
  const on = change.isPending ? change.variables : plan.agentlessScanning;
  const name = m.plan[plan.name];
  return (
    <div className="card col g6" role="group" aria-label={name}>
      <h3 style={{ fontSize: 14 }}>{name}</h3>
      <p className="sub s12">{m.settings.planText[plan.name]}</p>
      <div className="row between" style={{ borderTop: '1px solid var(--colorNeutralStroke2)', paddingTop: 4, marginTop: 2 }}>
        <b>{m.settings.scanning}</b>
        <Switch checked={on} disabled={change.isPending} onChange={(_, { checked }) => change.mutate(checked)} aria-label={`${m.settings.scanning}: ${name}`} label={on ? m.settings.on : m.settings.off} labelPosition="before" />
      </div>
      <div className="row between s12 wrap">
        {on ? <span className="st ok"><CheckmarkCircle16Filled />{m.settings.planOn}</span> : <span className="st unk"><SubtractCircle16Regular />{m.settings.planOff}</span>}
        {plan.changedAt !== null && <span className="dim">{m.settings.changedAt(time.full(plan.changedAt))}</span>}
      </div>
      {change.error !== null && <span role="alert" className="bad s12">{m.settings.planFailed}: {failureText(m, change.error)}</span>}
    </div>
  );
}
