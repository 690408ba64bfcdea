import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AdvisoryDatabaseError, type AdvisoryDatabaseStatus, advisoryDatabaseStatus, type FeedStatus } from '@nodeward/engine';
import type { AdvisorySourceState } from '@nodeward/providers';
import { advisoryFolder } from '../advisory-folder.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { bytesText, counted } from '../quantity.ts';
import { formatTable } from '../table.ts';

/** Of an RFC 3339 time: `2024-02-16`. */
const dateLength = 10;
const millisecondsPerDay = 86_400_000;
const unknown = '-';

export interface DatabaseStatusOptions {
  readonly db?: string;
  readonly format: 'table' | 'json';
}

export async function runDatabaseStatus({ db, format }: DatabaseStatusOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  const folder = advisoryFolder(db, invocation.environment);
  const status = await readStatus(folder, invocation);
  if (status === undefined) return exitStatus.noAdvisories;
  const now = invocation.now();
  const sources = await readSources(folder);
  invocation.print(format === 'json' ? `${JSON.stringify(statusDocument(folder, status, sources, now), undefined, 2)}\n` : statusText(folder, status, now) + sourcesText(sources, now));
  const damaged = status.feeds.filter((feed) => feed.damage !== undefined);
  for (const { damage } of damaged) invocation.note(printable(damage?.message ?? ''));
  return damaged.length > 0 || status.feeds.length === 0 ? exitStatus.noAdvisories : exitStatus.assessed;
}

async function readStatus(folder: string, invocation: Invocation): Promise<AdvisoryDatabaseStatus | undefined> {
  try {
    return await advisoryDatabaseStatus(folder);
  } catch (error) {
    if (!(error instanceof AdvisoryDatabaseError)) throw error;
    invocation.note(printable(error.message));
    return undefined;
  }
}

/** Of a database that `db update` or the server fetches; one that was built by hand has none. */
async function readSources(folder: string): Promise<readonly AdvisorySourceState[]> {
  if (!existsSync(join(folder, 'sources.json'))) return [];
  const { readAdvisorySources } = await import('@nodeward/providers');
  return (await readAdvisorySources(folder)).filter(({ state }) => state !== 'never');
}

function sourcesText(sources: readonly AdvisorySourceState[], now: Date): string {
  if (sources.length === 0) return '';
  const head = ['SOURCE', 'STATE', 'ASKED', 'CHANGED', 'FROM'];
  const rows = sources.map(({ name, state, checkedAt, changedAt, url }) => [name, state, ago(checkedAt, now), ago(changedAt, now), url].map((text) => ({ text: printable(text) })));
  const failures = sources.flatMap(({ name, failure }) => (failure === undefined ? [] : [`\n${printable(`${name} at ${failure.at}: ${failure.code}: ${failure.detail}`)}\n`]));
  return `\n${formatTable(head, rows)}${failures.join('')}`;
}

function ago(at: string | null, now: Date): string {
  if (at === null) return unknown;
  const days = Math.floor((now.getTime() - Date.parse(at)) / millisecondsPerDay);
  return days < 1 ? 'today' : `${counted(days, 'day', 'days')} ago`;
}

function statusText(folder: string, { revision, purpose, feeds }: AdvisoryDatabaseStatus, now: Date): string {
  const head = ['FEED', 'RECORDS', 'ROWS', 'REFUSED', 'SIZE', 'NEWEST', 'AGE', 'LICENCE', 'STATE'];
  const ecosystems = feeds.flatMap((feed) => ((feed.ecosystems ?? []).length === 0 ? [] : [`\n${feed.name}: ${printable((feed.ecosystems ?? []).join(', '))}\n`]));
  return `folder    ${folder}\nrevision  ${revision}\npurpose   ${purpose}\n\n${formatTable(head, feeds.map((feed) => feedRow(feed, now)))}${ecosystems.join('')}`;
}

function feedRow(feed: FeedStatus, now: Date): { text: string }[] {
  const age = ageInDays(feed, now);
  return [
    feed.model === undefined ? feed.name : `${feed.name} ${feed.model}`,
    String(feed.records),
    String(feed.rows ?? unknown),
    String(feed.refused ?? unknown),
    bytesText(feed.bytes),
    feed.newest.slice(0, dateLength) || unknown,
    age === null ? unknown : counted(age, 'day', 'days'),
    feed.licence ?? unknown,
    feed.damage === undefined ? 'good' : feed.damage.reason,
  ].map((text) => ({ text }));
}

/** Whole days since its newest record; null where nothing of it says a time. */
function ageInDays({ newest }: FeedStatus, now: Date): number | null {
  const time = Date.parse(newest);
  return Number.isNaN(time) ? null : Math.max(0, Math.floor((now.getTime() - time) / millisecondsPerDay));
}

/** docs/schemas/db-status.schema.json describes this. */
function statusDocument(folder: string, { revision, purpose, feeds }: AdvisoryDatabaseStatus, sources: readonly AdvisorySourceState[], now: Date): object {
  return { folder, revision, purpose, feeds: feeds.map((feed) => feedObject(feed, now)), sources: sources.map(({ failure, ...source }) => ({ ...source, failure: failure ?? null })) };
}

function feedObject(feed: FeedStatus, now: Date): object {
  return {
    name: feed.name,
    kind: feed.kind,
    file: feed.file,
    sha256: feed.sha256,
    bytes: feed.bytes,
    records: feed.records,
    rows: feed.rows ?? null,
    refused: feed.refused ?? null,
    newest: feed.newest === '' ? null : feed.newest,
    ageDays: ageInDays(feed, now),
    licence: feed.licence ?? null,
    model: feed.model ?? null,
    ecosystems: feed.ecosystems ?? [],
    state: feed.damage?.reason ?? 'good',
    message: feed.damage?.message ?? null,
  };
}
