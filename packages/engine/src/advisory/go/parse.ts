import type { AffectedRange } from '../../model/advisory.ts';
import type { FeedFormat, ParsedRecord } from '../feed.ts';
import { firstEcosystemOf, isObject, type Json, list, object, type OsvDialect, parseOsvRecord, strings } from '../osv-record.ts';

/**
 * Go's vulnerability database (https://go.dev/doc/security/vuln/database), as one archive of OSV
 * records. It gives no severity. `custom_ranges` are left alone, as Go's own checker does: they count in
 * versions that are not the module's, and the ordinary range then says that every version is affected.
 */
export const goFormat: FeedFormat = {
  id: 'go',
  families: new Map([['Go', 'CC-BY-4.0']]),
  recognises: (record) => firstEcosystemOf(record) === 'Go' || (isObject(record) && typeof record.id === 'string' && isGoId(record.id) && Array.isArray(record.affected)),
  parse: parseGoRecord,
};

const dialect: OsvDialect = { rangeType: 'SEMVER', restrictions: (affected) => operatingSystemsOf(affected) };

function isGoId(id: string): boolean {
  return /^GO-\d{4}-\d+$/.test(id);
}

/** The archive of vuln.go.dev carries three indexes beside the records: `index/db.json` says when it was made, the others are lists. */
function parseGoRecord(record: unknown): ParsedRecord {
  if (isObject(record) && Object.keys(record).join() === 'modified' && typeof record.modified === 'string') return { kind: 'index', date: record.modified };
  if (Array.isArray(record) && record.length > 0 && record.every(isIndexEntry)) return { kind: 'index' };
  return parseOsvRecord(record, dialect);
}

/** `index/modules.json`: `{path, vulns}`; `index/vulns.json`: `{id, modified}`. */
function isIndexEntry(entry: unknown): boolean {
  return isObject(entry) && !('affected' in entry) && (typeof entry.path === 'string' || (typeof entry.id === 'string' && isGoId(entry.id)));
}

/**
 * An import limited to operating systems says that its symbols exist there only. The module is
 * affected elsewhere as soon as one import names none; `[]` where all name others than ours (`darwin`).
 */
function operatingSystemsOf(affected: Json): Pick<AffectedRange, 'operatingSystems'> {
  const specific = affected.ecosystem_specific;
  if (specific === undefined || specific === null) return {};
  const limited = list(object(specific, 'ecosystem_specific'), 'imports').map((entry) => strings(object(entry, 'imports'), 'goos'));
  if (limited.length === 0 || limited.some((systems) => systems.length === 0)) return {};
  const named = new Set(limited.flat());
  return { operatingSystems: (['linux', 'windows'] as const).filter((system) => named.has(system)) };
}
