import { z } from 'zod';
import { ProviderConflictError } from '../errors.ts';
import { type AutoUpgrade, clusterChannels, nodeImageChannels, weekdays } from '../provider.ts';
import { findCluster } from './fleet.ts';
import { readJson, replaceJson } from './json-file.ts';
import type { StateFolder } from './state-folder.ts';

const every = z.int().min(1);
const day = z.enum(weekdays);
const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('daily'), everyDays: every }),
  z.strictObject({ kind: z.literal('weekly'), everyWeeks: every, day }),
  z.strictObject({ kind: z.literal('absolute-monthly'), everyMonths: every, dayOfMonth: every.max(31) }),
  z.strictObject({ kind: z.literal('relative-monthly'), everyMonths: every, week: z.enum(['First', 'Second', 'Third', 'Fourth', 'Last']), day }),
]);
const windowSchema = z.strictObject({
  schedule: scheduleSchema,
  startTime: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  utcOffset: z.string().regex(/^[+-]\d\d:\d\d$/),
  durationHours: z.int().min(4).max(24),
});
const autoUpgradeSchema = z.strictObject({
  clusterChannel: z.enum(clusterChannels),
  nodeImageChannel: z.enum(nodeImageChannels),
  clusterWindow: windowSchema.exactOptional(),
  nodeImageWindow: windowSchema.exactOptional(),
});
const fileSchema = z.record(z.string(), autoUpgradeSchema);

/** What was set since the beginning, by cluster. */
export async function readAutoUpgrade(folder: StateFolder): Promise<ReadonlyMap<string, AutoUpgrade>> {
  return new Map(Object.entries((await readJson(folder.autoUpgrade, fileSchema)) ?? {}));
}

/** Called under the lock. The settings take the place of what there was, as a whole. */
export async function setAutoUpgrade(folder: StateFolder, cluster: string, settings: AutoUpgrade): Promise<void> {
  if (findCluster(cluster) === undefined) throw new ProviderConflictError(`there is no cluster ${cluster}`);
  const checked = autoUpgradeSchema.safeParse(settings);
  if (!checked.success) throw new ProviderConflictError(`wrong settings of automatic upgrades: ${checked.error.issues[0]?.path.join('.') ?? ''}`, { cause: checked.error });
  const all = await readAutoUpgrade(folder);
  await replaceJson(folder.autoUpgrade, Object.fromEntries([...all, [cluster, checked.data]]));
}
