import { createBufferSource, createInventory, SourceReadError } from '@nodeward/engine';
import { type DiskRefusal, DiskRefusedError, type Evidence, type EvidenceDisk, ProviderBusyError } from '@nodeward/providers';
import { expect, it } from 'vitest';
import { defaultDiskReaderOptions, type Log } from '../dependencies.ts';
import { readEvidence } from './read-evidence.ts';

const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const origin = { connectionId: 'c', runningKernel: undefined };
const expired: DiskRefusal = { reason: 'disk-access-expired', detail: 'access-expired' };
type DiskEvidence = Extract<Evidence, { kind: 'disk' }>;

/** A disk that gives nothing, for the reason that it names. */
function takenAway(refusal: DiskRefusal | undefined, more: Partial<DiskEvidence> = {}): { readonly evidence: DiskEvidence; readonly closed: () => number } {
  let closed = 0;
  const disk = {
    size: 1024 * 1024,
    statistics: { bytes: 77, requests: 3 },
    refusal,
    read: async () => Promise.reject(new SourceReadError('403')),
    close: async () => Promise.resolve(void (closed += 1)),
  };
  return { evidence: { kind: 'disk', grade: 'disk', open: async () => Promise.resolve(disk), ...more }, closed: () => closed };
}

const list = (refusal: DiskRefusal): Extract<Evidence, { kind: 'inventory' }> => ({
  kind: 'inventory',
  grade: 'manifest',
  inventory: createInventory({ id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04' }, []),
  coverage: [{ subject: 'disk', state: 'out-of-scope', ...refusal }],
  origin: 'list.txt',
});

it('reads the list in place of a disk that was taken away while it was read, and counts what the disk has cost', async () => {
  const { evidence, closed } = takenAway(expired, { instead: async (refusal) => Promise.resolve(list(refusal)) });
  const answer = await readEvidence(evidence, origin, defaultDiskReaderOptions, log);

  expect(answer).toMatchObject({ kind: 'read', reading: { facts: { grade: 'manifest' }, coverage: [{ subject: 'disk', state: 'out-of-scope', ...expired }], bytesRead: 77, requests: 3 } });
  expect(closed()).toBe(1);
});

it.each([
  ['as what it is', expired, 'disk-access-expired'],
  ['as bytes that did not come, where nobody knows why', undefined, 'read-error'],
] as const)('names the loss of a disk without a list %s', async (_, refusal, reason) => {
  const answer = await readEvidence(takenAway(refusal).evidence, origin, defaultDiskReaderOptions, log);

  expect(answer.kind === 'read' && answer.reading.coverage).toContainEqual(expect.objectContaining({ state: 'unreadable', reason }));
});

it('is refused where the list is refused', async () => {
  const refused: Evidence = { kind: 'refused', cause: 'image-not-published', reason: 'image-list-not-published', detail: 'x' };
  const { evidence } = takenAway(expired, { instead: async () => Promise.resolve(refused) });

  expect(await readEvidence(evidence, origin, defaultDiskReaderOptions, log)).toEqual(refused);
});

/** A disk whose equals are all over the fleet, and how often somebody had a copy of it made. */
function everywhere(content: string, open: () => Promise<EvidenceDisk>): { readonly evidence: DiskEvidence; readonly opened: () => number } {
  let opened = 0;
  const counted = async (): Promise<EvidenceDisk> => {
    opened += 1;
    return open();
  };
  return { evidence: { kind: 'disk', grade: 'reference-image', content, open: counted }, opened: () => opened };
}

it('opens one of many equal disks, and reads it once', async () => {
  let [reads, closed] = [0, 0];
  const empty = createBufferSource(new Uint8Array(1024 * 1024));
  const { evidence, opened } = everywhere('image', async () => Promise.resolve({
    size: empty.size,
    read: async (offset: number, length: number) => {
      reads += 1;
      return empty.read(offset, length);
    },
    close: async () => Promise.resolve(void (closed += 1)),
  }));
  const nodes = [undefined, { release: '5.15.0-1041-azure', from: 'node-object' }, { release: '5.15.0-1118-azure', from: 'node-object' }] as const;
  const [first, ...others] = await Promise.all(nodes.map(async (runningKernel) => readEvidence(evidence, { ...origin, runningKernel }, defaultDiskReaderOptions, log)));

  expect([opened(), closed]).toEqual([1, 1]);
  expect(reads).toBe(first?.kind === 'read' ? first.reading.requests : 0);
  expect(others).toMatchObject([{ kind: 'read', reading: { bytesRead: 0, requests: 0 } }, { kind: 'read', reading: { bytesRead: 0, requests: 0 } }]);
});

it('gives each node its own list in place of a copy that nobody can have, after one attempt', async () => {
  const gone: DiskRefusal = { reason: 'disk-not-found', detail: 'ResourceNotFound' };
  const { evidence, opened } = everywhere('refused', async () => Promise.reject(new DiskRefusedError(gone)));
  const readings = ['a.txt', 'b.txt'].map(async (name) => readEvidence({ ...evidence, instead: async (refusal) => Promise.resolve({ ...list(refusal), origin: name }) }, origin, defaultDiskReaderOptions, log));

  expect((await Promise.all(readings)).map((answer) => answer.kind === 'read' && [answer.reading.facts.evidencePaths['os-packages'], answer.reading.coverage[0]?.reason])).toEqual([['a.txt', 'disk-not-found'], ['b.txt', 'disk-not-found']]);
  expect(opened()).toBe(1);
  // what went wrong may go better the next time
  await readEvidence({ ...evidence, instead: async (refusal) => Promise.resolve(list(refusal)) }, origin, defaultDiskReaderOptions, log);
  expect(opened()).toBe(2);
});

it('is refused by name where a copy cannot be had and nothing stands in its place', async () => {
  const { evidence } = everywhere('alone', async () => Promise.reject(new DiskRefusedError(expired)));
  expect(await readEvidence(evidence, origin, defaultDiskReaderOptions, log)).toEqual({ kind: 'refused', cause: 'unreachable', reason: 'disk-access-expired', detail: 'access-expired' });
});

it('is asked again where the environment is busy', async () => {
  const { evidence } = everywhere('busy', async () => Promise.reject(new ProviderBusyError('429', 1000)));
  await expect(readEvidence(evidence, origin, defaultDiskReaderOptions, log)).rejects.toMatchObject({ code: 'PROVIDER_BUSY' });
});
