import { z } from 'zod';
import { type AutoUpgrade, clusterChannels, type MaintenanceSchedule, type MaintenanceWindow, nodeImageChannels, weekdays } from '../provider.ts';
import type { ClusterResource } from './resources.ts';

const weeks = ['First', 'Second', 'Third', 'Fourth', 'Last'] as const;
const day = z.enum(weekdays);

const schedule = z.object({
  daily: z.object({ intervalDays: z.number() }).nullish(),
  weekly: z.object({ intervalWeeks: z.number(), dayOfWeek: day }).nullish(),
  absoluteMonthly: z.object({ intervalMonths: z.number(), dayOfMonth: z.number() }).nullish(),
  relativeMonthly: z.object({ intervalMonths: z.number(), weekIndex: z.enum(weeks), dayOfWeek: day }).nullish(),
});

export const maintenanceSchema = z.object({
  name: z.string(),
  properties: z.object({ maintenanceWindow: z.object({ schedule, durationHours: z.number(), utcOffset: z.string().nullish(), startTime: z.string() }).nullish() }),
});
export type MaintenanceConfiguration = z.infer<typeof maintenanceSchema>;

/** AKS: a channel that is not set is `none` for the cluster; for the node image it is `NodeImage` since API 2023-06-01. */
export function autoUpgradeOf({ properties }: ClusterResource, configurations: readonly MaintenanceConfiguration[]): AutoUpgrade | undefined {
  const { upgradeChannel, nodeOSUpgradeChannel } = properties.autoUpgradeProfile ?? {};
  const clusterChannel = clusterChannels.find((channel) => channel === (upgradeChannel ?? 'none'));
  const nodeImageChannel = nodeImageChannels.find((channel) => channel === (nodeOSUpgradeChannel ?? 'NodeImage'));
  if (clusterChannel === undefined || nodeImageChannel === undefined) return undefined;
  const clusterWindow = windowOf(configurations, 'aksManagedAutoUpgradeSchedule');
  const nodeImageWindow = windowOf(configurations, 'aksManagedNodeOSUpgradeSchedule');
  return { clusterChannel, nodeImageChannel, ...(clusterWindow === undefined ? {} : { clusterWindow }), ...(nodeImageWindow === undefined ? {} : { nodeImageWindow }) };
}

function windowOf(configurations: readonly MaintenanceConfiguration[], name: string): MaintenanceWindow | undefined {
  const window = configurations.find((candidate) => candidate.name === name)?.properties.maintenanceWindow ?? undefined;
  const when = window === undefined ? undefined : scheduleOf(window.schedule);
  return window === undefined || when === undefined ? undefined : { schedule: when, startTime: window.startTime, utcOffset: window.utcOffset ?? '+00:00', durationHours: window.durationHours };
}

function scheduleOf({ daily, weekly, absoluteMonthly, relativeMonthly }: z.infer<typeof schedule>): MaintenanceSchedule | undefined {
  if (daily) return { kind: 'daily', everyDays: daily.intervalDays };
  if (weekly) return { kind: 'weekly', everyWeeks: weekly.intervalWeeks, day: weekly.dayOfWeek };
  if (absoluteMonthly) return { kind: 'absolute-monthly', everyMonths: absoluteMonthly.intervalMonths, dayOfMonth: absoluteMonthly.dayOfMonth };
  if (relativeMonthly) return { kind: 'relative-monthly', everyMonths: relativeMonthly.intervalMonths, week: relativeMonthly.weekIndex, day: relativeMonthly.dayOfWeek };
  return undefined;
}
