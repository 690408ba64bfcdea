import { type DiskSource, readDisk, SourceReadError, SourceTruncatedError } from '@nodeward/engine';
import { type BytesMessage, maxReadLength, type ParentMessage } from './reader-protocol.ts';

/**
 * The child process that parses a disk: no environment, no right to write or to start anything, files only where its
 * own code lies. It asks its parent for byte ranges and answers once. See `disk-reader.ts`.
 */
interface Waiting {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
let nextId = 0;

function answer(message: BytesMessage): void {
  const read = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.type === 'bytes') read?.resolve(message.bytes);
  else read?.reject(message.truncated ? new SourceTruncatedError('the disk ends early') : new SourceReadError('the disk cannot be read'));
}

function parentSource(size: number): DiskSource {
  return {
    size,
    read: (offset, length) => (length <= maxReadLength ? readRange(offset, length) : readLong(offset, length)),
    close: () => Promise.resolve(),
  };
}

function readRange(offset: number, length: number): Promise<Uint8Array> {
  const id = nextId++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    process.send?.({ type: 'read', id, offset, length });
  });
}

async function readLong(offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += maxReadLength) {
    bytes.set(await readRange(offset + at, Math.min(maxReadLength, length - at)), at);
  }
  return bytes;
}

async function read(size: number, options: Parameters<typeof readDisk>[1]): Promise<void> {
  const { inventory, facts, coverage } = await readDisk(parentSource(size), options);
  const sent = inventory === undefined ? {} : { inventory: { operatingSystem: inventory.operatingSystem, packages: inventory.packages, components: inventory.components } };
  const { runningKernel, componentFiles, evidencePaths } = facts;
  const known = { ...(runningKernel === undefined ? {} : { runningKernel }), ...(componentFiles === undefined ? {} : { componentFiles }) };
  const reading = { ...sent, facts: { ...known, evidencePaths }, coverage };
  process.send?.({ type: 'reading', reading });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ParentMessage) => {
  if (message.type !== 'start') answer(message);
  else void read(message.size, message.runningKernel === undefined ? {} : { runningKernel: message.runningKernel });
});
