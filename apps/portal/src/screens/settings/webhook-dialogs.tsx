import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input, Switch } from '@fluentui/react-components';
import { type NotificationType, notificationType, type Webhook, type WebhookWithSecret } from '@nodeward/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/queries.ts';
import { useMessages } from '../../preferences.tsx';
import { failureText } from '../../shell/query-view.tsx';

type Told = Exclude<NotificationType, 'test'>;
const told: readonly Told[] = notificationType.exclude(['test']).options;

interface WebhookDialogProps {
  /** Absent where one is added. */
  readonly webhook?: Webhook;
  readonly close: () => void;
  /** The webhook that was made, with the secret that is shown once. */
  readonly saved?: (webhook: WebhookWithSecret) => void;
}

export function WebhookDialog({ webhook, close, saved }: WebhookDialogProps) {
  const m = useMessages();
  const client = useQueryClient();
  const [name, setName] = useState(webhook?.name ?? '');
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [enabled, setEnabled] = useState(webhook?.enabled ?? true);
  const [types, setTypes] = useState<readonly Told[]>(webhook === undefined ? told : told.filter((type) => webhook.types.includes(type)));
  const save = useMutation({
    mutationFn: async () => {
      const body = { name, url, enabled, types: [...types] };
      if (webhook === undefined) saved?.(await api.call('createWebhook', { body }));
      else await api.call('changeWebhook', { parameters: { webhookId: webhook.id }, body });
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['webhooks'] });
      close();
    },
  });
  const choose = (type: Told, on: boolean) => setTypes(told.filter((one) => (one === type ? on : types.includes(one))));
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface>
        <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
          <DialogBody>
            <DialogTitle>{webhook === undefined ? m.webhooks.dialogAdd : m.webhooks.dialogEdit}</DialogTitle>
            <DialogContent className="col g12">
              <Field label={m.webhooks.name} required><Input value={name} maxLength={100} onChange={(_, { value }) => setName(value)} /></Field>
              <Field label={m.webhooks.url} required hint={m.webhooks.urlHint}><Input type="url" value={url} maxLength={2000} onChange={(_, { value }) => setUrl(value)} /></Field>
              <Field label={m.webhooks.choose} {...(types.length === 0 ? { validationMessage: m.webhooks.chooseOne } : {})}>
                <div className="col">{told.map((type) => <Checkbox key={type} checked={types.includes(type)} label={m.webhooks.types[type]} onChange={(_, { checked }) => choose(type, checked === true)} />)}</div>
              </Field>
              <Switch checked={enabled} label={m.webhooks.enabled} onChange={(_, { checked }) => setEnabled(checked)} />
              {save.error !== null && <span role="alert" className="bad">{m.webhooks.saveFailed}: {failureText(m, save.error)}</span>}
            </DialogContent>
            <DialogActions>
              <Button onClick={close}>{m.webhooks.cancel}</Button>
              <Button type="submit" appearance="primary" disabled={save.isPending || name.trim() === '' || url.trim() === '' || types.length === 0}>{m.webhooks.save}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

/** Shown once; it closes by its button alone, so that nobody loses it by a stray click. */
export function SecretDialog({ secret, close }: { readonly secret: string; readonly close: () => void }) {
  const m = useMessages();
  const [copied, setCopied] = useState(false);
  return (
    <Dialog open modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{m.webhooks.secretTitle}</DialogTitle>
          <DialogContent className="col g8">
            <p>{m.webhooks.secretText}</p>
            <div className="code secret" tabIndex={0}>{secret}</div>
          </DialogContent>
          <DialogActions>
            {/* without TLS there is no clipboard: the text can be selected */}
            {isSecureContext && <Button onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}>{copied ? m.webhooks.copied : m.webhooks.copy}</Button>}
            <Button appearance="primary" onClick={close}>{m.webhooks.close}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

export function RemoveWebhook({ webhook, close }: { readonly webhook: Webhook; readonly close: () => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('deleteWebhook', { parameters: { webhookId: webhook.id } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['webhooks'] });
      close();
    },
  });
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{m.webhooks.removeTitle(webhook.name)}</DialogTitle>
          <DialogContent className="col g8">
            <p>{m.webhooks.removeText}</p>
            {remove.error !== null && <span role="alert" className="bad">{m.webhooks.removeFailed}: {failureText(m, remove.error)}</span>}
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{m.webhooks.cancel}</Button>
            <Button appearance="primary" disabled={remove.isPending} onClick={() => remove.mutate()}>{m.webhooks.remove}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
