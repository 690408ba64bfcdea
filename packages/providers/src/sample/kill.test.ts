import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { curedNodes, curingImage, readEffects } from './fleet-under-test.ts';
import { openSampleProvider } from './provider.ts';

/** A process that opens the fleet, starts the one operation, and asks for its status without end. */
const program = `
  const [folder, module] = process.argv.slice(1);
  const { openSampleProvider } = await import(module);
  const provider = await openSampleProvider({ stateFolder: folder, now: Date.now, nodeMilliseconds: 1200 });
  const signal = new AbortController().signal;
  const operation = await provider.writer.start({ idempotencyKey: 'key', kind: 'node-image', cluster: 'prod-tokyo-01', pool: 'userpool01', target: '${curingImage}' }, signal);
  process.stdout.write('started\\n');
  for (;;) await provider.writer.status(operation, signal);
`;

it('upgrades each node once, however often its process is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nodeward-kill-'));
  // While the folder is being prepared.
  for (const milliseconds of [250, 350, 450]) await runAndKill(folder, 'spawn', milliseconds);
  // After the operation was started or found again; each node takes 1200 ms.
  for (const milliseconds of [0, 300, 20, 450, 100, 30]) await runAndKill(folder, 'started', milliseconds);
  const started = (await readdir(join(folder, 'operations'))).filter((name) => name.endsWith('.json'));
  expect(started).toHaveLength(1);
  const provider = await openSampleProvider({ stateFolder: folder, now: () => Date.now() + 3_600_000 });
  await provider.reader.discover(new AbortController().signal);
  expect(await readEffects(folder)).toEqual(curedNodes.map((node) => `${node} reimage`));
  await rm(folder, { recursive: true });
});

async function runAndKill(folder: string, from: 'spawn' | 'started', milliseconds: number): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder, new URL('provider.ts', import.meta.url).href], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  await once(from === 'spawn' ? child : child.stdout, from === 'spawn' ? 'spawn' : 'data');
  await sleep(milliseconds);
  child.kill('SIGKILL');
  await ended;
}
