import { type ChildProcess, fork, type ForkOptions } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A program of this folder, run as its own process; it reports by messages. Killed when the test ends. */
export class Child {
  readonly messages: unknown[] = [];
  readonly ended: Promise<ChildResult>;
  readonly #process: ChildProcess;
  readonly #arrivals = new EventEmitter();

  constructor(program: string, argument: unknown, options: ForkOptions = {}) {
    const file = join(import.meta.dirname, program);
    const child = fork(file, [JSON.stringify(argument)], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'], ...options });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
    child.on('message', (message) => {
      this.messages.push(message);
      this.#arrivals.emit('message');
    });
    this.#process = child;
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal, stderr });
        this.#arrivals.emit('message');
      });
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
  }

  /** Fails when the program ends first. */
  async until(holds: (messages: readonly unknown[]) => boolean): Promise<void> {
    while (!holds(this.messages)) {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        const { code, stderr } = await this.ended;
        if (holds(this.messages)) return;
        throw new Error(`the program ended with ${code} first: ${stderr}`);
      }
      await once(this.#arrivals, 'message');
    }
  }

  async kill(): Promise<ChildResult> {
    this.#process.kill('SIGKILL');
    return this.ended;
  }

  send(message: string): void {
    this.#process.send(message);
  }
}
