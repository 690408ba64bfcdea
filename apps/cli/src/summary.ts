import type { Assessment, CoverageEntry, NodeMatch, Severity } from '@nodeward/engine';
import { isIncomplete, isLive, severities } from '@nodeward/engine/assess';
import { printable } from './printable.ts';
import { counted } from './quantity.ts';
import { isShownByDefault } from './shown-rows.ts';
import { coverageReasonText, matchStateWords, notMatchedWords } from './wording.ts';

/** Named in full before "and N more". */
const namesShown = 5;

/** What was read, what was not, and what came out: printed after every assessment. */
export function summaryLines(assessment: Assessment, shown: (match: NodeMatch) => boolean): readonly string[] {
  return [
    printable(assessment.target),
    ...field('Evidence', evidenceText(assessment)),
    ...field('Read', readText(assessment)),
    ...notReadLines(assessment.coverage),
    ...field('Result', ...resultLines(assessment, shown)),
  ];
}

/** One line for standard error: what stands in the way of a complete assessment; undefined where nothing does. */
export function incompleteLine(assessment: Assessment): string | undefined {
  if (assessment.complete) return undefined;
  const reasons = byReason(assessment.coverage.filter(isIncomplete)).map(({ subjects, why }) => `${subjects}: ${why}`);
  const undetermined = assessment.matches.filter((match) => match.state === 'undetermined' && match.componentState !== 'staged').length;
  if (undetermined > 0) reasons.push(`${counted(undetermined, 'row is', 'rows are')} undetermined`);
  if (assessment.notMatched !== undefined && (reasons.length === 0 || assessment.notMatched !== 'no-inventory')) reasons.push(notMatchedWords[assessment.notMatched]);
  const how = assessment.notMatched === undefined ? 'only partly assessed' : 'not assessed';
  return printable(`${assessment.target}: ${how}: ${shortened(reasons, '; ')}`);
}

function evidenceText({ facts, inventory }: Assessment): string {
  return printable([facts.grade, inventory?.operatingSystem.prettyName ?? 'operating system unknown'].join(', '));
}

function readText(assessment: Assessment): string {
  const { inventory, facts } = assessment;
  const packages = inventory === undefined ? 'no packages' : counted(inventory.packages.length, 'package', 'packages');
  const kernel = facts.runningKernel === undefined ? 'running kernel unknown' : `running kernel ${facts.runningKernel.release} (${facts.runningKernel.from})`;
  return printable([packages, kernel, ...componentTexts(assessment)].join(', '));
}

/** The binaries that something starts, each family with its version; staged ones are told apart. */
function componentTexts({ inventory, facts }: Assessment): readonly string[] {
  const staged = new Set((facts.componentFiles ?? []).filter(({ state }) => state === 'staged').map(({ path }) => path));
  const active = (inventory?.components ?? []).filter(({ path }) => !staged.has(path));
  const families = Map.groupBy(active, ({ family }) => family);
  const named = [...families].map(([family, components]) => `${family} ${[...new Set(components.map(({ version }) => version ?? 'of unknown version'))].join(' and ')}`);
  return staged.size === 0 ? named : [...named, counted(staged.size, 'unused component binary', 'unused component binaries')];
}

function notReadLines(coverage: readonly CoverageEntry[]): readonly string[] {
  const line = (name: string, entries: readonly CoverageEntry[]): readonly string[] =>
    byReason(entries).flatMap(({ subjects, state, why }) => field(name, printable(`${subjects} — ${state}: ${why}`)));
  const left = coverage.filter((entry) => entry.state !== 'read');
  return [...line('INCOMPLETE', left.filter(isIncomplete)), ...line('Left out', left.filter((entry) => !isIncomplete(entry)))];
}

interface ReasonGroup {
  readonly subjects: string;
  readonly state: CoverageEntry['state'];
  readonly why: string;
}

/** A disk can have hundreds of packages without a feed: one line for all that share a reason. */
function byReason(entries: readonly CoverageEntry[]): readonly ReasonGroup[] {
  const groups = Map.groupBy(entries, (entry) => `${entry.state}: ${coverageReasonText(entry)}`);
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ subjects: subjectsText(same.map(({ subject }) => subject)), state: first.state, why: coverageReasonText(first) }];
  });
}

function subjectsText(subjects: readonly string[]): string {
  const prefix = 'package ';
  if (subjects.length === 1 || !subjects.every((subject) => subject.startsWith(prefix))) return shortened(subjects, ', ');
  return `${counted(subjects.length, 'package', 'packages')} (${shortened(subjects.map((subject) => subject.slice(prefix.length)), ', ')})`;
}

function resultLines(assessment: Assessment, shown: (match: NodeMatch) => boolean): readonly string[] {
  if (assessment.notMatched !== undefined) return [`not assessed: ${notMatchedWords[assessment.notMatched]}`];
  const open = assessment.matches.filter((match) => isShownByDefault(match) && match.state === 'affected-fix-available');
  const lines = [`${counted(vulnerabilities(open), 'vulnerability', 'vulnerabilities')} with a fix available${open.length === 0 ? '' : ` (${severityText(open)}; ${counted(open.length, 'row', 'rows')})`}`];
  const exploited = open.filter((match) => match.exploited === true);
  if (exploited.length > 0) lines.push(`${counted(vulnerabilities(exploited), 'of them is', 'of them are')} known to be exploited`);
  const undetermined = assessment.matches.filter((match) => match.state === 'undetermined' && match.componentState !== 'staged');
  if (undetermined.length > 0) lines.push(`${counted(vulnerabilities(undetermined), 'vulnerability', 'vulnerabilities')} undetermined`);
  const hidden = assessment.matches.filter((match) => !shown(match));
  if (hidden.length > 0) lines.push(`hidden, shown with --all: ${hiddenText(hidden)}`);
  if (!assessment.complete) lines.push('NOT complete: what could not be read may hide more');
  return lines;
}

function hiddenText(hidden: readonly NodeMatch[]): string {
  const groups = Map.groupBy(hidden, (match) => (isLive(match) ? matchStateWords[match.state] : whyNotLive(match)));
  return [...groups].map(([words, matches]) => `${counted(matches.length, 'row', 'rows')} ${words}`).join(', ');
}

function whyNotLive({ kernel, componentState }: NodeMatch): string {
  return componentState === 'staged' ? 'in unused binaries' : `${kernel ?? 'unknown'} kernel`;
}

function severityText(matches: readonly NodeMatch[]): string {
  const bySeverity = Map.groupBy(matches, (match): Severity => match.severity);
  return severities.flatMap((severity) => {
    const count = vulnerabilities(bySeverity.get(severity) ?? []);
    return count === 0 ? [] : [`${count} ${severity}`];
  }).join(', ');
}

function vulnerabilities(matches: readonly NodeMatch[]): number {
  return new Set(matches.map((match) => match.vulnerability)).size;
}

function shortened(texts: readonly string[], separator: string): string {
  const more = texts.length - namesShown;
  const named = texts.slice(0, namesShown).join(separator);
  return more > 0 ? `${named}${separator}and ${more} more` : named;
}

function field(name: string, ...lines: readonly string[]): readonly string[] {
  const width = 11;
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(width)}${line}`);
}
