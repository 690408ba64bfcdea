import { Button, MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { ArrowUndo16Regular, Save16Regular } from '@fluentui/react-icons';
import { type AutoUpgrade, type AutoUpgradeSettings, clusterChannel, nodeImageChannel } from '@nodeward/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { api, autoUpgradeQuery, inventoryQuery } from '../../api/queries.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { failureText, QueryView } from '../../shell/query-view.tsx';
import { ChannelChoice } from './channel-choice.tsx';
import { WindowFields } from './window-fields.tsx';

/** What one cluster upgrades by itself, and when; explained, and set from here. */
export function AutoUpgradePage() {
  const m = useMessages();
  const { clusterId = '' } = useParams();
  const query = useQuery(autoUpgradeQuery(clusterId));
  const name = useQuery(inventoryQuery).data?.clusters.find((cluster) => cluster.clusterId === clusterId)?.cluster;
  if (query.data !== undefined) return <Editor key={clusterId} clusterId={clusterId} cluster={name ?? clusterId} stored={query.data} />;
  return (
    <Page gray trail={[[m.shell.settings, '/settings'], [m.autoUpgrade.title]]} title={m.autoUpgrade.title}>
      <QueryView query={query}>{() => null}</QueryView>
    </Page>
  );
}

const settingsOf = ({ clusterChannel: cluster, nodeImageChannel: image, clusterWindow, nodeImageWindow }: AutoUpgrade): AutoUpgradeSettings => ({ clusterChannel: cluster, nodeImageChannel: image, clusterWindow, nodeImageWindow });

function useDraft(clusterId: string, stored: AutoUpgrade) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<AutoUpgradeSettings>();
  const save = useMutation({
    mutationFn: (settings: AutoUpgradeSettings) => api.call('changeAutoUpgrade', { parameters: { clusterId }, body: settings }),
    onSuccess: (changed) => {
      client.setQueryData(autoUpgradeQuery(clusterId).queryKey, changed);
      setDraft(undefined);
      void client.invalidateQueries();
    },
  });
  const settings = draft ?? settingsOf(stored);
  const change = (changes: Partial<AutoUpgradeSettings>) => {
    save.reset();
    setDraft({ ...settings, ...changes });
  };
  const dirty = draft !== undefined && JSON.stringify(draft) !== JSON.stringify(settingsOf(stored));
  return { settings, change, dirty, save, discard: () => setDraft(undefined) };
}

function Editor({ clusterId, cluster, stored }: { readonly clusterId: string; readonly cluster: string; readonly stored: AutoUpgrade }) {
  const m = useMessages();
  const { settings, change, dirty, save, discard } = useDraft(clusterId, stored);
  const disabled = !stored.changeable || save.isPending;
  return (
    <Page
      gray
      trail={[[m.shell.settings, '/settings'], [m.autoUpgrade.title]]}
      title={m.autoUpgrade.title}
      subtitle={m.autoUpgrade.subtitle(cluster)}
      commands={
        <>
          <Button appearance="primary" icon={<Save16Regular />} disabled={disabled || !dirty} onClick={() => save.mutate(settings)}>{m.autoUpgrade.save}</Button>
          <Button appearance="subtle" icon={<ArrowUndo16Regular />} disabled={disabled || !dirty} onClick={discard}>{m.autoUpgrade.reset}</Button>
          <span role="status" className="ok s12">{save.isSuccess && !dirty ? m.autoUpgrade.saved : ''}</span>
          {save.error !== null && <span role="alert" className="bad s12">{m.autoUpgrade.saveFailed}: {failureText(m, save.error)}</span>}
        </>
      }
    >
      <MessageBar intent="info" layout="multiline"><MessageBarBody><MessageBarTitle>{m.details.auto}</MessageBarTitle>{m.details.autoText}</MessageBarBody></MessageBar>
      {!stored.changeable && <MessageBar intent="warning"><MessageBarBody>{m.autoUpgrade.readOnly}</MessageBarBody></MessageBar>}
      {stored.insights.length > 0 && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{m.autoUpgrade.columns.insights}</MessageBarTitle>
            <ul className="insights">{stored.insights.map((insight) => <li key={insight}>{m.autoUpgrade.insight[insight]}</li>)}</ul>
          </MessageBarBody>
        </MessageBar>
      )}
      <div className="cards two">
        <section className="card col g12" aria-label={m.autoUpgrade.clusterTitle}>
          <h2>{m.autoUpgrade.clusterTitle}</h2>
          <ChannelChoice value={settings.clusterChannel} options={clusterChannel.options} texts={m.autoUpgrade.clusterChannel} title={m.autoUpgrade.clusterTitle} disabled={disabled} choose={(channel) => change({ clusterChannel: channel })} />
          <WindowFields title={m.autoUpgrade.clusterTitle} window={settings.clusterWindow} disabled={disabled} change={(clusterWindow) => change({ clusterWindow })} />
        </section>
        <section className="card col g12" aria-label={m.autoUpgrade.imageTitle}>
          <h2>{m.autoUpgrade.imageTitle}</h2>
          <ChannelChoice value={settings.nodeImageChannel} options={nodeImageChannel.options} texts={m.autoUpgrade.nodeImageChannel} title={m.autoUpgrade.imageTitle} disabled={disabled} choose={(channel) => change({ nodeImageChannel: channel })} />
          <WindowFields title={m.autoUpgrade.imageTitle} window={settings.nodeImageWindow} disabled={disabled} change={(nodeImageWindow) => change({ nodeImageWindow })} />
        </section>
      </div>
    </Page>
  );
}
