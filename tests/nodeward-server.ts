import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodewardCommand } from './nodeward-process.ts';

export interface NodewardServer {
  /** The one-time link that was printed. */
  readonly link: string;
  readonly origin: string;
  readonly dataDir: string;
  readonly stderr: () => string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface NodewardServerOptions {
  readonly words?: readonly string[];
  /** By default a new folder, which is removed at the end. */
  readonly dataDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds until the address must have been printed. */
  readonly deadline?: number;
}

/** Starts `nodeward serve` as a user would and waits for the one line that says where. */
export async function startNodeward(options: NodewardServerOptions = {}): Promise<NodewardServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'nodeward-walk-')));
  const child = spawn(process.execPath, [nodewardCommand, 'serve', '--data-dir', dataDir, '--port', '0', ...(options.words ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const link = await printedLink(child, output, options.deadline ?? 60_000);
  return {
    link,
    origin: new URL(link).origin,
    dataDir,
    stderr: () => output.stderr,
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
  const until = Date.now() + deadline;
  while (Date.now() < until && child.exitCode === null) {
    const found = /https?:\/\/\S+/.exec(output.stdout);
    if (found !== null) return found[0];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await end(child, 'SIGKILL');
  throw new Error(`nodeward serve printed no address\nstdout: ${output.stdout}\nstderr: ${output.stderr}`);
}
