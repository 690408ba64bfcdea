import { type Assessment, assessReading, isAtLeast, type NodeMatch, type RunningKernel, type Severity } from '@nodeward/engine';
import { type AdvisoryOptions, openAdvisories, readSourceNames } from '../advisories.ts';
import { decisiveStatus, type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { assessDocument } from '../json.ts';
import { isShownByDefault } from '../shown-rows.ts';
import { incompleteLine, summaryLines } from '../summary.ts';
import { checkTarget, readTarget, type TargetOptions } from '../target.ts';

export interface AssessOptions extends AdvisoryOptions {
  readonly format: 'table' | 'json';
  readonly all?: true;
  readonly failOn?: Severity;
  readonly kernel?: string;
}

type Shown = (match: NodeMatch) => boolean;

export async function runAssess(paths: readonly string[], options: AssessOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  for (const path of paths) await checkTarget(path);
  const sourceNames = await readSourceNames(options);
  using advisories = await openAdvisories(options, invocation);
  if (advisories === undefined) return exitStatus.noAdvisories;

  const assessments: Assessment[] = [];
  for (const path of paths) assessments.push(await assess(path, { advisories, sourceNames, runningKernel: namedKernel(options) }, invocation));

  const shown: Shown = options.all === true ? () => true : isShownByDefault;
  if (options.format === 'json') printJson(assessments, shown, invocation);
  else await printTables(assessments, shown, invocation);
  noteIncomplete(assessments, invocation);
  return decisiveStatus(assessments.map((assessment) => assessmentStatus(assessment, options.failOn)));
}

async function assess(path: string, options: TargetOptions, invocation: Invocation): Promise<Assessment> {
  const reading = await readTarget(path, options, invocation);
  const facts = options.runningKernel === undefined ? {} : { runningKernel: options.runningKernel };
  return assessReading(reading, path, options.advisories, { facts });
}

/** The user speaks for the Node object, which is where `uname -r` is usually looked up. */
function namedKernel({ kernel }: AssessOptions): RunningKernel | undefined {
  return kernel === undefined ? undefined : { release: kernel, from: 'node-object' };
}

export function assessmentStatus(assessment: Assessment, failOn?: Severity): ExitStatus {
  const { notMatched, matches } = assessment;
  if (notMatched === 'database-made-for-sample' || notMatched === 'no-advisories-for-operating-system') return exitStatus.noAdvisories;
  if (!assessment.complete) return exitStatus.incomplete;
  const isReached = failOn !== undefined && matches.some((match) => isOpen(match) && isAtLeast(match.severity, failOn));
  return isReached ? exitStatus.failOnReached : exitStatus.assessed;
}

function isOpen(match: NodeMatch): boolean {
  return match.state === 'affected-fix-available' && isShownByDefault(match);
}

function printJson(assessments: readonly Assessment[], shown: Shown, invocation: Invocation): void {
  invocation.print(`${JSON.stringify(assessDocument(assessments, shown), undefined, 2)}\n`);
  for (const assessment of assessments) for (const line of summaryLines(assessment, shown)) invocation.say(line);
}

async function printTables(assessments: readonly Assessment[], shown: Shown, invocation: Invocation): Promise<void> {
  const [{ default: pc }, { matchTable }] = await Promise.all([import('picocolors'), import('../match-table.ts')]);
  const colors = pc.createColors(invocation.color);
  for (const assessment of assessments) {
    const matches = assessment.matches.filter(shown);
    if (matches.length > 0) invocation.print(`${matchTable(matches, colors)}\n`);
    invocation.print(`${summaryLines(assessment, shown).join('\n')}\n\n`);
  }
}

export function noteIncomplete(assessments: readonly Assessment[], invocation: Invocation): void {
  for (const assessment of assessments) {
    const line = incompleteLine(assessment);
    if (line !== undefined) invocation.note(line);
  }
  const isSourceUnknown = assessments.some(({ coverage }) => coverage.some(({ state }) => state === 'unknown-source'));
  if (isSourceUnknown) invocation.say('Published lists name binary packages only; --source-names FILE says which source each belongs to.');
}
