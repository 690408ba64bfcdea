import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyAssessedSample } from '../apps/server/tests/assessed-sample-for-tests.ts';
import { nodewardCommand } from './nodeward-process.ts';

export interface NodewardServer {
  /** The one-time link that was printed. */
  readonly link: string;
  readonly origin: string;
  readonly dataDir: string;
  readonly stderr: () => string;
  /** Null while it runs, and where a signal ended it. */
  readonly exitStatus: () => number | null;
  /** What standard output has said so far, once it matches; fails where it does not in time. */
  printed(pattern: RegExp, deadline: number): Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface NodewardServerOptions {
  /** Default: `serve`. */
  readonly command?: readonly string[];
  readonly words?: readonly string[];
  /** By default a new folder, which is removed at the end. */
  readonly dataDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** True: begins where a server of this run has read the whole sample fleet. */
  readonly isAssessed?: boolean;
  /** Milliseconds until the address must have been printed. */
  readonly deadline?: number;
}

/** Starts `nodeward serve` as a user would and waits for the one line that says where. */
export async function startNodeward(options: NodewardServerOptions = {}): Promise<NodewardServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'nodeward-walk-')));
  if (options.isAssessed === true) await copyAssessedSample(dataDir);
  const child = spawn(process.execPath, [nodewardCommand, ...(options.command ?? ['serve', '--port', '0']), '--data-dir', dataDir, ...(options.words ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const link = await printedLink(child, output, options.deadline ?? 120_000);
  return {
    link,
    origin: new URL(link).origin,
    dataDir,
    stderr: () => output.stderr,
    exitStatus: () => child.exitCode,
    printed: async (pattern, deadline) => {
      await waitFor(child, output, pattern, deadline);
      return output.stdout;
    },
    async stop(signal = 'SIGTERM') {
      await end(child, signal);
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

async function printedLink(child: ChildProcess, output: { stdout: string; stderr: string }, deadline: number): Promise<string> {
  return waitFor(child, output, /https?:\/\/\S+/, deadline);
}

async function waitFor(child: ChildProcess, output: { stdout: string; stderr: string }, pattern: RegExp, deadline: number): Promise<string> {
  const until = Date.now() + deadline;
  while (Date.now() < until && child.exitCode === null) {
    const found = pattern.exec(output.stdout);
    if (found !== null) return found[0];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await end(child, 'SIGKILL');
  throw new Error(`nodeward did not print ${String(pattern)}\nstdout: ${output.stdout}\nstderr: ${output.stderr}`);
}
