// npm run bench: every figure beside its bound. Informative; `--strict` makes a missed bound the exit status.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const repository = resolve(import.meta.dirname, '..');
const scripts = ['bench/node-disk.ts', 'bench/remote-disk.ts', 'packages/engine/bench/advisories.ts', 'packages/providers/bench/azure-discovery.ts', 'apps/server/bench/fleet.ts', 'apps/server/bench/manifest-fleet.ts', 'bench/command-line.ts', 'bench/start.ts'];
const line = z.union([
  z.object({ name: z.string(), value: z.number(), unit: z.string(), bound: z.number() }),
  z.object({ skipped: z.string(), reason: z.string() }),
]);

process.stdout.write(`Node ${process.version}, ${availableParallelism()} cores\n\n`);
let missed = 0;
for (const script of scripts.filter((path) => existsSync(join(repository, path)))) run(script);
process.stdout.write(missed === 0 ? '\nevery measured figure holds\n' : `\n${missed} over their bound\n`);
process.exitCode = missed > 0 && process.argv.includes('--strict') ? 1 : 0;

function run(script: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(repository, script)], { cwd: repository, encoding: 'utf8' });
  for (const text of stdout.split('\n').filter((part) => part.startsWith('{'))) show(text);
  if (status === 0) return;
  missed += 1;
  process.stdout.write(`FAILED   ${script}: ${stderr.trim()}\n`);
}

function show(text: string): void {
  const figure = line.parse(JSON.parse(text));
  if ('skipped' in figure) {
    process.stdout.write(`SKIPPED  ${figure.skipped} (${figure.reason})\n`);
    return;
  }
  const holds = figure.value <= figure.bound;
  if (!holds) missed += 1;
  process.stdout.write(`${holds ? 'ok      ' : 'OVER    '} ${figure.name.padEnd(64)} ${figure.value.toString().padStart(8)} ${figure.unit.padEnd(3)} (≤ ${figure.bound})\n`);
}
