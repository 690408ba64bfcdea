import type { NodeMatch } from '@nodeward/engine';
import type pc from 'picocolors';
import { inReadingOrder } from './shown-rows.ts';
import { type Cell, formatTable } from './table.ts';
import { matchReasonWords, matchStateWords } from './wording.ts';

export type Colors = ReturnType<typeof pc.createColors>;

const head = ['VULNERABILITY', 'SEVERITY', 'SOURCE PACKAGE', 'INSTALLED', 'FIXED IN', 'STATE'] as const;

export function matchTable(matches: readonly NodeMatch[], colors: Colors): string {
  return formatTable(head, inReadingOrder(matches).map((match) => matchCells(match, colors)));
}

function matchCells(match: NodeMatch, colors: Colors): Cell[] {
  return [
    { text: match.vulnerability },
    { text: match.severity, paint: severityPaint(match, colors) },
    { text: match.sourcePackage },
    { text: match.installedVersion === '' ? '-' : match.installedVersion },
    { text: match.fixedVersion ?? '-' },
    { text: stateText(match) },
  ];
}

function severityPaint({ severity }: NodeMatch, colors: Colors): ((text: string) => string) | undefined {
  if (severity === 'critical') return (text) => colors.bold(colors.red(text));
  if (severity === 'high') return (text) => colors.red(text);
  if (severity === 'medium') return (text) => colors.yellow(text);
  return undefined;
}

function stateText(match: NodeMatch): string {
  const { state, reason, kernel, kernelRelease, exploited } = match;
  return [
    reason === undefined ? matchStateWords[state] : `${matchStateWords[state]}: ${matchReasonWords[reason]}`,
    ...(exploited === true ? ['exploited'] : []),
    ...(kernel === null ? [] : [`kernel ${kernelRelease ?? ''} ${kernel}`]),
    ...componentWords(match),
  ].join('; ');
}

function componentWords({ component, componentState, packageFamily }: NodeMatch): readonly string[] {
  if (component === null) return [];
  const where = component === '' ? packageFamily : `/${component}`;
  return [componentState === 'staged' ? `in ${where}, unused` : `in ${where}`];
}
