import { describe, expect, it } from 'vitest';
import { smallFleet, startAzure } from './aks-under-test.ts';
import { azureResources, scannerResourceGroup, subscription } from './azure-fleet-for-tests.ts';
import { isAllowed } from './check-rights.ts';
import { aksRights } from './rights.ts';

const signal = new AbortController().signal;
const everything = { subscriptions: [subscription], scannerResourceGroup, readDisks: true, readReferenceImages: true };

const parse = (text: string): unknown => JSON.parse(text);

describe('the page of rights', () => {
  it('asks for nothing that changes a cluster or anything outside the scanner', () => {
    const { files, rights } = aksRights(everything);
    expect(files.map(({ name }) => name)).toEqual(['nodeward-discover.json', 'nodeward-read-disks.json', 'nodeward-scanner.json']);
    const roles = files.map(({ text }) => parse(text));
    expect(roles).toMatchObject([{ AssignableScopes: [`/subscriptions/${subscription}`] }, { AssignableScopes: [`/subscriptions/${subscription}`] }, { AssignableScopes: [scannerResourceGroup] }]);
    const elsewhere = files.slice(0, 2).flatMap(({ text }) => [...text.matchAll(/"(Microsoft\.[^"]+)"/g)].map(([, action = '']) => action));
    expect(elsewhere.filter((action) => !action.endsWith('/read'))).toEqual(['Microsoft.Compute/disks/beginGetAccess/action']);
    expect(files.flatMap(({ text }) => [...text.matchAll(/"(Microsoft\.[^"]+)"/g)]).length).toBe(rights.length);
  });

  it('asks for less where less is switched on', () => {
    expect(aksRights({ ...everything, readDisks: false, readReferenceImages: false }).files.map(({ name }) => name)).toEqual(['nodeward-discover.json']);
  });

  it('has placeholders for what it is not told', () => {
    const { files } = aksRights({ subscriptions: [], readDisks: true, readReferenceImages: true });
    expect(files.map(({ text }) => /"AssignableScopes": \[\s*"([^"]*)"/.exec(text)?.[1])).toEqual(['/subscriptions/<subscription>', '/subscriptions/<subscription>', '/subscriptions/<subscription>/resourceGroups/<resource-group-of-the-scanner>']);
  });
});

it.each([
  [true, 'Microsoft.Compute/snapshots/write', [{ actions: ['*'], notActions: [] }]],
  [true, 'Microsoft.Compute/snapshots/write', [{ actions: ['microsoft.compute/SNAPSHOTS/*'], notActions: [] }]],
  [true, 'Microsoft.Compute/disks/read', [{ actions: ['*/read'], notActions: [] }]],
  [false, 'Microsoft.Compute/disks/beginGetAccess/action', [{ actions: ['*/read'], notActions: [] }]],
  [false, 'Microsoft.Compute/snapshots/write', [{ actions: ['*'], notActions: ['Microsoft.Compute/*/write'] }]],
  [true, 'Microsoft.Compute/snapshots/write', [{ actions: ['*'], notActions: ['*/write'] }, { actions: ['Microsoft.Compute/snapshots/write'], notActions: [] }]],
  [false, 'Microsoft.Compute/snapshots/write', []],
  [false, 'MicrosoftXCompute/disks/read', [{ actions: ['Microsoft.Compute/disks/read'], notActions: [] }]],
])('%s for %s with %j', (expected, right, permissions) => {
  expect(isAllowed(right, permissions)).toBe(expected);
});

describe('the test of rights', () => {
  it('names every missing action, with the resource group where it is missing', async () => {
    await using azure = await startAzure();
    const provider = await azure.openProvider({ readReferenceImages: true });
    const checks = (await provider.reader.checkRights?.(signal)) ?? [];
    expect(checks.filter(({ state }) => state === 'missing').map(({ right }) => right.replace('Microsoft.Compute/', ''))).toEqual(['disks/beginGetAccess/action', 'disks/write', 'disks/beginGetAccess/action', 'disks/endGetAccess/action', 'disks/delete']);
    expect(checks.find(({ state }) => state === 'missing')?.detail).toContain('MC_rg-prod_prod');
    expect(checks.filter(({ state }) => state === 'unknown')).toEqual([]);
    expect(checks.length).toBe(aksRights(everything).rights.length);
  });

  it('says unknown where it cannot be told, never granted', async () => {
    await using azure = await startAzure(smallFleet, { resources: new Map([...azureResources(smallFleet)].filter(([path]) => !path.endsWith('/permissions'))) });
    const checks = (await (await azure.openProvider()).reader.checkRights?.(signal)) ?? [];
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.map(({ state }) => state)).toEqual(checks.map(() => 'unknown'));
  });

  it('has nothing to ask about in an empty subscription', async () => {
    const resources = azureResources(smallFleet);
    resources.set(`/subscriptions/${subscription}/providers/microsoft.containerservice/managedclusters`, []);
    await using azure = await startAzure(smallFleet, { resources });
    const checks = (await (await azure.openProvider()).reader.checkRights?.(signal)) ?? [];
    expect(checks.filter(({ right }) => right.startsWith('Microsoft.ContainerService')).map(({ state }) => state)).not.toContain('granted');
  });
});
