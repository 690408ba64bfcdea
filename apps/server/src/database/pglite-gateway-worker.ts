// PGlite in a worker thread. One message port per pg.Client carries the raw bytes of PostgreSQL's protocol both ways.
import { MessagePort, parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { z } from 'zod';
import { StatementClock } from './statement-clock.ts';
import { BackendFrames, fatalError, flush, FrontendBatches, idleStatus, simpleQuery, sync, wireMessage } from './wire-protocol.ts';

interface Session {
  readonly port: MessagePort;
  readonly batches: Buffer[];
  started: boolean;
  open: boolean;
}

const settings = z
  .object({ dataDir: z.string(), clock: z.instanceof(SharedArrayBuffer), idleTransactionMs: z.number() })
  .parse(workerData);

/** What `DISCARD ALL` does, without `UNLISTEN *`: all clients share one server session, and others may be listening. */
const reset = [
  'CLOSE ALL',
  'SET SESSION AUTHORIZATION DEFAULT',
  'RESET ALL',
  'DEALLOCATE ALL',
  'DISCARD TEMP',
  'SELECT pg_advisory_unlock_all()',
];
const chunkSize = 256 * 1024;

const clock = new StatementClock(settings.clock);
/** What PostgreSQL itself says when it ends; WebAssembly only says that it was aborted. */
let lastWords = 'no reason was given';
const onStderr = (line: string): boolean => {
  lastWords = /(?:PANIC|FATAL):\s+(.*)/.exec(line)?.[1] ?? lastWords;
  return true;
};
const database = await PGlite.create({ dataDir: settings.dataDir, onStderr }).catch((cause: unknown) => {
  throw new Error(lastWords, { cause });
});
const sessions: Session[] = [];
const chunk = Buffer.allocUnsafeSlow(chunkSize);
/** The session inside a transaction, or between Parse and Sync. */
let owner: Session | undefined;
let running = false;
let ownerSilent: NodeJS.Timeout | undefined;

/** Runs one batch of frontend messages; returns the status of its last ReadyForQuery, undefined if none came. */
async function execute(batch: Buffer, session?: Session): Promise<number | undefined> {
  const frames = new BackendFrames((body) => notifyOthers(body, session));
  let used = 0;
  const send = (): void => {
    if (used > 0 && session?.open === true) session.port.postMessage(new Uint8Array(chunk.subarray(0, used)));
    used = 0;
  };
  const onRawData = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(chunkSize - used, bytes.length - at);
      chunk.set(bytes.subarray(at, at + length), used);
      used += length;
      at += length;
      if (used === chunkSize) send();
    }
    frames.feed(bytes);
  };
  clock.start();
  await database.execProtocolRawStream(batch, { syncToFs: false, onRawData });
  clock.stop();
  send();
  return frames.status;
}

/** PGlite sends a notification only to the client whose batch is running. */
function notifyOthers(body: Buffer, from: Session | undefined): void {
  const message = new Uint8Array(wireMessage('A', body));
  for (const session of sessions) {
    if (session !== from && session.open && session.started) session.port.postMessage(message);
  }
}

function nextSession(): Session | undefined {
  const next = owner ?? sessions.find((session) => session.batches.length > 0 || !session.open);
  return next === undefined || (next.batches.length === 0 && next.open) ? undefined : next;
}

/** Runs what waits, whole batches, one session at a time; an open transaction keeps the others out. */
async function pump(): Promise<void> {
  if (running) return;
  running = true;
  for (let session = nextSession(); session !== undefined; session = nextSession()) {
    clearTimeout(ownerSilent);
    ownerSilent = undefined;
    sessions.push(...sessions.splice(sessions.indexOf(session), 1)); // the next turn is another's
    const batch = session.batches.shift();
    if (batch === undefined) await leave(session);
    else await runBatch(session, batch);
  }
  running = false;
  watchOwner();
}

async function runBatch(session: Session, batch: Buffer): Promise<void> {
  const status = await execute(batch, session);
  // thrown, this ends the worker: what does not answer is dead, and the main thread starts it again
  if (status === undefined && !batch.subarray(-flush.length).equals(flush)) throw new Error(`PostgreSQL gave no answer: ${lastWords}`);
  owner = status === idleStatus ? undefined : session;
}

/** Gives the shared server session back clean. */
async function leave(session: Session): Promise<void> {
  sessions.splice(sessions.indexOf(session), 1);
  session.port.close();
  if (owner === session) {
    await execute(sync);
    await execute(simpleQuery('ROLLBACK'));
    owner = undefined;
  }
  for (const sql of sessions.length > 0 ? reset : ['DISCARD ALL']) await execute(simpleQuery(sql));
}

/**
 * A statement that an open transaction awaits, but that was sent outside it, would wait for ever. Others' batches do
 * not restart the time: only the owner's do.
 */
function watchOwner(): void {
  const silent = owner;
  if (silent === undefined || ownerSilent !== undefined) return;
  if (!sessions.some((session) => session !== silent && session.batches.length > 0)) return;
  ownerSilent = setTimeout(() => {
    ownerSilent = undefined;
    if (silent !== owner || silent.batches.length > 0 || !silent.open) return;
    silent.port.postMessage(
      new Uint8Array(fatalError('25P03', 'terminating connection: idle in a transaction while another query waits')),
    );
    silent.open = false;
    void pump();
  }, settings.idleTransactionMs);
}

function admit(port: MessagePort): void {
  const frontend = new FrontendBatches();
  const session: Session = { port, batches: [], started: false, open: true };
  sessions.push(session);
  port.on('message', (bytes: unknown) => {
    if (!(bytes instanceof Uint8Array) || !session.open) return;
    const { batches, terminated } = frontend.feed(bytes);
    session.batches.push(...batches);
    session.started ||= batches.length > 0;
    if (terminated) session.open = false;
    void pump();
  });
  port.on('close', () => {
    session.open = false;
    void pump();
  });
}

async function close(): Promise<void> {
  await database.close();
  process.exit(0);
}

if (parentPort === null) throw new Error('pglite-gateway-worker.ts runs as a worker thread only');
parentPort.on('message', (message: unknown) => {
  if (message instanceof MessagePort) admit(message);
  else void close();
});
parentPort.postMessage('ready');
