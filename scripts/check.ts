// npm run check: everything that a machine can hold against the tree without running the tests.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const repository = resolve(import.meta.dirname, '..');
const workspaces = ['apps/server', 'apps/portal', 'apps/cli', 'packages/providers', 'packages/api', 'packages/engine', '.'];
/** Each in a process of its own: with the types of the cloud SDKs one alone would need more memory than Node takes. */
const linted = [['apps/server'], ['packages/providers'], ['apps/portal'], ['packages/engine'], ['apps/cli', 'packages/api'], ['tests', 'bench', 'scripts', 'eslint.config.js', 'vitest.config.ts']];
/** Two type checks or one lint run are what two cores and their memory carry. */
const atOnce = Math.max(2, Math.min(4, availableParallelism()));

const checks: readonly Check[] = [
  ...linted.map((places) => ({ name: `lint of ${places.join(', ')}`, command: ['eslint', '--no-warn-ignored', ...places] })),
  ...workspaces.map((workspace) => ({ name: `types of ${workspace}`, command: ['tsc', '-p', workspace] })),
  { name: 'import rules', command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'apps'] },
  { name: 'unused', command: ['knip'] },
  { name: 'documents and OpenAPI', command: ['vitest', 'run', '--reporter=dot', 'tests/docs-match-code.test.ts', 'packages/api/src/openapi.test.ts'] },
];

const started = performance.now();
const waiting = [...checks];
let failed = 0;
await Promise.all(Array.from({ length: atOnce }, work));
process.stdout.write(`check: ${checks.length - failed} passed, ${failed} failed, in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
process.exitCode = failed === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const since = performance.now();
    const { ok, output } = await run(check);
    if (!ok) failed += 1;
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${check.name} (${((performance.now() - since) / 1000).toFixed(1)} s)\n${ok ? '' : `${output.trimEnd()}\n`}`);
  }
}

function run({ command: [program = '', ...parameters] }: Check): Promise<{ ok: boolean; output: string }> {
  const suffix = process.platform === 'win32' ? '.cmd' : '';
  const child = spawn(join(repository, 'node_modules/.bin', program + suffix), parameters, { cwd: repository, shell: suffix !== '' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += piece.toString()));
  return new Promise((settle) => {
    child.on('error', (error) => settle({ ok: false, output: error.message }));
    child.on('close', (code) => settle({ ok: code === 0, output }));
  });
}
