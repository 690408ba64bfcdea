/** Prints one JSON line per figure: discovering 200 clusters with 10,000 nodes of one subscription through the emulator of ARM. */
import { startAzure } from '../src/aks/aks-under-test.ts';
import type { FleetCluster, FleetPool } from '../src/aks/azure-fleet-for-tests.ts';
import type { Discovery } from '../src/provider.ts';

const signal = new AbortController().signal;
const regions = ['westeurope', 'northeurope', 'japaneast', 'eastus2'];
const pools: readonly FleetPool[] = [{ name: 'system', nodes: 5 }, { name: 'apps', nodes: 30, ephemeral: true }, { name: 'batch', nodes: 15 }];
const fleet: readonly FleetCluster[] = Array.from({ length: 200 }, (_, index) => ({ name: `aks-${index}`, region: regions[index % regions.length] ?? 'westeurope', pools }));

await using azure = await startAzure(fleet, { pageSize: 50 });
const provider = await azure.openProvider();
const first = await measured('first', 60);
await measured('again within the hour', 60);
if (countNodes(first) !== 10_000) throw new Error(`${countNodes(first)} nodes`);
print('azure discovery: requests refused for going too fast', azure.arm.throttled(), '', 0);

async function measured(name: string, bound: number): Promise<Discovery> {
  const [from, at, started] = [azure.arm.requests.length, azure.clock.now, performance.now()];
  const discovery = await provider.reader.discover(signal);
  if (discovery.incomplete !== undefined) throw new Error(JSON.stringify(discovery.incomplete[0]));
  print(`azure discovery: 200 clusters, 10,000 nodes, ${name}`, (performance.now() - started) / 1000, 's', bound);
  print(`azure discovery: requests, ${name}`, azure.arm.requests.length - from, '', 1500);
  print(`azure discovery: simulated time within the throttling limits, ${name}`, (azure.clock.now - at) / 1000, 's', 600);
  return discovery;
}

function countNodes({ clusters }: Discovery): number {
  return new Set(clusters.flatMap((cluster) => cluster.pools.flatMap((pool) => pool.nodes.map(({ providerId }) => providerId)))).size;
}

function print(name: string, value: number, unit: string, bound: number): void {
  process.stdout.write(`${JSON.stringify({ name, value: Math.round(value * 100) / 100, unit, bound })}\n`);
}
