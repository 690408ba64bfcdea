import type { ExplanationEntry } from '@nodeward/engine';
import { printable } from './printable.ts';
import { explanationReasonWords, matchStateWords } from './wording.ts';

/** One paragraph for each range that was looked at: the answer first, then what it rests on. */
export function explanationText(vulnerability: string, entries: readonly ExplanationEntry[]): string {
  if (entries.length === 0) return `${printable(vulnerability)}: nothing could be told.\n`;
  return `${entries.map((entry) => entryLines(vulnerability, entry).map(printable).join('\n')).join('\n\n')}\n`;
}

function entryLines(vulnerability: string, entry: ExplanationEntry): readonly string[] {
  const { outcome, sourcePackage, component, installedVersion, advisory, ecosystem, rule, evidence, versionOrder } = entry;
  const subject = [sourcePackage, ...(component === null ? [] : [component === '' ? entry.packageFamily : `/${component}`])].filter((text) => text !== '').join(' in ');
  return [
    `${outcome === 'match' ? 'MATCH   ' : 'NO MATCH'} ${vulnerability}${subject === '' ? '' : `, ${subject}`}: ${answer(entry)}`,
    ...line('installed', installedVersion === '' ? 'version unknown' : installedVersion),
    ...line('advisory', advisory === null ? null : [advisory, ...(ecosystem === null ? [] : [ecosystem])].join(', ')),
    ...line('affected', rangeText(entry)),
    ...line('compared', versionOrder === null ? null : [versionOrder, ...(rule === null ? [] : [rule])].join(', ')),
    ...line('evidence', evidence),
  ];
}

function answer({ state, reason }: ExplanationEntry): string {
  return [...(state === null ? [] : [matchStateWords[state]]), ...(reason === null ? [] : [explanationReasonWords[reason]])].join('; ');
}

function rangeText({ range }: ExplanationEntry): string | null {
  if (range === null) return null;
  const { introduced, above, fixed, lastAffected } = range;
  const from = above === null ? (introduced === null || introduced === '0' ? 'all' : `from ${introduced}`) : `above ${above}`;
  if (fixed !== null) return `${from}, fixed in ${fixed}`;
  return lastAffected === null ? `${from}, no fix` : `${from}, up to ${lastAffected}`;
}

function line(name: string, text: string | null): readonly string[] {
  return text === null ? [] : [`  ${name.padEnd(10)}${text}`];
}
