import type { Connection, ConnectionSettings } from '@nodeward/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { api, connectionSettingsQuery, connectionsQuery } from '../../api/queries.ts';
import { connectionName } from '../../parts/connection-name.ts';
import { useMessages } from '../../preferences.tsx';
import { NotFoundPage } from '../../shell/not-found-page.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';
import { changeOf, draftOf } from './connection-draft.ts';
import { ConnectionForm } from './connection-form.tsx';
import { useConnectionTest } from './connection-test.tsx';
import { TestedConnection } from './tested-connection.tsx';

/** The form by which a connection was added, filled with what it has; a stored secret never comes back. */
export function EditConnectionPage() {
  const { connectionId = '' } = useParams();
  const query = useQuery(connectionsQuery);
  return (
    <QueryView query={query}>
      {({ connections }) => {
        const connection = connections.find(({ id }) => id === connectionId);
        return connection === undefined ? <NotFoundPage /> : <EditConnection key={connection.id} connection={connection} />;
      }}
    </QueryView>
  );
}

function EditConnection({ connection }: { readonly connection: Connection }) {
  const m = useMessages();
  const [changed, setChanged] = useState<Connection>();
  const test = useConnectionTest();
  const tested = (now: Connection) => {
    setChanged(now);
    test.mutate(now.id);
  };
  const title = m.connect.editTitle(connectionName(m, changed ?? connection));
  return (
    <Page gray trail={[['Nodeward', '/overview'], [m.shell.settings, '/settings'], [title]]} title={title} subtitle={m.connect.editSubtitle}>
      {changed !== undefined ? (
        <TestedConnection connection={changed} title={m.connect.changed(changed.name)} text={m.connect.changedText} test={test} />
      ) : connection.origin === 'stored' ? (
        <StoredSettings connectionId={connection.id} changed={tested} />
      ) : (
        <p className="sub">{m.connect.editNotStored}</p>
      )}
    </Page>
  );
}

interface StoredSettingsProps {
  readonly connectionId: string;
  readonly changed: (connection: Connection) => void;
}

function StoredSettings({ connectionId, changed }: StoredSettingsProps) {
  const query = useQuery(connectionSettingsQuery(connectionId));
  return <QueryView query={query}>{(settings) => <SettingsForm connectionId={connectionId} settings={settings} changed={changed} />}</QueryView>;
}

function SettingsForm({ connectionId, settings, changed }: StoredSettingsProps & { readonly settings: ConnectionSettings }) {
  const m = useMessages();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (body: Parameters<typeof api.call<'changeConnectionSettings'>>[1]['body']) => api.call('changeConnectionSettings', { parameters: { connectionId }, body }),
    onSuccess: (connection) => {
      void client.invalidateQueries();
      changed(connection);
    },
  });
  return (
    <ConnectionForm
      first={draftOf(settings)}
      check={changeOf}
      send={({ change }) => save.mutate(change)}
      isSending={save.isPending}
      failure={save.error}
      words={{ send: m.connect.saveAndTest, sending: m.connect.saving, failed: m.connect.changeFailed }}
    />
  );
}
