import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CoverageEntry, type DiskSource, type EvidenceGrade, type Reading, type RunningKernel, SourceReadError, SourceTruncatedError } from '@nodeward/engine';
import type { DiskReaderOptions, Log } from '../dependencies.ts';
import { type ChildMessage, childMessage, type ParentMessage, toReading } from './reader-protocol.ts';
import { residentMemory } from './resident-memory.ts';
import { findSandbox, permissionArguments } from './sandbox.ts';

export interface DiskToRead {
  readonly source: DiskSource;
  readonly grade: EvidenceGrade;
  /** What the Node object says, which is better than the disk's own traces. */
  readonly runningKernel?: RunningKernel;
}

type Death = Pick<CoverageEntry, 'state' | 'reason' | 'detail'>;
type Ending = { readonly kind: 'answer'; readonly message: Extract<ChildMessage, { type: 'reading' }> } | { readonly kind: 'death'; readonly death: Death };

/** How often the child's memory is looked at, in milliseconds. */
const memoryInterval = 50;
const keptOutput = 4096;
/** More requests than this at once are no parser's. */
const maxWaiting = 256;

/**
 * Reads a disk in a child process that has no credentials, no environment, no right to write, and bounded memory and
 * time. Whatever it does, the answer is a reading: its death is a coverage reason. Only a broken source of ours throws.
 */
export async function readDiskInChild(disk: DiskToRead, options: DiskReaderOptions, log: Log): Promise<Reading> {
  const child = await start(options);
  const output = collectOutput(child);
  const served = { bytes: 0, requests: 0 };
  const gone = untilGone(child);
  try {
    const ending = await converse(child, disk, options, served);
    if (ending.kind === 'answer') return toReading(ending.message.reading, disk.grade, served);
    log.warn({ ...ending.death, pid: child.pid, output: output() }, 'the disk reader was ended');
    return { facts: { grade: disk.grade, evidencePaths: {} }, coverage: [{ subject: 'disk', ...ending.death }], bytesRead: served.bytes, requests: served.requests };
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
}

async function start(options: DiskReaderOptions): Promise<ChildProcess> {
  // the same extension as this module's own: `.ts` in a clone, `.js` where the server was compiled
  const entry = options.entry ?? new URL(`./read-disk-process${extname(import.meta.filename)}`, import.meta.url);
  const { prefix } = await findSandbox();
  const [program = process.execPath, ...before] = prefix;
  const heap = Math.floor(options.memoryLimit / 2 / 1024 / 1024);
  return fork(fileURLToPath(entry), [], {
    execPath: program,
    execArgv: [...before, ...(prefix.length === 0 ? [] : [process.execPath]), ...permissionArguments(entry), `--max-old-space-size=${heap}`, '--no-warnings'],
    env: {},
    cwd: '/',
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

function untilGone(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}

/** The first bytes of what the child wrote, for the log only. */
function collectOutput(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(0, keptOutput);
    });
  }
  return () => text;
}

function converse(child: ChildProcess, disk: DiskToRead, options: DiskReaderOptions, served: { bytes: number; requests: number }): Promise<Ending> {
  return new Promise<Ending>((resolve, reject) => {
    const watch = setInterval(() => void checkMemory(), memoryInterval);
    const deadline = setTimeout(() => die('over-limit', 'reader-killed-deadline', `${options.deadline} ms`), options.deadline);
    let waiting = 0;

    const settle = (): void => {
      clearInterval(watch);
      clearTimeout(deadline);
    };
    const die = (state: Death['state'], reason: Death['reason'], detail: string): void => {
      settle();
      resolve({ kind: 'death', death: { state, reason, detail } });
    };
    const checkMemory = async (): Promise<void> => {
      const bytes = child.pid === undefined ? undefined : await residentMemory(child.pid);
      if (bytes !== undefined && bytes > options.memoryLimit) die('over-limit', 'reader-killed-memory', `${options.memoryLimit} bytes`);
    };
    const serve = async (read: Extract<ChildMessage, { type: 'read' }>): Promise<void> => {
      waiting += 1;
      if (waiting > maxWaiting) {
        die('unreadable', 'reader-died', 'too many requests');
        return;
      }
      const reply = await readRange(disk.source, read);
      waiting -= 1;
      served.requests += 1;
      served.bytes += read.length;
      send(child, reply);
    };

    child.on('message', (message: unknown) => {
      const parsed = childMessage.safeParse(message);
      if (!parsed.success) die('unreadable', 'reader-died', 'invalid answer');
      else if (parsed.data.type === 'read') serve(parsed.data).catch(fail);
      else {
        settle();
        resolve({ kind: 'answer', message: parsed.data });
      }
    });
    const fail = (error: unknown): void => {
      settle();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    child.once('error', (error) => die('unreadable', 'reader-died', `cannot start: ${error.message}`));
    child.once('exit', (code, signal) => die('unreadable', 'reader-died', signal ?? `exit ${code}`));
    send(child, { type: 'start', size: disk.source.size, ...(disk.runningKernel === undefined ? {} : { runningKernel: disk.runningKernel }) });
  });
}

/** A child that is gone is noticed by its `exit`. */
function send(child: ChildProcess, message: ParentMessage): void {
  if (child.connected) child.send(message, () => undefined);
}

async function readRange(source: DiskSource, { id, offset, length }: Extract<ChildMessage, { type: 'read' }>): Promise<ParentMessage> {
  if (offset + length > source.size) return { type: 'failed', id, truncated: true };
  try {
    return { type: 'bytes', id, bytes: await source.read(offset, length) };
  } catch (error) {
    if (error instanceof SourceReadError) return { type: 'failed', id, truncated: error instanceof SourceTruncatedError };
    throw error;
  }
}
