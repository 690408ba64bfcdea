import type { DatabaseSync } from 'node:sqlite';
import type { EpssRow } from '../advisory/epss/parse.ts';
import { threatFormats } from '../advisory/registry.ts';
import { InvalidInputError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { type FeedSummary, Refusals } from './built-feed.ts';
import { epssBlockOf, writeEpssBlock } from './epss-block.ts';

/** A catalogue that holds fewer or more than it says was cut or put together: it is refused as a whole. */
export function writeKev(database: DatabaseSync, root: unknown, what: string): FeedSummary {
  const catalogue = threatFormats.kev.parse(root);
  if (catalogue === undefined) throw new InvalidInputError(`${what} is no catalogue that can be read (dateReleased or count)`);
  const { released, count, entries } = catalogue;
  if (count !== entries.length) throw new InvalidInputError(`${what} says that it has ${count} entries and has ${entries.length}`);
  const refusals = new Refusals();
  const added = new Set<string>();
  const insert = database.prepare('INSERT INTO kev VALUES (?, ?, ?)');
  for (const [index, entry] of entries.entries()) {
    const record = threatFormats.kev.parseEntry(entry);
    if (record.kind === 'refused') refusals.add({ ...record, name: record.name || `entry ${index}` });
    else if (added.has(record.value.cve)) refusals.add({ name: record.value.cve, reason: 'duplicate-id', detail: '' });
    else {
      added.add(record.value.cve);
      insert.run(record.value.cve, record.value.added, record.value.ransomware ? 1 : 0);
    }
  }
  return summaryOf({ feed: 'kev', licence: threatFormats.kev.licence, newest: released, records: added.size, refusals, what });
}

const linesPerProgress = 20_000;

/** The number of rows is not known before the last one: progress counts against what EPSS has today. */
const linesExpected = 360_000;

export async function writeEpss(
  database: DatabaseSync,
  lines: AsyncIterable<string>,
  what: string,
  onProgress: (done: number, of: number) => void,
): Promise<FeedSummary> {
  const refusals = new Refusals();
  const blocks = new Map<number, Map<number, EpssRow>>();
  let head: ReturnType<typeof threatFormats.epss.parseHead>;
  let read = 0;
  for await (const line of lines) {
    if (read === 0) head = threatFormats.epss.parseHead(line);
    else if (read === 1 && line !== threatFormats.epss.columns) throw new InvalidInputError(`${what} uses what this version cannot read (columns ${line.slice(0, 80)})`);
    else if (read > 1 && line !== '') addRow(line, blocks, refusals);
    if (head === undefined) throw new InvalidInputError(`${what} is no EPSS file that can be read (its first line)`);
    read += 1;
    if (read > limits.feedLines) throw new InvalidInputError(`${what} has more than ${limits.feedLines} lines`);
    if (read % linesPerProgress === 0) onProgress(read, Math.max(read, linesExpected));
  }
  const insert = database.prepare('INSERT INTO epss VALUES (?, ?)');
  for (const [block, rows] of [...blocks].toSorted(([a], [b]) => a - b)) insert.run(block, writeEpssBlock([...rows.values()]));
  const records = [...blocks.values()].reduce((sum, rows) => sum + rows.size, 0);
  const newest = `${head?.date ?? ''}T00:00:00Z`;
  return { ...summaryOf({ feed: 'epss', licence: threatFormats.epss.licence, newest, records, refusals, what }), model: head?.model ?? '' };
}

function addRow(line: string, blocks: Map<number, Map<number, EpssRow>>, refusals: Refusals): void {
  const record = threatFormats.epss.parseRow(line);
  if (record.kind === 'refused') {
    refusals.add(record);
    return;
  }
  const row = record.value;
  const id = epssBlockOf(row);
  const block = blocks.get(id) ?? new Map<number, EpssRow>();
  blocks.set(id, block);
  if (block.has(row.number)) refusals.add({ name: `CVE-${row.year}-${row.number}`, reason: 'duplicate-id', detail: '' });
  else block.set(row.number, row);
}

interface ThreatFacts {
  readonly feed: string;
  readonly licence: string;
  readonly newest: string;
  readonly records: number;
  readonly refusals: Refusals;
  readonly what: string;
}

function summaryOf({ what, records, refusals, ...facts }: ThreatFacts): FeedSummary {
  if (records === 0) throw new InvalidInputError(`${what} has no record that can be used`);
  return { ...facts, records, rows: records, ecosystems: [], families: [], refusedCount: refusals.count, refused: refusals.first };
}
