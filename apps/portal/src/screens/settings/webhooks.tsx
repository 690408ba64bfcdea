import { Button } from '@fluentui/react-components';
import { Add16Regular, CheckmarkCircle16Filled, ErrorCircle16Filled, SubtractCircle16Regular } from '@fluentui/react-icons';
import type { Webhook, WebhookDelivery, WebhookWithSecret } from '@nodeward/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { api, webhooksQuery } from '../../api/queries.ts';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { failureText, QueryView } from '../../shell/query-view.tsx';
import { Deliveries } from './webhook-deliveries.tsx';
import { RemoveWebhook, SecretDialog, WebhookDialog } from './webhook-dialogs.tsx';

/** Where notifications go: add, edit, test, remove, and what became of the newest ones. */
export function Webhooks() {
  const m = useMessages();
  const query = useQuery(webhooksQuery);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<WebhookWithSecret>();
  return (
    <section className="card col flush" aria-label={m.webhooks.title}>
      <div className="cardhead">
        <div><h2>{m.webhooks.title}</h2><p className="sub s12">{m.webhooks.text}</p></div>
        <Button size="small" icon={<Add16Regular />} onClick={() => setAdding(true)}>{m.webhooks.add}</Button>
      </div>
      <QueryView query={query}>{({ webhooks }) => (webhooks.length === 0 ? <p className="sub" style={{ padding: '0 16px 12px' }}>{m.webhooks.none}</p> : <WebhookTable webhooks={webhooks} />)}</QueryView>
      {adding && <WebhookDialog close={() => setAdding(false)} saved={setMade} />}
      {made !== undefined && <SecretDialog secret={made.secret} close={() => setMade(undefined)} />}
    </section>
  );
}

function WebhookTable({ webhooks }: { readonly webhooks: readonly Webhook[] }) {
  const { m, language } = usePreferences();
  const c = m.webhooks.columns;
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={m.webhooks.title}>
      <table className="tbl" style={{ minWidth: 1060 }} aria-label={m.webhooks.title}>
        <colgroup><col style={{ width: 150 }} /><col /><col style={{ width: 120 }} /><col style={{ width: 80 }} /><col style={{ width: 230 }} /><col style={{ width: language === 'ja' ? 320 : 350 }} /></colgroup>
        <thead>
          <tr>
            <th scope="col">{c.name}</th>
            <th scope="col">{c.url}</th>
            <th scope="col">{c.types}</th>
            <th scope="col">{c.state}</th>
            <th scope="col">{c.last}</th>
            <th scope="col"><span className="sr">{m.webhooks.edit}</span></th>
          </tr>
        </thead>
        <tbody>{webhooks.map((webhook) => <WebhookRow key={webhook.id} webhook={webhook} />)}</tbody>
      </table>
    </div>
  );
}

function WebhookRow({ webhook }: { readonly webhook: Webhook }) {
  const m = useMessages();
  const [open, setOpen] = useState<'edit' | 'remove' | 'deliveries'>();
  const close = () => setOpen(undefined);
  const client = useQueryClient();
  const test = useMutation({
    mutationFn: () => api.call('testWebhook', { parameters: { webhookId: webhook.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['webhooks'] }),
  });
  const chosen = webhook.types.map((type) => m.webhooks.types[type]);
  return (
    <Fragment>
      <tr data-testid={`webhook-${webhook.name}`}>
        <th scope="row" title={webhook.name}>{webhook.name}</th>
        <td className="mono" title={webhook.url}>{webhook.url}</td>
        <td title={m.unit.list(chosen)}>{m.webhooks.typesOf(chosen.length, 5)}</td>
        <td>{webhook.enabled ? <span className="st ok"><CheckmarkCircle16Filled />{m.webhooks.on}</span> : <span className="st unk"><SubtractCircle16Regular />{m.webhooks.off}</span>}</td>
        <td><LastDelivery delivery={webhook.lastDelivery} /></td>
        <td className="actions">
          <span className="row">
            <Button size="small" disabled={test.isPending} onClick={() => test.mutate()} aria-label={m.webhooks.testOf(webhook.name)}>{test.isPending ? m.webhooks.testing : m.webhooks.test}</Button>
            <Button size="small" appearance="subtle" aria-expanded={open === 'deliveries'} onClick={() => setOpen(open === 'deliveries' ? undefined : 'deliveries')} aria-label={m.webhooks.deliveriesOf(webhook.name)}>{m.webhooks.deliveries}</Button>
            <Button size="small" appearance="subtle" onClick={() => setOpen('edit')} aria-label={m.webhooks.editOf(webhook.name)}>{m.webhooks.edit}</Button>
            <Button size="small" appearance="subtle" onClick={() => setOpen('remove')} aria-label={m.webhooks.removeOf(webhook.name)}>{m.webhooks.remove}</Button>
          </span>
        </td>
      </tr>
      {(test.data !== undefined || test.error !== null) && (
        <tr><td colSpan={6} role="status"><TestResult delivery={test.data} error={test.error} /></td></tr>
      )}
      {open === 'deliveries' && <tr><td colSpan={6} className="wrap"><Deliveries webhook={webhook} /></td></tr>}
      {open === 'edit' && <WebhookDialog webhook={webhook} close={close} />}
      {open === 'remove' && <RemoveWebhook webhook={webhook} close={close} />}
    </Fragment>
  );
}

function TestResult({ delivery, error }: { readonly delivery: WebhookDelivery | undefined; readonly error: Error | null }) {
  const m = useMessages();
  if (delivery?.state === 'delivered') return <span className="st ok"><CheckmarkCircle16Filled />{m.webhooks.testDelivered(`HTTP ${delivery.lastStatus ?? ''}`)}</span>;
  const why = error !== null ? failureText(m, error) : (delivery?.lastError ?? (delivery?.lastStatus == null ? m.webhooks.noAnswer : `HTTP ${delivery.lastStatus}`));
  return <span className="st bad" style={{ whiteSpace: 'normal' }}><ErrorCircle16Filled />{m.webhooks.testFailed(why)}</span>;
}

function LastDelivery({ delivery }: { readonly delivery: WebhookDelivery | null }) {
  const { m, time } = usePreferences();
  if (delivery === null) return <span className="dim">{m.webhooks.nothingSent}</span>;
  const at = delivery.deliveredAt ?? delivery.createdAt;
  return <span title={delivery.lastError ?? time.full(at)}><span className={delivery.state === 'failed' ? 'bad' : delivery.state === 'waiting' ? 'warn' : 'ok'}>{m.webhooks.delivery[delivery.state]}</span> <span className="dim">{time.relative(at)} · {m.webhooks.attempts(delivery.attempts)}</span></span>;
}
