import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startAzure } from './aks-under-test.ts';
import type { ArmRequest } from './arm-server-for-tests.ts';
import { nodeName, scannerResourceGroup, subscription } from './azure-fleet-for-tests.ts';
import { startAzureFront } from './azure-front-for-tests.ts';

const isStep = (step: string) => ({ method, path }: ArmRequest): boolean => `${method} ${path.split('/').at(-1)?.replace(/^nodeward-.*/, '') ?? ''}` === step;

it.each([
  ['the copy is asked for', 'PUT ', 1],
  ['access is asked for', 'POST beginGetAccess', 1],
  ['access is given back', 'POST endGetAccess', 1],
  ['the copy is removed', 'DELETE ', 0],
])('a process killed by SIGKILL when %s leaves nothing for which the sweeper does not come', async (_name, step, left) => {
  const started: ChildProcess[] = [];
  const matches = isStep(step);
  await using azure = await startAzure(undefined, { onRequest: (request) => started.filter(() => matches(request)).forEach((child) => child.kill('SIGKILL')) });
  const front = await startAzureFront(azure.arm.origin);
  if (front === undefined) return;
  const script = join(import.meta.dirname, 'read-disk-process.ts');
  const child = spawn(process.execPath, [script, subscription, scannerResourceGroup, nodeName({ name: 'system' }, 0)], { env: front.environment, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  await once(child, 'exit');
  await front.close();
  expect(child.signalCode).toBe('SIGKILL');
  expect(azure.arm.copies().length).toBe(left);
  const sweeper = await azure.openProvider();
  expect(await sweeper.sweepExpired?.(new AbortController().signal)).toEqual({ removed: [], failed: [] });
  azure.clock.now += 2 * 3600 * 1000 + 1;
  expect((await sweeper.sweepExpired?.(new AbortController().signal))?.removed.length).toBe(left);
  expect(azure.arm.copies()).toEqual([]);
});
