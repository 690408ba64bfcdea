import type { AutoUpgrade, AutoUpgradeSettings } from '@nodeward/api';
import type { AutoUpgrade as ProviderAutoUpgrade } from '@nodeward/providers';
import { insightsOf } from './insights.ts';

export interface AutoUpgradeContext {
  /** Whether the connection can change them from here. */
  readonly changeable: boolean;
  readonly hasWindowsPool: boolean;
}

/** Null where the provider knows no such settings. */
export function describeAutoUpgrade(settings: ProviderAutoUpgrade | null, { changeable, hasWindowsPool }: AutoUpgradeContext): AutoUpgrade | null {
  if (settings === null) return null;
  return {
    clusterChannel: settings.clusterChannel,
    nodeImageChannel: settings.nodeImageChannel,
    clusterWindow: settings.clusterWindow ?? null,
    nodeImageWindow: settings.nodeImageWindow ?? null,
    changeable,
    insights: insightsOf(settings, { hasWindowsPool }),
  };
}

export function toProviderSettings({ clusterChannel, nodeImageChannel, clusterWindow, nodeImageWindow }: AutoUpgradeSettings): ProviderAutoUpgrade {
  return {
    clusterChannel,
    nodeImageChannel,
    ...(clusterWindow === null ? {} : { clusterWindow }),
    ...(nodeImageWindow === null ? {} : { nodeImageWindow }),
  };
}
