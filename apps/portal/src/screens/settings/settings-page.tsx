import { useQuery } from '@tanstack/react-query';
import { connectionsQuery, plansQuery, serverQuery } from '../../api/queries.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';
import { AdvisoryDatabases } from './advisory-databases.tsx';
import { AdvisorySources } from './advisory-sources.tsx';
import { AutoUpgrades } from './auto-upgrades.tsx';
import { Connections } from './connections.tsx';
import { Plans } from './plans.tsx';
import { Webhooks } from './webhooks.tsx';

export function SettingsPage() {
  const m = useMessages();
  const plans = useQuery(plansQuery);
  const connections = useQuery(connectionsQuery);
  const server = useQuery(serverQuery);
  return (
    <Page
      gray
      trail={[['Nodeward', '/overview'], [m.shell.settings]]}
      title={m.shell.settings}
      right={server.data !== undefined && <span className="lbl">{m.settings.serverText(server.data.version, m.settings.database[server.data.database])}</span>}
    >
      <QueryView query={plans}>{({ plans: list }) => <Plans plans={list} />}</QueryView>
      <QueryView query={connections}>
        {({ connections: list }) => (
          <>
            <Connections connections={list} />
            <AdvisorySources />
            <AdvisoryDatabases connections={list} />
            <AutoUpgrades />
            <Webhooks />
          </>
        )}
      </QueryView>
    </Page>
  );
}
