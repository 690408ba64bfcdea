import type { Assessment, CoverageEntry, Forecast, NodeMatch } from '@nodeward/engine';
import { cvssScoreOf, riskScore } from '@nodeward/engine/assess';
import { inReadingOrder } from './shown-rows.ts';
import { coverageReasonText, notMatchedWords } from './wording.ts';

/** docs/schemas/assess.schema.json describes this. */
export function assessDocument(assessments: readonly Assessment[], shown: (match: NodeMatch) => boolean): object {
  return { assessments: assessments.map((assessment) => assessmentObject(assessment, shown)) };
}

/** docs/schemas/forecast.schema.json describes this. */
export function forecastDocument(from: string, to: string, forecast: Forecast): object {
  const rows = (matches: readonly NodeMatch[]): object[] => inReadingOrder(matches).map(matchObject);
  return {
    from,
    to,
    fixed: rows(forecast.fixed),
    remaining: rows(forecast.remaining),
    introduced: rows(forecast.introduced),
    undetermined: rows(forecast.undetermined),
  };
}

function assessmentObject(assessment: Assessment, shown: (match: NodeMatch) => boolean): object {
  const { inventory } = assessment;
  return {
    target: assessment.target,
    grade: assessment.facts.grade,
    complete: assessment.complete,
    operatingSystem: inventory?.operatingSystem.prettyName ?? null,
    inventory: inventory === undefined ? null : { id: inventory.id, packages: inventory.packages.length, components: inventory.components.length },
    advisoryDatabase: { revision: assessment.advisoryDatabaseRevision },
    coverage: coverageWithVerdict(assessment).map(coverageObject),
    matches: inReadingOrder(assessment.matches.filter(shown)).map(matchObject),
  };
}

interface WordedEntry extends Pick<CoverageEntry, 'subject' | 'state'> {
  readonly reason: string;
}

/** Why nothing was matched stands with the coverage: an empty list of matches alone would look clean. */
function coverageWithVerdict({ coverage, notMatched }: Assessment): readonly WordedEntry[] {
  const worded = coverage.map((entry) => ({ subject: entry.subject, state: entry.state, reason: coverageReasonText(entry) }));
  if (notMatched === undefined) return worded;
  return [...worded, { subject: 'advisories', state: 'unsupported', reason: notMatchedWords[notMatched] }];
}

function coverageObject({ subject, state, reason }: WordedEntry): object {
  return { subject, state, reason };
}

function matchObject(match: NodeMatch): object {
  return {
    vulnerability: match.vulnerability,
    sourcePackage: match.sourcePackage,
    packages: match.packages.map(({ name, version }) => ({ name, version })),
    installedVersion: match.installedVersion,
    fixedVersion: match.fixedVersion,
    state: match.state,
    severity: match.severity,
    ...threatObject(match),
    factClass: match.factClass,
    kernel: match.kernel,
    component: match.component === null ? null : { family: match.packageFamily, path: match.component, state: match.componentState },
    advisory: match.advisory,
    rule: match.rule,
    evidence: match.evidence,
  };
}

function threatObject({ cvss, severity, exploited, epss, state }: NodeMatch): object {
  // Only where no word is given for the severity: reading a vector loads a calculator, 7 ms and 2.5 MB.
  const cvssScore = severity === 'unknown' ? (cvssScoreOf(cvss) ?? null) : null;
  return { exploited, epss, riskScore: riskScore({ severity, cvssScore, exploited, epss, state }) };
}
