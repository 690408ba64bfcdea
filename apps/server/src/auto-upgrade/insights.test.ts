import type { AutoUpgrade, MaintenanceWindow } from '@nodeward/providers';
import { describe, expect, it } from 'vitest';
import { insightsOf } from './insights.ts';

const window: MaintenanceWindow = { schedule: { kind: 'weekly', everyWeeks: 1, day: 'Saturday' }, startTime: '02:00', utcOffset: '+09:00', durationHours: 4 };
const sound: AutoUpgrade = { clusterChannel: 'patch', nodeImageChannel: 'NodeImage', clusterWindow: window, nodeImageWindow: window };
const without = (...keys: readonly ('clusterWindow' | 'nodeImageWindow')[]): AutoUpgrade => ({
  clusterChannel: sound.clusterChannel,
  nodeImageChannel: sound.nodeImageChannel,
  ...(keys.includes('clusterWindow') ? {} : { clusterWindow: window }),
  ...(keys.includes('nodeImageWindow') ? {} : { nodeImageWindow: window }),
});

describe('what there is to know of upgrade settings', () => {
  it.each<[string, AutoUpgrade, readonly string[], boolean?]>([
    ['nothing where both upgrade by themselves in their windows', sound, []],
    ['that nothing upgrades by itself', { clusterChannel: 'none', nodeImageChannel: 'None' }, ['cluster-channel-none', 'node-image-channel-none']],
    ['that new nodes start unpatched', { ...sound, nodeImageChannel: 'Unmanaged' }, ['unmanaged-new-nodes-unpatched']],
    ['that Unmanaged keeps to no window', { ...without('nodeImageWindow'), nodeImageChannel: 'Unmanaged' }, ['unmanaged-new-nodes-unpatched']],
    ['the legacy channel, which renews the images itself', { ...sound, clusterChannel: 'node-image', nodeImageChannel: 'None' }, ['legacy-node-image-channel']],
    ['that either may come at any time', without('clusterWindow', 'nodeImageWindow'), ['no-cluster-window', 'no-node-image-window']],
    ['that a window is short', { ...sound, nodeImageWindow: { ...window, durationHours: 2 } }, ['window-shorter-than-recommended']],
    ['that SecurityPatch leaves Windows nodes out', { ...sound, nodeImageChannel: 'SecurityPatch' }, ['security-patch-not-for-windows'], true],
    ['nothing of Windows where there is none', { ...sound, nodeImageChannel: 'SecurityPatch' }, []],
  ])('%s', (_, settings, expected, hasWindowsPool = false) => {
    expect(insightsOf(settings, { hasWindowsPool })).toEqual(expected);
  });
});
