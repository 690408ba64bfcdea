import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { repository } from './shared-data.ts';

/** The command itself, as a user starts it. */
export const nodewardCommand = join(repository, 'apps/cli/bin/nodeward.js');

export interface ProcessResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** The Node that runs the command; by default the one that runs the tests. */
  readonly node?: string;
}

/** Runs `nodeward` as a child process with no advisory database but the one that it is given. */
export function nodeward(words: readonly string[], { environment = {}, node = process.execPath }: RunOptions = {}): ProcessResult {
  const { PATH = '', HOME = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(node, [nodewardCommand, ...words], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH, HOME, NODEWARD_DB: '/nonexistent', ...environment },
  });
  return { status, stdout, stderr };
}

/** The same while this process goes on to answer: for commands that ask servers of the test. */
export async function nodewardBeside(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<ProcessResult> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [nodewardCommand, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, HOME, NODEWARD_DB: '/nonexistent', ...environment } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

export const matchRow = z.object({
  vulnerability: z.string(),
  sourcePackage: z.string(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  installedVersion: z.string(),
  fixedVersion: z.string().nullable(),
  state: z.string(),
  severity: z.string(),
  kernel: z.string().nullable(),
  component: z.object({ family: z.string(), path: z.string(), state: z.string().nullable() }).nullable(),
  factClass: z.string(),
  evidence: z.string(),
});
export type MatchRow = z.infer<typeof matchRow>;

const assessOutput = z.object({
  assessments: z.array(
    z.object({
      target: z.string(),
      grade: z.string(),
      complete: z.boolean(),
      operatingSystem: z.string().nullable(),
      inventory: z.object({ id: z.string(), packages: z.number() }).nullable(),
      coverage: z.array(z.object({ subject: z.string(), state: z.string(), reason: z.string() })),
      matches: z.array(matchRow),
    }),
  ),
});

const forecastOutput = z.object({
  from: z.string(),
  to: z.string(),
  fixed: z.array(matchRow),
  remaining: z.array(matchRow),
  introduced: z.array(matchRow),
  undetermined: z.array(matchRow),
});

export function parseAssessments(stdout: string): z.infer<typeof assessOutput>['assessments'] {
  return assessOutput.parse(JSON.parse(stdout)).assessments;
}

export function parseForecast(stdout: string): z.infer<typeof forecastOutput> {
  return forecastOutput.parse(JSON.parse(stdout));
}
