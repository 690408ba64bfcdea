import { MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import type { FixOverview } from '@nodeward/api';
import { Link } from 'react-router';
import { autoUpgradePath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';

/** 重要: that both versions can be set to upgrade by themselves, with the way there. */
export function AutoUpgradeNote({ fix }: { readonly fix: FixOverview }) {
  const m = useMessages();
  if (fix.autoUpgrade === null) return null;
  return (
    <MessageBar intent="info" layout="singleline" className="oneline">
      <MessageBarBody>
        <MessageBarTitle>{m.details.auto}</MessageBarTitle>
        {m.details.autoText}
      </MessageBarBody>
      <MessageBarActions><Link to={autoUpgradePath(fix.clusterId)}>{m.autoUpgrade.settings}</Link></MessageBarActions>
    </MessageBar>
  );
}

export function AutoUpgradeFact({ fix }: { readonly fix: FixOverview }) {
  const m = useMessages();
  if (fix.autoUpgrade === null) return <span className="unk">{m.unit.unknown}</span>;
  const { clusterChannel, nodeImageChannel } = fix.autoUpgrade;
  return <Link to={autoUpgradePath(fix.clusterId)} title={m.autoUpgrade.settings}>Kubernetes: {clusterChannel} · {m.details.nodeImage}: {nodeImageChannel}</Link>;
}
