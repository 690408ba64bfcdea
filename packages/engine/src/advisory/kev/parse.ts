import { cveNumberOf } from '../cve-number.ts';
import { isObject } from '../osv-record.ts';
import type { ThreatRecord } from '../threat-feed.ts';

export interface KevEntry {
  readonly cve: string;
  /** Day on which it was added, `2023-11-21`. */
  readonly added: string;
  /** Known use by ransomware; false is CISA's "Unknown", not "no". */
  readonly ransomware: boolean;
}

export interface KevCatalogue {
  /** RFC 3339. */
  readonly released: string;
  /** How many entries it says that it has. */
  readonly count: number;
  readonly entries: readonly unknown[];
}

/** CISA's Known Exploited Vulnerabilities catalogue (https://www.cisa.gov/known-exploited-vulnerabilities-catalog), its JSON. */
export const kevFormat = {
  licence: 'CC0-1.0',
  recognises: (root: unknown): boolean => isObject(root) && typeof root.catalogVersion === 'string' && Array.isArray(root.vulnerabilities),
  parse: parseCatalogue,
  parseEntry,
};

/** Undefined where what the catalogue says of itself cannot be read. */
function parseCatalogue(root: unknown): KevCatalogue | undefined {
  if (!isObject(root) || !Array.isArray(root.vulnerabilities)) return undefined;
  const { dateReleased, vulnerabilities, count = vulnerabilities.length } = root;
  if (typeof dateReleased !== 'string' || !/^\d{4}-\d{2}-\d{2}T[\d:.]{1,20}Z$/.test(dateReleased) || typeof count !== 'number') return undefined;
  return { released: dateReleased, count, entries: vulnerabilities };
}

function parseEntry(entry: unknown): ThreatRecord<KevEntry> {
  if (!isObject(entry)) return { kind: 'refused', name: '', reason: 'not-an-object', detail: typeof entry };
  const { cveID, dateAdded, knownRansomwareCampaignUse } = entry;
  const name = typeof cveID === 'string' ? cveID.slice(0, 40) : '';
  if (typeof cveID !== 'string' || cveNumberOf(cveID) === undefined) return { kind: 'refused', name, reason: 'field-malformed', detail: 'cveID' };
  if (typeof dateAdded !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(dateAdded)) return { kind: 'refused', name, reason: 'field-malformed', detail: 'dateAdded' };
  return { kind: 'read', value: { cve: cveID, added: dateAdded, ransomware: knownRansomwareCampaignUse === 'Known' } };
}
