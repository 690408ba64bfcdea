import { expect, it } from 'vitest';
import { kubeletOf } from './pool-kubelet.ts';

const rest = { orchestratorVersion: '1.33.2', currentOrchestratorVersion: '1.33.2', provisioningState: 'Succeeded' };

it.each<[string, Partial<typeof rest>, string | undefined, string | undefined]>([
  ['is the version of a pool at rest', {}, undefined, 'v1.33.2'],
  ['is the patch version that a minor one has become', { orchestratorVersion: '1.33' }, 'v1.33.1', 'v1.33.2'],
  ['is the same while the pool scales', { provisioningState: 'Scaling' }, undefined, 'v1.33.2'],
  ['is the same while the image changes', { provisioningState: 'UpgradingNodeImageVersion' }, undefined, 'v1.33.2'],
  ['is not known while some nodes have the new one', { provisioningState: 'Upgrading' }, 'v1.33.2', undefined],
  ['is not known after an upgrade that failed half-way', { provisioningState: 'Failed' }, undefined, undefined],
  ['is not known after an upgrade from another one that failed', { provisioningState: 'Failed' }, 'v1.33.1', undefined],
  ['is the same after something else has failed', { provisioningState: 'Failed' }, 'v1.33.2', 'v1.33.2'],
  ['is not known where another one was asked for', { orchestratorVersion: '1.34.1' }, 'v1.33.2', undefined],
  ['is not known of another minor version that merely begins like it', { orchestratorVersion: '1.3' }, undefined, undefined],
  ['is not known by a minor version alone', { currentOrchestratorVersion: '1.33' }, undefined, undefined],
])('the kubelet of a pool %s', (_what, given, before, expected) => {
  expect(kubeletOf({ ...rest, ...given }, before)).toBe(expected);
});
