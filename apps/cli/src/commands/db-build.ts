import { buildAdvisoryDatabase, type BuiltFeed, type FeedOutcome, InvalidInputError } from '@nodeward/engine';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { bytesText, counted } from '../quantity.ts';

/** Of an RFC 3339 time: `2024-02-16`. */
const dateLength = 10;

export interface DatabaseBuildOptions {
  readonly output: string;
}

/** A refused feed leaves what it would have replaced in use; the status says that not all went in. */
export async function runDatabaseBuild(feeds: readonly string[], { output }: DatabaseBuildOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  const report = await build(feeds, output, invocation);
  for (const feed of report.feeds) {
    if (feed.outcome === 'refused') invocation.note(`${printable(feed.path)} was refused: ${printable(feed.reason)}`);
    else invocation.print(outcomeLine(feed));
    if (feed.outcome === 'built') noteRefusedRecords(feed.built, invocation);
  }
  invocation.print(`revision ${report.revision} in ${output}\n`);
  return report.feeds.some((feed) => feed.outcome === 'refused') ? exitStatus.wrongUse : exitStatus.assessed;
}

async function build(feeds: readonly string[], folder: string, { progress }: Invocation): ReturnType<typeof buildAdvisoryDatabase> {
  try {
    return await buildAdvisoryDatabase({
      feeds: feeds.map((path) => ({ path })),
      folder,
      purpose: 'production',
      onProgress: ({ path, done, of }) => progress.show(`${path}: ${done} of ${counted(of, 'record', 'records')}`),
    });
  } catch (error) {
    if (error instanceof InvalidInputError) throw new WrongUseError(printable(error.message), { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
}

function outcomeLine(feed: Exclude<FeedOutcome, { outcome: 'refused' }>): string {
  if (feed.outcome === 'unchanged') return `${feed.path}: unchanged (${feed.feed})\n`;
  const { built, seconds } = feed;
  const size = `${counted(built.records, 'record', 'records')}, ${counted(built.rows, 'row', 'rows')}, ${bytesText(built.bytes)}`;
  const newest = built.newest === '' ? '' : `, newest ${built.newest.slice(0, dateLength)}`;
  return `${feed.path}: ${built.feed}, ${size}${newest}, in ${seconds.toFixed(1)} s\n`;
}

function noteRefusedRecords({ feed, refusedCount, refused }: BuiltFeed, invocation: Invocation): void {
  if (refusedCount === 0) return;
  const first = refused.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  invocation.note(printable(`${feed}: ${counted(refusedCount, 'record was', 'records were')} refused: ${first}`));
}
