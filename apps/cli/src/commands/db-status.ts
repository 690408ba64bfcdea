import { AdvisoryDatabaseError, type AdvisoryDatabaseStatus, advisoryDatabaseStatus, type FeedStatus } from '@nodeward/engine';
import { advisoryFolder } from '../advisory-folder.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { bytesText } from '../quantity.ts';
import { formatTable } from '../table.ts';

/** Of an RFC 3339 time: `2024-02-16`. */
const dateLength = 10;

export interface DatabaseStatusOptions {
  readonly db?: string;
}

export async function runDatabaseStatus(options: DatabaseStatusOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  const folder = advisoryFolder(options.db, invocation.environment);
  const status = await readStatus(folder, invocation);
  if (status === undefined) return exitStatus.noAdvisories;
  invocation.print(`folder    ${folder}\nrevision  ${status.revision}\npurpose   ${status.purpose}\n\n`);
  invocation.print(formatTable(['FEED', 'RECORDS', 'ROWS', 'REFUSED', 'SIZE', 'NEWEST', 'STATE'], status.feeds.map(feedRow)));
  for (const feed of status.feeds) if (feed.ecosystems !== undefined) invocation.print(ecosystemLine(feed.name, feed.ecosystems));
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

function feedRow(feed: FeedStatus): { text: string }[] {
  const unknown = '-';
  return [
    feed.name,
    String(feed.records),
    String(feed.rows ?? unknown),
    String(feed.refused ?? unknown),
    bytesText(feed.bytes),
    feed.newest.slice(0, dateLength),
    feed.damage === undefined ? 'good' : feed.damage.reason,
  ].map((text) => ({ text }));
}

function ecosystemLine(feed: string, ecosystems: readonly string[]): string {
  return `\n${feed}: ${printable(ecosystems.join(', '))}\n`;
}
