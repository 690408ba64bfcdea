import type { SweepReport } from '../provider.ts';
import { tolerated } from './answer-cache.ts';
import { apiVersions } from './api-versions.ts';
import type { ArmClient } from './arm-client.ts';
import { parsed, taggedSchema } from './resources.ts';
import { endLease, expiresTag, isOwnPath, scanTag } from './snapshot-chain.ts';

/**
 * Revokes and deletes what outlived its lease. Only what bears our name, our tag and a date that is over; a copy of ours whose
 * date cannot be read is named and left for a person.
 */
export async function sweepExpired(client: ArmClient, scannerResourceGroup: string, now: number, signal: AbortSignal): Promise<SweepReport> {
  const removed: string[] = [];
  const failed: { name: string; detail: string }[] = [];
  for (const kind of ['snapshots', 'disks']) {
    const listed = await tolerated(async () => client.list(`${scannerResourceGroup}/providers/Microsoft.Compute/${kind}`, apiVersions.disks, signal));
    if ('failure' in listed) failed.push({ name: kind, detail: listed.failure });
    for (const row of 'value' in listed ? listed.value : []) {
      const { name, tags } = parsed(taggedSchema, row, kind);
      if (!isOwnPath(`${kind}/${name}`) || tags?.[scanTag] === undefined) continue;
      const expires = Date.parse(tags[expiresTag] ?? '');
      if (Number.isNaN(expires)) failed.push({ name, detail: `its tag ${expiresTag} is not a date` });
      else if (expires <= now) {
        const ended = await tolerated(async () => endLease(client, `${scannerResourceGroup}/providers/Microsoft.Compute/${kind}/${name}`, signal));
        if ('failure' in ended) failed.push({ name, detail: ended.failure });
        else removed.push(name);
      }
    }
  }
  return { removed, failed };
}
