import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setFlagsFromString } from 'node:v8';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { ClientConfig } from 'pg';
import { ConnectionLostError, DatabaseUnusableError, messageOf } from './database-errors.ts';
import { lockDirectory } from './directory-lock.ts';
import { StatementClock } from './statement-clock.ts';
import { WireStream, type WireSwitchboard } from './wire-stream.ts';

export interface GatewayOptions {
  /** WebAssembly cannot be interrupted: a statement that runs longer ends the worker, and with it every statement in flight. */
  readonly maxStatementMs: number;
  /** How long an open transaction may be silent while another client waits. */
  readonly idleTransactionMs: number;
  /** The worker ended and is being started again. */
  readonly log: (error: Error) => void;
  /** The database cannot be brought back: the process should end with status 1. */
  readonly fatal: (error: Error) => void;
}

/** The major version of PostgreSQL inside PGlite names the folder: another major version cannot open its files. */
const clusterFolder = 'pg18';
const watchIntervalMs = 1000;
/** A database that ends its worker this often within a minute is damaged in a way that opening it did not show. */
const maxRestartsPerMinute = 10;

// V8 keeps one list of WebAssembly code for all threads of a process, and frees what faster code has replaced. Now and
// then that ends the whole process with a signal: https://github.com/nodejs/node/issues/64500
setFlagsFromString('--no-wasm-code-gc');

/** Same path and extension as this file, so that it works from source and compiled. */
const workerFile = new URL(import.meta.url.replace(/(\.[cm]?[jt]s)$/, '-worker$1'));

/** PGlite for node-postgres: `new pg.Pool(gateway.clientConfig())`. Owns the directory, its lock and the worker thread. */
export class PgliteGateway implements WireSwitchboard, AsyncDisposable {
  readonly #directory: string;
  readonly #options: GatewayOptions;
  readonly #lock: DatabaseSync;
  readonly #clock = new StatementClock();
  readonly #streams = new Set<WireStream>();
  readonly #watch: NodeJS.Timeout;
  #worker: Worker | undefined;
  #restarts: readonly bigint[] = [];
  #closing = false;

  private constructor(directory: string, options: GatewayOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#lock = lockDirectory(directory);
    this.#watch = setInterval(() => this.#endRunaway(), watchIntervalMs).unref();
  }

  /** Fails with `DatabaseUnusableError` where the directory is in use, cannot be written or cannot be opened. */
  static async open(directory: string, options: GatewayOptions): Promise<PgliteGateway> {
    const gateway = new PgliteGateway(directory, options);
    try {
      await gateway.#spawn();
      return gateway;
    } catch (error) {
      await gateway.close();
      throw error;
    }
  }

  /** Settings of a `pg.Client` or `pg.Pool`. Each client is one session of the gateway, all are one session of the server. */
  clientConfig(): ClientConfig {
    return { stream: () => new WireStream(this), user: 'postgres', database: 'postgres', ssl: false };
  }

  attach(stream: WireStream, workerEnd: MessagePort): void {
    if (this.#worker === undefined) throw new ConnectionLostError('the embedded database has stopped');
    this.#streams.add(stream);
    this.#worker.postMessage(workerEnd, [workerEnd]);
  }

  detach(stream: WireStream): void {
    this.#streams.delete(stream);
  }

  /** Ends the worker as a crash would; the next query finds a new one. */
  async terminateWorker(reason: string): Promise<void> {
    this.#options.log(new ConnectionLostError(`embedded database: ending the worker: ${reason}`));
    await this.#worker?.terminate();
  }

  /** End the pools first. The lock is dropped after the worker is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    const worker = this.#worker;
    if (worker !== undefined) {
      const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage('close');
      await gone;
    }
    clearInterval(this.#watch);
    if (this.#lock.isOpen) this.#lock.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #endRunaway(): void {
    const ms = this.#clock.runningMs();
    if (ms > this.#options.maxStatementMs) {
      void this.terminateWorker(`a statement ran for ${ms} ms, the limit is ${this.#options.maxStatementMs} ms`);
    }
  }

  #spawn(): Promise<void> {
    this.#clock.stop();
    const worker = new Worker(workerFile, {
      workerData: {
        dataDir: join(this.#directory, clusterFolder),
        clock: this.#clock.memory,
        idleTransactionMs: this.#options.idleTransactionMs,
      },
      // deeply nested SQL needs more native stack than the 4 MiB of a worker thread
      resourceLimits: { stackSizeMb: 64 },
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      let ready = false;
      let cause: unknown;
      worker.once('message', () => {
        ready = true;
        resolve();
      });
      worker.on('error', (error) => {
        cause = error;
      });
      worker.once('exit', (code) => {
        this.#worker = undefined;
        if (ready) this.#restart(code, cause);
        else reject(this.#unopened(cause ?? new Error(`worker ended with code ${code}`)));
      });
    });
  }

  #restart(code: number, cause: unknown): void {
    const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
    const error = new ConnectionLostError(`embedded database stopped (code ${code})${reason}`, { cause });
    this.#disconnectAll(error);
    if (this.#closing && code === 0) return;
    this.#options.log(error);
    if (this.#closing) return;
    const now = process.hrtime.bigint();
    this.#restarts = [...this.#restarts.filter((at) => now - at < 60_000_000_000n), now];
    if (this.#restarts.length > maxRestartsPerMinute) {
      this.#options.fatal(this.#unopened(new Error(`it stopped ${this.#restarts.length} times within a minute${reason}`)));
      return;
    }
    this.#spawn().catch((failure: unknown) => {
      const last = failure instanceof Error ? failure : this.#unopened(failure);
      this.#disconnectAll(last);
      this.#options.fatal(last);
    });
  }

  #disconnectAll(error: Error): void {
    for (const stream of this.#streams) stream.destroy(error);
  }

  #unopened(cause: unknown): DatabaseUnusableError {
    const text = `${this.#directory} cannot be opened, it may be damaged: ${messageOf(cause)}`;
    return new DatabaseUnusableError('DATABASE_DAMAGED', text, { cause });
  }
}
