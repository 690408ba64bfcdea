import type { PoolResource } from './resources.ts';

/**
 * `v1.33.2`: what every node of the pool runs, as far as AKS tells. Undefined during an upgrade, and where the version that
 * was asked for is not the one that the pool has. After an operation that failed it is `before`, what was known at rest, as
 * long as that is still the version: then it was no upgrade that has failed.
 */
export function kubeletOf({ currentOrchestratorVersion, orchestratorVersion, provisioningState = '' }: PoolResource['properties'], before: string | undefined): string | undefined {
  const current = currentOrchestratorVersion ?? orchestratorVersion ?? '';
  if (/^upgrading$/i.test(provisioningState) || !/^\d+\.\d+\.\d+$/.test(current)) return undefined;
  // `1.33` asks for any patch version
  const wanted = orchestratorVersion ?? current;
  if (current !== wanted && !current.startsWith(`${wanted}.`)) return undefined;
  const kubelet = `v${current}`;
  return /^(failed|canceled)$/i.test(provisioningState) && before !== kubelet ? undefined : kubelet;
}
