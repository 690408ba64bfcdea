import type { LedgerRow } from '@nodeward/api';
import { forecast, type NodeMatch } from '@nodeward/engine';
import type { PredictedRows, RowKey } from '../database/schema.ts';
import { forecastKey } from '../dependencies.ts';

export type Comparison = Pick<LedgerRow, 'independent' | 'predicted' | 'actual' | 'missed' | 'precision'>;

type Outcome = LedgerRow['missed'][number]['predicted'];

interface Outcomes {
  readonly fixed: readonly RowKey[];
  readonly remaining: readonly RowKey[];
  readonly introduced: readonly RowKey[];
}

/**
 * What was foretold when the job began beside what the verifying assessments found. `independent`: these rest on other
 * evidence than the forecast; otherwise their agreement says nothing of its precision.
 */
export function compareWithForecast(predicted: PredictedRows & { readonly counts: LedgerRow['predicted'] }, after: readonly NodeMatch[], independent: boolean): Comparison {
  const actual = forecast(predicted.before, after);
  const { fixed, remaining, introduced } = actual.counts;
  return {
    independent,
    predicted: { fixed: predicted.counts.fixed, remaining: predicted.counts.remaining, introduced: predicted.counts.introduced },
    actual: { fixed, remaining, introduced },
    missed: missedRows(predicted, actual),
    precision: independent ? precisionOf(predicted, actual) : null,
  };
}

function missedRows(predicted: Outcomes, actual: Outcomes): LedgerRow['missed'] {
  const foretold = outcomesByRow(predicted);
  const found = outcomesByRow(actual);
  const rows = new Map([...foretold, ...found].map(([key, { row }]) => [key, row]));
  return [...rows].flatMap(([key, { packageFamily, vulnerability }]) => {
    const [before, after] = [foretold.get(key)?.outcome ?? 'absent', found.get(key)?.outcome ?? 'absent'];
    return before === after ? [] : [{ vulnerability, packageFamily, predicted: before, actual: after }];
  });
}

function outcomesByRow(outcomes: Outcomes): Map<string, { readonly row: RowKey; readonly outcome: Outcome }> {
  const named = (rows: readonly RowKey[], outcome: Outcome) => rows.map((row) => [forecastKey(row.packageFamily, row.vulnerability), { row, outcome }] as const);
  return new Map([...named(outcomes.fixed, 'fixed'), ...named(outcomes.remaining, 'remaining'), ...named(outcomes.introduced, 'introduced')]);
}

/** Of the CVEs that were to be fixed in every package family, those that are. */
function precisionOf(predicted: Outcomes, actual: Outcomes): number | null {
  const foretold = fixedVulnerabilities(predicted);
  const found = fixedVulnerabilities(actual);
  return foretold.length === 0 ? null : foretold.filter((vulnerability) => found.includes(vulnerability)).length / foretold.length;
}

function fixedVulnerabilities({ fixed, remaining, introduced }: Outcomes): readonly string[] {
  const left = new Set([...remaining, ...introduced].map(({ vulnerability }) => vulnerability));
  return [...new Set(fixed.map(({ vulnerability }) => vulnerability))].filter((vulnerability) => !left.has(vulnerability));
}
