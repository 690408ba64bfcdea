import { Button, Field, Input } from '@fluentui/react-components';
import { type ReactNode, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { rightsPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { failureText } from '../../shell/query-view.tsx';
import { AksFields } from './aks-fields.tsx';
import type { ConnectionDraft, DraftFault } from './connection-draft.ts';
import { ImagesFields } from './images-fields.tsx';
import { KubernetesFields } from './kubernetes-fields.tsx';

interface ConnectionFormProps<Checked extends object> {
  readonly first: ConnectionDraft;
  readonly check: (draft: ConnectionDraft) => Checked | { readonly faults: readonly DraftFault[] };
  readonly send: (checked: Checked) => void;
  readonly isSending: boolean;
  readonly failure: Error | null;
  readonly words: { readonly send: string; readonly sending: string; readonly failed: string };
  /** Above the fields. */
  readonly children?: ReactNode;
}

/** The fields of one kind of connection, to add one and to change one. */
export function ConnectionForm<Checked extends object>({ first, check, send, isSending, failure, words, children }: ConnectionFormProps<Checked>) {
  const m = useMessages();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(first);
  const [tried, setTried] = useState(false);
  const result = check(draft);
  const faults = tried && 'faults' in result ? result.faults : [];
  const change = (changes: Partial<ConnectionDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const submit = () => {
    setTried(true);
    if (!('faults' in result)) send(result);
  };
  const { kind } = draft;
  return (
    <form className="col g12" noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
      {children}
      <section className="card col g12 form" aria-label={m.connectionKind[kind]}>
        <div className="row between wrap">
          <h2>{m.connectionKind[kind]}</h2>
          {kind !== 'images' && <Link to={rightsPath(kind)}>{m.connect.rights}</Link>}
        </div>
        {kind === 'kubernetes' && <KubernetesFields draft={draft} faults={faults} change={change} />}
        {kind === 'aks' && <AksFields draft={draft} faults={faults} change={change} />}
        {kind === 'images' && <ImagesFields draft={draft} faults={faults} change={change} />}
        <Field label={m.connect.name} hint={m.connect.nameHint}><Input value={draft.name} maxLength={200} onChange={(_, { value }) => change({ name: value })} /></Field>
        {failure !== null && <span role="alert" className="bad break">{words.failed}: {failureText(m, failure)}</span>}
        <div className="row">
          <Button type="submit" appearance="primary" disabled={isSending}>{isSending ? words.sending : words.send}</Button>
          <Button onClick={() => void navigate('/settings')}>{m.connect.cancel}</Button>
        </div>
      </section>
    </form>
  );
}
