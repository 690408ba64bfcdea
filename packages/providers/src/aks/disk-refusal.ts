import type { CoverageReason } from '@nodeward/engine';
import type { DiskRefusal } from '../provider.ts';
import { ArmError } from './arm-error.ts';
import type { DiskResource } from './resources.ts';

/** What the disk says of itself, before anything is made. */
export function refusalOfDisk({ properties }: DiskResource): DiskRefusal | undefined {
  if (properties.encryptionSettingsCollection?.enabled === true) return { reason: 'disk-encrypted-by-guest-extension', detail: 'encryptionSettingsCollection.enabled' };
  const type = properties.securityProfile?.securityType ?? '';
  // Of the confidential types only those that encrypt the disk itself; `VMGuestStateOnly` and `NonPersistedTPM` leave it readable.
  return /DiskEncrypted|DiskWithVMGuestState/i.test(type) ? { reason: 'disk-confidential', detail: type } : undefined;
}

const byCode: readonly (readonly [RegExp, CoverageReason])[] = [
  [/^DenyAssignmentAuthorizationFailed$/i, 'disk-locked-down'],
  [/^(RequestDisallowedByPolicy|RequestDisallowedByAzure)/i, 'disk-refused-by-policy'],
  [/KeyVault|DiskEncryptionSet|EncryptionKey/i, 'disk-key-unavailable'],
  [/NetworkAccessPolicy|PublicNetworkAccess|PrivateLink|DiskAccess/i, 'disk-network-refused'],
  [/^(AuthorizationFailed|LinkedAuthorizationFailed|AuthorizationPermissionMismatch)$/i, 'disk-access-denied'],
  [/^(ResourceNotFound|NotFound|ResourceGroupNotFound)$/i, 'disk-not-found'],
];

/** A refusal that waiting does not cure; undefined for everything else. */
export function refusalOfError(error: unknown): DiskRefusal | undefined {
  if (!(error instanceof ArmError)) return undefined;
  const known = byCode.find(([pattern]) => pattern.test(error.azureCode))?.[1];
  const reason = known ?? byStatus(error);
  return reason === undefined ? undefined : { reason, detail: error.azureCode };
}

function byStatus({ status, message }: ArmError): CoverageReason | undefined {
  if (/network access policy|public network access|private endpoint/i.test(message)) return 'disk-network-refused';
  if (status === 403) return 'disk-access-denied';
  if (status === 404) return 'disk-not-found';
  // Refused for a reason that has no name here: Azure's own code is the detail. Conflicts and failures of the service may pass.
  return status >= 400 && status < 500 && status !== 409 ? 'disk-access-denied' : undefined;
}

/** Of the blob service, which says why in `x-ms-error-code`. */
export function refusalOfRangeFailure(code: string): DiskRefusal | undefined {
  if (code === 'access-expired') return { reason: 'disk-access-expired', detail: code };
  if (code === 'access-denied') return { reason: 'disk-access-denied', detail: code };
  return code === 'not-found' ? { reason: 'disk-not-found', detail: code } : undefined;
}
