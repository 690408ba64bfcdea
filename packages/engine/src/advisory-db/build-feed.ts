import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { AdvisoryDatabasePurpose } from '../model/advisory-lookup.ts';
import type { BuiltFeed, FeedSummary } from './built-feed.ts';
import { type FeedContent, openFeedContent } from './feed-content.ts';
import { builderRevision, createTables, insertMeta } from './schema.ts';
import { writeAdvisories } from './write-advisories.ts';
import { writeEpss, writeKev } from './write-threats.ts';

export interface FeedBuildTask {
  readonly path: string;
  /** Undefined: the families of its ecosystems in lower case, or `kev` or `epss`. */
  readonly name?: string;
  readonly temporaryFile: string;
  readonly purpose: AdvisoryDatabasePurpose;
}

type OnProgress = (done: number, of: number) => void;

/** One feed into one SQLite file under a temporary name. Throws `InvalidInputError` where the feed must not be used. */
export async function buildFeed(task: FeedBuildTask, onProgress: OnProgress): Promise<BuiltFeed> {
  const content = await openFeedContent(task.path);
  // Defensive, Node's default, would silently keep a journal.
  const database = new DatabaseSync(task.temporaryFile, { defensive: false });
  try {
    createTables(database, content.kind);
    database.exec('BEGIN');
    const found = await writeContent(database, content, task.path, onProgress);
    const summary = { ...found, feed: task.name ?? found.feed };
    insertMeta(database, metaOf(summary, task.purpose));
    database.exec('COMMIT');
    database.close();
    const file = readFileSync(task.temporaryFile);
    return { ...summary, kind: content.kind, sha256: createHash('sha256').update(file).digest('hex'), bytes: file.length, sourceSha256: content.sourceSha256() };
  } finally {
    if (database.isOpen) database.close();
  }
}

function writeContent(database: DatabaseSync, content: FeedContent, what: string, onProgress: OnProgress): Promise<FeedSummary> | FeedSummary {
  switch (content.kind) {
    case 'advisories': return writeAdvisories(database, content.records, what, onProgress);
    case 'kev': return writeKev(database, content.root, what);
    case 'epss': return writeEpss(database, content.lines, what, onProgress);
  }
}

function metaOf(summary: FeedSummary, purpose: AdvisoryDatabasePurpose): Record<string, string> {
  return {
    builder: String(builderRevision),
    ecosystems: JSON.stringify(summary.ecosystems),
    feed: summary.feed,
    licence: summary.licence,
    ...(summary.model === undefined ? {} : { model: summary.model }),
    newest: summary.newest,
    purpose,
    records: String(summary.records),
    refused: String(summary.refusedCount),
    rows: String(summary.rows),
  };
}
