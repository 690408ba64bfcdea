// A process for the tests to kill: reads the disk of one node, from discovery to removal, on the production path.
import { openOutbound } from '../network/outbound.ts';
import { openAksProvider } from './provider.ts';

const [tenantId = '', scannerResourceGroup = '', node = ''] = process.argv.slice(2);
const signal = new AbortController().signal;
const outbound = await openOutbound({ environment: process.env });
const provider = await openAksProvider({
  settings: { subscriptions: [tenantId], tenantId, clientId: tenantId, scannerResourceGroup, readDisks: true, readReferenceImages: false },
  clientSecret: 'hush-hush',
  advisoryDatabaseFolder: 'advisories',
  lists: { find: async () => Promise.resolve({ kind: 'not-published' }), securityPatches: async () => Promise.resolve({ kind: 'patches', patches: [] }) },
  outbound,
  now: () => Date.parse('2026-11-24T00:00:00Z'),
  sleep: async () => Promise.resolve(),
});
const evidence = await provider.reader.nodeEvidence({ cluster: 'prod', pool: 'system', node }, signal);
if (evidence.kind !== 'disk') throw new Error(evidence.kind);
const disk = await evidence.open();
process.stdout.write(`${(await disk.read(0, 4096)).length}\n`);
await disk.close();
await provider.close();
await outbound.close();
