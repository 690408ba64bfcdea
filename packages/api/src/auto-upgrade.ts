import * as z from 'zod';

/** AKS's own words, in every language. */
export const clusterChannel = z.enum(['none', 'patch', 'stable', 'rapid', 'node-image']);
export type ClusterChannel = z.infer<typeof clusterChannel>;

export const nodeImageChannel = z.enum(['None', 'Unmanaged', 'SecurityPatch', 'NodeImage']);
export type NodeImageChannel = z.infer<typeof nodeImageChannel>;

const weekday = z.enum(['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']);

export const maintenanceSchedule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('daily'), everyDays: z.int().min(1).max(7) }),
  z.object({ kind: z.literal('weekly'), everyWeeks: z.int().min(1).max(4), day: weekday }),
  z.object({ kind: z.literal('absolute-monthly'), everyMonths: z.int().min(1).max(6), dayOfMonth: z.int().min(1).max(31) }),
  z.object({ kind: z.literal('relative-monthly'), everyMonths: z.int().min(1).max(6), week: z.enum(['First', 'Second', 'Third', 'Fourth', 'Last']), day: weekday }),
]);

export const maintenanceWindow = z.object({
  schedule: maintenanceSchedule,
  startTime: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  utcOffset: z.string().regex(/^[+-](0\d|1[0-4]):[0-5]\d$/),
  durationHours: z.int().min(4).max(24),
});
export type MaintenanceWindow = z.infer<typeof maintenanceWindow>;

/** Settings that a user may be warned of, as codes; the portal explains them. */
export const autoUpgradeInsight = z.enum(['cluster-channel-none', 'node-image-channel-none', 'unmanaged-new-nodes-unpatched', 'legacy-node-image-channel', 'no-cluster-window', 'no-node-image-window', 'window-shorter-than-recommended', 'security-patch-not-for-windows']);
export type AutoUpgradeInsight = z.infer<typeof autoUpgradeInsight>;

/** What one cluster upgrades by itself, and when. */
export const autoUpgradeSettings = z.object({
  clusterChannel,
  nodeImageChannel,
  clusterWindow: maintenanceWindow.nullable(),
  nodeImageWindow: maintenanceWindow.nullable(),
});
export type AutoUpgradeSettings = z.infer<typeof autoUpgradeSettings>;

/** As the cloud reports it: one that was set elsewhere may be shorter than what can be set here. */
const reportedWindow = maintenanceWindow.extend({ durationHours: z.int().min(1).max(24) });

export const autoUpgrade = autoUpgradeSettings.extend({
  clusterWindow: reportedWindow.nullable(),
  nodeImageWindow: reportedWindow.nullable(),
  /** Whether this connection can change them from here. */
  changeable: z.boolean(),
  insights: z.array(autoUpgradeInsight),
});
export type AutoUpgrade = z.infer<typeof autoUpgrade>;
