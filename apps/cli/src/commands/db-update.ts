import { dirname, join } from 'node:path';
import { AdvisoryDatabaseError } from '@nodeward/engine';
import type { AdvisorySourceState, AdvisoryUpdateProgress, AdvisoryUpdateReport, SourceChange } from '@nodeward/providers';
import { advisoryFolder, makeAdvisoryFolder } from '../advisory-folder.ts';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { bytesText, counted } from '../quantity.ts';

export interface DatabaseUpdateOptions {
  readonly db?: string;
  readonly mirror?: string;
  readonly caFile?: string;
}

/** Of an RFC 3339 time: `2024-02-16`. */
const dateLength = 10;

/** One line per source. What failed keeps its data, and the status says that not all is fresh. */
export async function runDatabaseUpdate(named: readonly string[], options: DatabaseUpdateOptions, invocation: Invocation): Promise<ExitStatus> {
  const { advisorySourceNames, InvalidConfigurationError, openNodeImageLists, openOutbound, updateAdvisorySources } = await import('@nodeward/providers');
  const known = [...advisorySourceNames, 'node-images'];
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new WrongUseError(`${printable(unknown)} is not a source; there are: ${known.join(', ')}`);
  const signal = invocation.abortOnInterrupt();
  const folder = advisoryFolder(options.db, invocation.environment);
  // One mirror may hold both; the server takes the same two variables.
  const { NODEWARD_ADVISORY_MIRROR: feeds, NODEWARD_NODE_IMAGE_MIRROR: images } = invocation.environment;
  const mirror = options.mirror ?? nonEmpty(feeds);
  try {
    const outbound = await openOutbound({ environment: invocation.environment, caFile: options.caFile });
    try {
      const lists = await openNodeImageLists({ folder: join(dirname(folder), 'node-image-lists'), outbound, mirror: options.mirror ?? nonEmpty(images), now: invocation.now });
      const names = named.length === 0 ? undefined : advisorySourceNames.filter((name) => named.includes(name));
      const nodeImages = named.length === 0 || named.includes('node-images') ? lists : undefined;
      await makeAdvisoryFolder(folder);
      const report = await updateAdvisorySources({ folder, purpose: 'production', outbound, names, mirror, nodeImages, now: invocation.now }, (progress) => show(progress, invocation), signal);
      return conclude(report, folder, invocation);
    } finally {
      await outbound.close();
    }
  } catch (error) {
    if (signal.aborted) return exitStatus.interrupted;
    if (error instanceof InvalidConfigurationError) throw new WrongUseError(printable(error.message), { cause: error });
    if (!(error instanceof AdvisoryDatabaseError)) throw error;
    invocation.note(printable(`${folder}: ${error.message}`));
    return exitStatus.noAdvisories;
  } finally {
    invocation.progress.clear();
  }
}

function show(progress: AdvisoryUpdateProgress, invocation: Invocation): void {
  switch (progress.phase) {
    case 'downloading':
      invocation.progress.show(`${progress.name}: ${bytesText(progress.bytes)}${progress.of === undefined ? '' : ` of ${bytesText(progress.of)}`}`);
      break;
    case 'building':
      invocation.progress.show(`${progress.name}: ${progress.done} of ${counted(progress.of, 'record', 'records')}`);
      break;
    case 'finished':
      invocation.progress.clear();
      invocation.print(`${sourceLine(progress.source, progress.change)}\n`);
      break;
  }
}

function sourceLine({ name, url, records, newest, changedAt, failure }: AdvisorySourceState, change: SourceChange): string {
  if (failure !== undefined) {
    const kept = changedAt === null ? 'nothing of it is here yet' : `what came on ${changedAt.slice(0, dateLength)} stays in use`;
    return printable(`${name}: failed (${failure.code}): ${failure.detail}; ${kept}`);
  }
  const isLists = name === 'node-images';
  const done = isLists ? 'asked for versions' : change === 'changed' ? 'updated' : 'unchanged';
  const count = records === null ? [] : [isLists ? `${counted(records, 'list', 'lists')} kept` : counted(records, 'record', 'records')];
  return printable([`${name}: ${done}`, ...count, ...(newest === null ? [] : [`newest ${newest.slice(0, dateLength)}`]), `from ${url}`].join(', '));
}

function conclude(report: AdvisoryUpdateReport, folder: string, invocation: Invocation): ExitStatus {
  if (report.kind === 'already-running') {
    invocation.note(`another update of ${printable(folder)} is running`);
    return exitStatus.incomplete;
  }
  if (report.revision !== null) invocation.print(printable(`revision ${report.revision} in ${folder}`) + '\n');
  return report.sources.some(({ change }) => change === 'failed') ? exitStatus.incomplete : exitStatus.assessed;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
