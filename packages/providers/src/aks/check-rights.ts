import { z } from 'zod';
import type { RightCheck } from '../provider.ts';
import { tolerated } from './answer-cache.ts';
import { apiVersions } from './api-versions.ts';
import type { ArmClient } from './arm-client.ts';
import type { Fleet } from './fleet.ts';
import { mapLimited } from './map-limited.ts';
import { type AksRightsSettings, aksRightsOf, type RightScope } from './rights.ts';

const actions = z.array(z.string()).nullish().transform((list) => list ?? []);
const permission = z.object({ actions, notActions: actions });
type Permission = z.infer<typeof permission>;

/** Resource groups whose permissions are asked; the rest are taken to be alike, and the detail says how many were asked. */
const mostGroups = 20;

type Answer = { readonly group: string } & ({ readonly permissions: readonly Permission[] } | { readonly failure: string });

/** By the permissions API, which changes nothing. Deny assignments and policies are not in it: what they refuse shows when a disk is read. */
export async function checkRights(client: ArmClient, fleet: Fleet, settings: AksRightsSettings, signal: AbortSignal): Promise<readonly RightCheck[]> {
  const groups: Readonly<Record<RightScope, readonly string[]>> = {
    clusters: groupsOf(fleet, 'resourceGroup'),
    'node-resource-groups': groupsOf(fleet, 'nodeResourceGroup'),
    scanner: settings.scannerResourceGroup === undefined ? [] : [settings.scannerResourceGroup],
  };
  const distinct = [...new Set(Object.values(groups).flat())];
  const answers = await mapLimited(distinct, 4, async (group): Promise<Answer> => {
    const read = await tolerated(async () => client.list(`${group}/providers/Microsoft.Authorization/permissions`, apiVersions.permissions, signal));
    if ('failure' in read) return { group, failure: read.failure };
    const permissions = z.array(permission).safeParse(read.value);
    return permissions.success ? { group, permissions: permissions.data } : { group, failure: 'the answer is not a list of permissions' };
  });
  const byGroup = new Map(answers.map((answer) => [answer.group, answer]));
  return aksRightsOf(settings).map(({ right, purpose, optional, scope }) => ({ right, purpose, optional, ...stateOf(right, groups[scope].flatMap((group) => byGroup.get(group) ?? [])) }));
}

function groupsOf({ clusters }: Fleet, key: 'resourceGroup' | 'nodeResourceGroup'): readonly string[] {
  const named = clusters.flatMap(({ cluster }) => cluster.pools.slice(0, 1).flatMap(({ coordinates }) => (coordinates?.[key] === undefined ? [] : [`/subscriptions/${coordinates.subscription ?? ''}/resourceGroups/${coordinates[key]}`])));
  return [...new Set(named)].slice(0, mostGroups);
}

function stateOf(right: string, answers: readonly Answer[]): Pick<RightCheck, 'state' | 'detail'> {
  if (answers.length === 0) return { state: 'unknown', detail: 'no resource group to ask about' };
  const missing = answers.filter((answer) => 'permissions' in answer && !isAllowed(right, answer.permissions));
  if (missing.length > 0) return { state: 'missing', detail: missing.map(({ group }) => group).join(', ') };
  const unknown = answers.flatMap((answer) => ('failure' in answer ? [`${answer.group}: ${answer.failure}`] : []));
  return unknown.length > 0 ? { state: 'unknown', detail: unknown.join(', ') } : { state: 'granted' };
}

/** Azure RBAC: one role is enough, and a role's notActions take from that role alone. */
export function isAllowed(right: string, permissions: readonly Permission[]): boolean {
  return permissions.some(({ actions: granted, notActions }) => granted.some((pattern) => covers(pattern, right)) && !notActions.some((pattern) => covers(pattern, right)));
}

function covers(pattern: string, right: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i').test(right);
}
