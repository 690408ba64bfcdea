import { MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { connectionsQuery } from '../api/queries.ts';
import { useMessages } from '../preferences.tsx';
import { connectionName } from './connection-name.ts';

/** Advisories that cannot be used make every count a lower bound: said above the list that shows the counts. */
export function DatabaseFailure() {
  const m = useMessages();
  const reasons: Readonly<Record<string, string>> = m.settings.databaseFailure;
  const failed = useQuery(connectionsQuery).data?.connections.filter(({ advisoryDatabase }) => advisoryDatabase.state === 'failed') ?? [];
  return failed.map((connection) => (
    <MessageBar key={connection.id} intent="error">
      <MessageBarBody style={{ whiteSpace: 'normal', paddingBlock: 6 }}>
        <MessageBarTitle>{m.data.failedTitle(connectionName(m, connection))}</MessageBarTitle>
        <br />
        {reasons[connection.advisoryDatabase.failure ?? ''] ?? m.data.failedUnknown}{m.unit.gap}{m.data.failedText}
      </MessageBarBody>
      <MessageBarActions><Link to="/settings">{m.data.toSettings}</Link></MessageBarActions>
    </MessageBar>
  ));
}
