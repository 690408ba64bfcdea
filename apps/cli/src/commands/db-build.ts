import { AdvisoryDatabaseError, buildAdvisoryDatabase, type BuildReport, type BuiltFeed, type FeedOutcome, InvalidInputError } from '@nodeward/engine';
import { makeAdvisoryFolder } from '../advisory-folder.ts';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { bytesText, counted } from '../quantity.ts';

/** Of an RFC 3339 time: `2024-02-16`. */
const dateLength = 10;

export interface DatabaseBuildOptions {
  readonly output: string;
}

/** A refused feed leaves what it would have replaced in use; the status says that not all went in. Ctrl-C leaves the database as it was. */
export async function runDatabaseBuild(feeds: readonly string[], { output }: DatabaseBuildOptions, invocation: Invocation): Promise<ExitStatus> {
  const signal = invocation.abortOnInterrupt();
  await makeAdvisoryFolder(output);
  try {
    return conclude(await build(feeds, output, signal, invocation), output, invocation);
  } catch (error) {
    if (signal.aborted) return exitStatus.interrupted;
    if (error instanceof InvalidInputError) throw new WrongUseError(printable(error.message), { cause: error });
    if (!(error instanceof AdvisoryDatabaseError)) throw error;
    invocation.note(printable(`${output}: ${error.message}`));
    return exitStatus.noAdvisories;
  }
}

async function build(feeds: readonly string[], folder: string, signal: AbortSignal, { progress }: Invocation): Promise<BuildReport> {
  try {
    return await buildAdvisoryDatabase({
      feeds: feeds.map((path) => ({ path })),
      folder,
      purpose: 'production',
      onProgress: ({ path, done, of }) => progress.show(`${path}: ${done} of ${counted(of, 'record', 'records')}`),
      signal,
    });
  } finally {
    progress.clear();
  }
}

function conclude({ feeds, revision }: BuildReport, folder: string, invocation: Invocation): ExitStatus {
  for (const feed of feeds) {
    if (feed.outcome === 'refused') invocation.note(`${printable(feed.path)} was refused: ${printable(feed.reason)}`);
    else invocation.print(outcomeLine(feed));
    if (feed.outcome === 'built') noteRefusedRecords(feed.built, invocation);
  }
  invocation.print(`revision ${revision} in ${folder}\n`);
  return feeds.some((feed) => feed.outcome === 'refused') ? exitStatus.wrongUse : exitStatus.assessed;
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
