import type { AzureEnvironment, FleetCluster } from '@nodeward/providers/testing';
import { diskIdOf } from '@nodeward/providers/testing';

/** Pools of one node each whose disk is refused, each in its own way, and by which reason the API must say so. */
export const refusals = [
  { pool: 'ephemeral', reason: 'disk-ephemeral' },
  { pool: 'guestcrypt', reason: 'disk-encrypted-by-guest-extension' },
  { pool: 'confidential', reason: 'disk-confidential' },
  { pool: 'lockdown', reason: 'disk-locked-down', code: 'DenyAssignmentAuthorizationFailed', status: 403 },
  { pool: 'policy', reason: 'disk-refused-by-policy', code: 'RequestDisallowedByPolicy', status: 403 },
  { pool: 'noright', reason: 'disk-access-denied', code: 'AuthorizationFailed', status: 403 },
  { pool: 'keyerror', reason: 'disk-key-unavailable', code: 'KeyVaultAccessForbidden', status: 409 },
  { pool: 'gone', reason: 'disk-not-found' },
  { pool: 'denyall', reason: 'disk-network-refused' },
  { pool: 'private', reason: 'disk-network-refused' },
  { pool: 'expired', reason: 'disk-access-expired' },
  { pool: 'midway', reason: 'disk-access-expired' },
] as const;

/** A pool whose image has no published list either. */
export const unlisted = 'unlisted';

export const refusedCluster: FleetCluster = {
  name: 'refused',
  resourceGroup: 'rg-refused',
  pools: [...refusals.map(({ pool }) => ({ name: pool, nodes: 1, ephemeral: pool === 'ephemeral' })), { name: unlisted, nodes: 1, ephemeral: true, image: 'AKSUbuntu-2204gen2containerd-202611.01.0' }],
};

const refusedDisk = (pool: string): string => diskIdOf(refusedCluster, pool, 0);

/** What Azure makes of copies of these disks. */
export function ofRefusedSource(sourceId: string): { readonly modify?: Readonly<Record<string, unknown>>; readonly grantSeconds?: number } | undefined {
  if (isDiskOf(sourceId, 'denyall')) return { modify: { networkAccessPolicy: 'DenyAll' } };
  if (isDiskOf(sourceId, 'private')) return { modify: { networkAccessPolicy: 'AllowPrivate' } };
  return isDiskOf(sourceId, 'expired') ? { grantSeconds: -1 } : undefined;
}

export function isDiskOf(sourceId: string, pool: string): boolean {
  return sourceId.toLowerCase() === refusedDisk(pool).toLowerCase();
}

/** What the disks say of themselves, and what Azure answers to whoever would copy them. */
export function refuse({ arm, resources }: AzureEnvironment): void {
  const describe = (pool: string, properties: object): void => void resources.set(refusedDisk(pool).toLowerCase(), { id: refusedDisk(pool), location: 'westeurope', properties });
  describe('guestcrypt', { encryptionSettingsCollection: { enabled: true } });
  describe('confidential', { securityProfile: { securityType: 'ConfidentialVM_DiskEncryptedWithPlatformKey' } });
  resources.delete(refusedDisk('gone').toLowerCase());
  for (const refusal of refusals) {
    if ('code' in refusal) arm.fail({ method: 'PUT', path: /\/snapshots\/nodeward-[^/]+$/, source: new RegExp(`/aks-${refusal.pool}_`, 'i'), status: refusal.status, code: refusal.code, times: 100 });
  }
}
