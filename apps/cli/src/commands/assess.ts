import type { Assessment, NodeFacts, NodeMatch, RunningKernel, Severity } from '@nodeward/engine';
import { assessReading, isAtLeast } from '@nodeward/engine/assess';
import { type AdvisoryOptions, openAdvisories, readSourceNames } from '../advisories.ts';
import { decisiveStatus, type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { assessDocument } from '../json.ts';
import { isShownByDefault } from '../shown-rows.ts';
import { incompleteLine, summaryLines } from '../summary.ts';
import { checkTarget, readTarget, type TargetOptions, type TargetReading } from '../target.ts';

/** What the user knows of the node. */
export interface NodeOptions {
  readonly kernel?: string | undefined;
  readonly kubeletVersion?: string | undefined;
}

export interface AssessOptions extends AdvisoryOptions, NodeOptions {
  readonly format: 'table' | 'json';
  readonly all?: true;
  readonly failOn?: Severity;
}

type Shown = (match: NodeMatch) => boolean;

export async function runAssess(paths: readonly string[], options: AssessOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  for (const path of paths) await checkTarget(path);
  const targets: TargetOptions = { sourceNames: await readSourceNames(options), runningKernel: namedKernel(options), openStaged: options.all };
  const readings: TargetReading[] = [];
  for (const path of paths) readings.push(await readTarget(path, targets, invocation));
  using advisories = await openAdvisories(options, readings.map(({ reading }) => reading), invocation);
  if (advisories === undefined) return exitStatus.noAdvisories;

  const facts = namedFacts(options);
  const assessments = readings.map(({ path, resolved }) => assessReading(resolved(advisories), path, advisories, { facts }));
  const shown: Shown = options.all === true ? () => true : isShownByDefault;
  if (options.format === 'json') printJson(assessments, shown, invocation);
  else await printTables(assessments, shown, invocation);
  noteIncomplete(assessments, invocation);
  return decisiveStatus(assessments.map((assessment) => assessmentStatus(assessment, options.failOn)));
}

/** The user speaks for the Node object, which is where `uname -r` is usually looked up. */
export function namedKernel({ kernel }: NodeOptions): RunningKernel | undefined {
  return kernel === undefined ? undefined : { release: kernel, from: 'node-object' };
}

export function namedFacts(options: NodeOptions): Partial<NodeFacts> {
  const runningKernel = namedKernel(options);
  const { kubeletVersion } = options;
  return { ...(runningKernel === undefined ? {} : { runningKernel }), ...(kubeletVersion === undefined ? {} : { kubeletVersion }) };
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
