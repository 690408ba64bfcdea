import { type Assessment, assessReading, factsAfterBoot, type Forecast, type NodeMatch, type Reading, verdictsOf } from '@nodeward/engine';
import pc from 'picocolors';
import { type AdvisoryOptions, openAdvisories, readSourceNames } from '../advisories.ts';
import { decisiveStatus, type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { forecastDocument } from '../json.ts';
import { type Colors, matchTable } from '../match-table.ts';
import { everyAffectedState, openForecast } from '../open-forecast.ts';
import { counted } from '../quantity.ts';
import { summaryLines } from '../summary.ts';
import { checkTarget, readTarget, type TargetOptions } from '../target.ts';
import { assessmentStatus, namedFacts, noteIncomplete } from './assess.ts';

export interface ForecastOptions extends AdvisoryOptions {
  readonly format: 'table' | 'json';
  readonly all?: true;
  /** Of the node today, and after the move where that changes it. */
  readonly kubeletVersion?: string;
  readonly toKubeletVersion?: string;
}

export async function runForecast(from: string, to: string, options: ForecastOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  for (const path of [from, to]) await checkTarget(path);
  const targets: TargetOptions = { sourceNames: await readSourceNames(options) };
  const [left, right] = [await readTarget(from, targets, invocation), await readTarget(to, targets, invocation)];
  using advisories = await openAdvisories(options, [left.reading, right.reading], invocation);
  if (advisories === undefined) return exitStatus.noAdvisories;

  const { kubeletVersion, toKubeletVersion = kubeletVersion } = options;
  const reading = left.resolved(advisories);
  const now = assessReading(reading, left.path, advisories, { facts: namedFacts({ kubeletVersion }) });
  const after = assessReading(booted(right.resolved(advisories)), right.path, advisories, { facts: namedFacts({ kubeletVersion: toKubeletVersion }) });
  noteIncomplete([now, after], invocation);
  if (now.notMatched === undefined && after.notMatched === undefined) {
    const states = options.all === true ? everyAffectedState : (['affected-fix-available'] as const);
    const forecast = openForecast(now, after, states);
    if (options.format === 'json') invocation.print(`${JSON.stringify(forecastDocument(left.path, right.path, forecast), undefined, 2)}\n`);
    else printSections(forecast, rebootCount(now, assessReading(booted(reading), left.path, advisories, { facts: namedFacts({ kubeletVersion }) })), invocation);
  }
  printSummaries([now, after], options.format === 'json' ? invocation.say : (line) => invocation.print(`${line}\n`));
  return decisiveStatus([now, after].map((assessment) => assessmentStatus(assessment)));
}

/** A node that moves to a disk or an image boots it, so the newest kernel there is the one that runs. */
function booted(reading: Reading): Reading {
  return reading.inventory === undefined ? reading : { ...reading, facts: factsAfterBoot(reading.inventory, reading.facts) };
}

function rebootCount(now: Assessment, afterBoot: Assessment): number {
  const verdicts = verdictsOf(now.matches, [{ kind: 'reboot', matches: afterBoot.matches }]);
  return verdicts.filter(({ verdict }) => verdict === 'fixed-by-reboot').length;
}

function printSections(forecast: Forecast, byReboot: number, invocation: Invocation): void {
  const colors = pc.createColors(invocation.color);
  const { counts } = forecast;
  const sections = [
    ['Fixed', counts.fixed, forecast.fixed],
    ['Remaining', counts.remaining, forecast.remaining],
    ['Introduced', counts.introduced, forecast.introduced],
    ['Undetermined', counts.undetermined, forecast.undetermined],
  ] as const;
  for (const [title, count, rows] of sections) invocation.print(sectionText(title, count, rows, colors));
  const vulnerabilities = (count: number): string => counted(count, 'vulnerability', 'vulnerabilities');
  invocation.print(`Now ${vulnerabilities(counts.now)}, afterwards ${vulnerabilities(counts.after)}.\n`);
  if (counts.fixed === 0) invocation.print('This move fixes nothing.\n');
  if (byReboot > 0) invocation.print(`${vulnerabilities(byReboot)} of today ${byReboot === 1 ? 'needs' : 'need'} only a reboot: a fixed kernel is installed and does not run yet.\n`);
  invocation.print('\n');
}

function sectionText(title: string, count: number, rows: readonly NodeMatch[], colors: Colors): string {
  const heading = `${colors.bold(title)}: ${counted(count, 'vulnerability', 'vulnerabilities')}\n`;
  return rows.length === 0 ? `${heading}\n` : `${heading}${matchTable(rows, colors)}\n`;
}

function printSummaries(assessments: readonly Assessment[], printLine: (line: string) => void): void {
  for (const assessment of assessments) for (const line of summaryLines(assessment, () => true)) printLine(line);
}
