import { createRequire } from 'node:module';
import type cvssCalculator from 'ae-cvss-calculator';
import { type Severity, type SeveritySource, severities } from '../model/severity.ts';

export interface RatedSeverity {
  readonly severity: Severity;
  readonly source: SeveritySource;
}

/** design.md §6: the vendor's word, else the band of the best CVSS vector, else `unknown`. */
export function severityOf(vendorWord: string | undefined, vectors: readonly string[]): RatedSeverity {
  const word = severities.find((severity) => severity === vendorWord && severity !== 'unknown');
  if (word !== undefined) return { severity: word, source: 'vendor' };
  for (const vector of vectors) {
    const rated = rateVector(vector);
    if (rated !== undefined) return rated;
  }
  return { severity: 'unknown', source: 'none' };
}

/** Base score of the best vector that can be read; undefined where there is none: missing is not zero. */
export function cvssScoreOf(vectors: readonly string[]): number | undefined {
  for (const vector of vectors) {
    const score = vector.length > longestVector ? undefined : readScore(vector);
    if (score !== undefined) return score;
  }
  return undefined;
}

const rated = new Map<string, RatedSeverity | undefined>();
/** A feed has some thousand distinct vectors; a hostile one must not fill the memory. */
const ratedAtMost = 20_000;

function rateVector(vector: string): RatedSeverity | undefined {
  if (!rated.has(vector)) {
    if (rated.size >= ratedAtMost) rated.clear();
    rated.set(vector, calculate(vector));
  }
  return rated.get(vector);
}

const longestVector = 1024;

/** The library throws on a vector that it cannot read, and scores one without a base as 0: neither is a rating. */
function calculate(vector: string): RatedSeverity | undefined {
  if (vector.length > longestVector) return undefined;
  const score = readScore(vector);
  if (score === undefined) return undefined;
  return { severity: band(score), source: vector.startsWith('CVSS:4') ? 'cvss-v4' : 'cvss-v3' };
}

function readScore(vector: string): number | undefined {
  try {
    return baseScore(vector);
  } catch {
    return undefined;
  }
}

/** Loaded with the first vector: a process that only matches never needs it, and it takes 7 ms and 2.5 MB. */
const load: (name: 'ae-cvss-calculator') => typeof cvssCalculator = createRequire(import.meta.url);
let calculator: typeof cvssCalculator | undefined;

function baseScore(vector: string): number | undefined {
  const cvss = (calculator ??= load('ae-cvss-calculator'));
  if (vector.startsWith('CVSS:4.0/')) {
    const v4 = new cvss.Cvss4P0(vector);
    return v4.isBaseFullyDefined() ? v4.calculateScores().base : undefined;
  }
  if (!/^CVSS:3\.[01]\//.test(vector)) return undefined;
  const v3 = vector.startsWith('CVSS:3.1/') ? new cvss.Cvss3P1(vector) : new cvss.Cvss3P0(vector);
  return v3.isBaseFullyDefined() ? v3.calculateScores().base : undefined;
}

/** CVSS v3.1 §5 and v4.0 §6, "Qualitative Severity Rating Scale"; their "None" is our least. */
function band(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}
