import { expect, it } from 'vitest';
import { createInventory, type Package } from '../model/inventory.ts';
import type { EvidenceGrade, RunningKernel } from '../model/node-facts.ts';
import { withRunningKernel } from './with-running-kernel.ts';

const image = (build: string): Package => ({ name: `linux-image-${build}-azure`, version: `${build}.1`, architecture: 'amd64', source: 'linux-signed-azure', sourceVersion: `${build}.1`, sourceKnown: true });
const older = '5.15.0-1041';
const newer = '5.15.0-1049';
const nodeSays = (build: string): RunningKernel => ({ release: `${build}-azure`, from: 'node-object' });
const logSays: RunningKernel = { release: `${older}-azure`, from: 'kern-log' };

it.each<[string, EvidenceGrade, readonly string[], RunningKernel | undefined, string, string]>([
  ['what the node says, in place of what the disk says', 'disk', [older, newer], nodeSays(newer), `${newer}-azure node-object`, 'read'],
  ['what the disk says, where the node says nothing', 'disk', [older, newer], undefined, `${older}-azure kern-log`, 'read'],
  ['nobody\'s, where only the logs of the machine that built the image name one of several', 'reference-image', [older, newer], undefined, 'undefined undefined', 'read'],
  ['the only one of an image', 'reference-image', [newer], undefined, `${newer}-azure only-kernel-image`, 'read'],
  ['one that the image does not have, and coverage says so', 'reference-image', [older], nodeSays(newer), `${newer}-azure node-object`, 'running-kernel-not-installed'],
])('the kernel of a shared reading is %s', (_what, grade, builds, known, expected, reason) => {
  const inventory = createInventory({ id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04' }, builds.map(image));
  const reading = { inventory, facts: { grade, runningKernel: logSays, evidencePaths: {} }, coverage: [{ subject: 'os-packages', state: 'read', reason: 'read' }, { subject: 'kernel', state: 'read', reason: 'read' }] as const, bytesRead: 1, requests: 1 };

  const { facts, coverage } = withRunningKernel(reading, known);

  expect(`${String(facts.runningKernel?.release)} ${String(facts.runningKernel?.from)}`).toBe(expected);
  expect(coverage.map((entry) => entry.reason)).toEqual(['read', reason]);
});
