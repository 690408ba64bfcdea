import { describe, expect, it } from 'vitest';
import { chargesOf, openThrottleBudget } from './throttle-budget.ts';

const signal = new AbortController().signal;
const arm = 'https://management.azure.com/subscriptions/S1';
const cluster = `${arm}/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c`;

function clockAt(start: number): { now: () => number; sleep: (milliseconds: number) => Promise<void> } {
  let now = start;
  return { now: () => now, sleep: async (milliseconds) => Promise.resolve(void (now += milliseconds)) };
}

it.each([
  ['GET', `${arm}/providers/Microsoft.ContainerService/managedClusters`, ['s1 read', 's1 aks list']],
  ['GET', `${cluster}/agentPools/p/upgradeProfiles/default`, ['s1 read', 's1 aks other']],
  ['GET', `${cluster}/maintenanceConfigurations`, ['s1 read', 's1 aks other']],
  ['GET', cluster, ['s1 read', '/subscriptions/s1/resourcegroups/g/providers/microsoft.containerservice/managedclusters/c get']],
  ['GET', `${arm}/providers/Microsoft.ContainerService/locations/w/operations/1`, ['s1 read', 's1 aks operations']],
  ['GET', `${arm}/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets`, ['s1 read']],
  ['PUT', `${arm}/resourceGroups/g/providers/Microsoft.Compute/snapshots/n`, ['s1 write']],
  ['DELETE', `${arm}/resourceGroups/g/providers/Microsoft.Compute/snapshots/n`, ['s1 delete']],
  ['GET', 'https://management.azure.com/subscriptions', ['tenant read']],
])('%s %s draws from no other bucket', (method, url, buckets) => {
  expect(chargesOf(method, new URL(url)).map(({ bucket }) => bucket)).toEqual(buckets);
});

describe('a bucket', () => {
  const charge = { bucket: 'b', rate: { burst: 10, perSecond: 1 } };

  it('lets a burst through and then goes at its rate, however many wait at once', async () => {
    const clock = clockAt(0);
    const budget = openThrottleBudget(clock);
    for (let request = 0; request < 9; request += 1) await budget.spend([charge], signal);
    expect(clock.now()).toBe(0);
    for (let request = 0; request < 9; request += 1) await budget.spend([charge], signal);
    expect(clock.now()).toBeGreaterThanOrEqual(9 / 0.9 * 1000 - 1);
    expect(clock.now()).toBeLessThan(11_000);
  });

  it('is not asked before the time that Azure named is up', async () => {
    const clock = clockAt(0);
    const budget = openThrottleBudget(clock);
    budget.block([charge], 30_000);
    await budget.spend([charge], signal);
    expect(clock.now()).toBeGreaterThanOrEqual(30_000);
  });

  it('does not hold up another one', async () => {
    const clock = clockAt(0);
    const budget = openThrottleBudget(clock);
    budget.block([charge], 30_000);
    await budget.spend([{ ...charge, bucket: 'other' }], signal);
    expect(clock.now()).toBe(0);
  });

  it('gives nothing to who has gone', async () => {
    await expect(openThrottleBudget(clockAt(0)).spend([charge], AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });
});
