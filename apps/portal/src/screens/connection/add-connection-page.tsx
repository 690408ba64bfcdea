import type { Connection } from '@nodeward/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../../api/queries.ts';
import { useAddress } from '../../parts/address.ts';
import { addConnectionPath, listPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { emptyDraft, requestOf } from './connection-draft.ts';
import { ConnectionForm } from './connection-form.tsx';
import { useConnectionTest } from './connection-test.tsx';
import { TestedConnection } from './tested-connection.tsx';

const kinds = ['kubernetes', 'aks', 'images'] as const;

/** One form for each kind; after adding, the test says at once what is missing. */
export function AddConnectionPage() {
  const m = useMessages();
  const kind = useAddress().oneOf('kind', kinds) ?? 'kubernetes';
  const [added, setAdded] = useState<Connection>();
  const test = useConnectionTest();
  const tested = (connection: Connection) => {
    setAdded(connection);
    test.mutate(connection.id);
  };
  return (
    <Page gray trail={[['Nodeward', '/overview'], [m.shell.settings, '/settings'], [m.connect.title]]} title={m.connect.title} subtitle={m.connect.subtitle}>
      {added === undefined ? <NewConnection key={kind} kind={kind} added={tested} /> : <TestedConnection connection={added} title={m.connect.added(added.name)} text={m.connect.addedText} test={test} />}
    </Page>
  );
}

function KindChoice({ kind }: { readonly kind: (typeof kinds)[number] }) {
  const m = useMessages();
  const navigate = useNavigate();
  return (
    <div className="cards three" role="group" aria-label={m.connect.kind}>
      {kinds.map((one) => (
        <button key={one} type="button" className={`card pick col g4 ${one === kind ? 'chosen' : ''}`} aria-pressed={one === kind} onClick={() => void navigate(listPath(addConnectionPath, { kind: one }), { replace: true })}>
          <b>{m.connectionKind[one]}</b>
          <span className="sub s12">{m.connect.kindText[one]}</span>
        </button>
      ))}
    </div>
  );
}

function NewConnection({ kind, added }: { readonly kind: (typeof kinds)[number]; readonly added: (connection: Connection) => void }) {
  const m = useMessages();
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: (body: Parameters<typeof api.call<'createConnection'>>[1]['body']) => api.call('createConnection', { body }),
    onSuccess: (connection) => {
      void client.invalidateQueries();
      added(connection);
    },
  });
  return (
    <ConnectionForm
      first={{ ...emptyDraft, kind }}
      check={requestOf}
      send={({ request }) => create.mutate(request)}
      isSending={create.isPending}
      failure={create.error}
      words={{ send: m.connect.create, sending: m.connect.creating, failed: m.connect.createFailed }}
    >
      <KindChoice kind={kind} />
    </ConnectionForm>
  );
}
