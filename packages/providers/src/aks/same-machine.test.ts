import { expect, it } from 'vitest';
import { machineKey } from './same-machine.ts';

const id = '/subscriptions/S/resourceGroups/MC_Rg/providers/Microsoft.Compute/virtualMachineScaleSets/aks-np-1-vmss/virtualMachines/10';
const key = '/subscriptions/s/resourcegroups/mc_rg/providers/microsoft.compute/virtualmachinescalesets/aks-np-1-vmss/virtualmachines/10';

it.each([
  ['as ARM writes it', id],
  ['as Kubernetes writes it', `azure://${id.toLowerCase()}`],
  ['in capitals', `AZURE://${id.toUpperCase()}`],
  ['with a slash at the end', `azure://${id}/`],
  ['with zeros before the instance', `azure://${id.replace('/10', '/0010')}`],
])('knows the instance of a scale set %s', (_name, providerId) => {
  expect(machineKey(providerId)).toBe(key);
});

it.each([
  ['nothing', undefined],
  ['an empty text', ''],
  ['a scale set without its instance', id.replace(/\/virtualMachines\/10$/, '')],
  ['an instance that is no number', id.replace('/10', '/1a')],
  ['another kind of resource', '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a'],
  ['kind', 'kind://docker/kind/kind-worker'],
])('joins no node by %s', (_name, providerId) => {
  expect(machineKey(providerId)).toBeUndefined();
});

it('tells two instances, two scale sets and two virtual machines apart', () => {
  const vm = (name: string): string => `azure:///subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/${name}`;
  const keys = [id, id.replace('/10', '/11'), id.replace('aks-np', 'aks-nq'), vm('a'), vm('b'), 'aws:///eu-1a/i-01'].map(machineKey);
  expect(keys).not.toContain(undefined);
  expect(new Set(keys).size).toBe(keys.length);
});
