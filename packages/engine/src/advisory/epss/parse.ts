import { type CveNumber, cveNumberOf } from '../cve-number.ts';
import type { ThreatRecord } from '../threat-feed.ts';

/** Unit of scores and percentiles as they are kept: FIRST gives five decimals. */
export const epssUnit = 100_000;

export interface EpssHead {
  /** `v2025.03.14` */
  readonly model: string;
  /** Day of the scores, `2026-08-16`. */
  readonly date: string;
}

export interface EpssRow extends CveNumber {
  /** Integers in hundred-thousandths. */
  readonly score: number;
  readonly percentile: number;
}

/**
 * FIRST's EPSS scores (https://www.first.org/epss/data_stats): CSV with one line of comment in front,
 * `#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000`, and one of names.
 */
export const epssFormat = {
  /** Not an SPDX licence: FIRST asks for attribution. */
  licence: 'LicenseRef-FIRST-EPSS',
  columns: 'cve,epss,percentile',
  recognises: (start: string): boolean => start.startsWith('#model_version:'),
  parseHead,
  parseRow,
};

function parseHead(line: string): EpssHead | undefined {
  const found = /^#model_version:([\w.-]{1,40}),score_date:(\d{4}-\d{2}-\d{2})(?:T[\d:+.Z-]*)?$/.exec(line);
  const [, model, date] = found ?? [];
  return model === undefined || date === undefined ? undefined : { model, date };
}

function parseRow(line: string): ThreatRecord<EpssRow> {
  const [name = '', epss = '', share = '', ...more] = line.split(',');
  const cve = cveNumberOf(name);
  const [score, percentile] = [unitsOf(epss), unitsOf(share)];
  if (cve === undefined || score === undefined || percentile === undefined || more.length > 0) {
    return { kind: 'refused', name: name.slice(0, 40), reason: 'field-malformed', detail: line.slice(0, 80) };
  }
  return { kind: 'read', value: { ...cve, score, percentile } };
}

/** 0 to 1; the exponent is how Python writes very small ones. */
function unitsOf(text: string): number | undefined {
  if (!/^[01](?:\.\d{1,20})?(?:e-\d{1,2})?$/.test(text)) return undefined;
  const value = Number(text);
  return value > 1 ? undefined : Math.round(value * epssUnit);
}
