import type { AutoUpgradeInsight } from '@nodeward/api';
import type { AutoUpgrade } from '@nodeward/providers';

/** A cloud may report a shorter one that was set elsewhere, or by default; from here none can be set. */
const recommendedHours = 4;

/** What a user should know of these settings (ux.md §2 and story H4). */
export function insightsOf(settings: AutoUpgrade, { hasWindowsPool }: { readonly hasWindowsPool: boolean }): AutoUpgradeInsight[] {
  const { clusterChannel, nodeImageChannel, clusterWindow, nodeImageWindow } = settings;
  const isLegacy = clusterChannel === 'node-image';
  // the legacy channel renews the images itself; Unmanaged follows the distribution's own timer, not a window
  const renewsImages = isLegacy || nodeImageChannel === 'NodeImage' || nodeImageChannel === 'SecurityPatch';
  const isShort = [clusterWindow, nodeImageWindow].some((window) => window !== undefined && window.durationHours < recommendedHours);
  const told: readonly [AutoUpgradeInsight, boolean][] = [
    ['cluster-channel-none', clusterChannel === 'none'],
    ['node-image-channel-none', nodeImageChannel === 'None' && !isLegacy],
    ['unmanaged-new-nodes-unpatched', nodeImageChannel === 'Unmanaged'],
    ['legacy-node-image-channel', isLegacy],
    ['no-cluster-window', clusterChannel !== 'none' && clusterWindow === undefined],
    ['no-node-image-window', renewsImages && nodeImageWindow === undefined],
    ['window-shorter-than-recommended', isShort],
    ['security-patch-not-for-windows', nodeImageChannel === 'SecurityPatch' && hasWindowsPool],
  ];
  return told.flatMap(([insight, holds]) => (holds ? [insight] : []));
}
