import type { FeedFormat } from '../feed.ts';
import { firstEcosystemOf, type Json, list, object, type OsvDialect, parseOsvRecord, required } from '../osv-record.ts';

/** OSV as Canonical publishes it. */
export const osvFormat: FeedFormat = {
  id: 'osv',
  families: new Map([['Ubuntu', 'CC-BY-SA-4.0']]),
  recognises: (record) => firstEcosystemOf(record) !== undefined,
  parse: (record) => (isNotice(record) ? { kind: 'index' } : parseOsvRecord(record, dialect)),
};

/** Canonical's notices (USN, LSN) of vulnerabilities that have records of their own: counted twice otherwise. */
function isNotice(record: unknown): boolean {
  if (typeof record !== 'object' || record === null || !('id' in record) || typeof record.id !== 'string' || !/^[UL]SN-/.test(record.id)) return false;
  const named = ['upstream', 'aliases', 'related'].map((key): unknown => Reflect.get(record, key));
  return named.flat().some((name) => typeof name === 'string' && /^(UBUNTU-)?CVE-/.test(name));
}

const dialect: OsvDialect = {
  rangeType: 'ECOSYSTEM',
  restrictions: (affected) => {
    const binaries = readBinaries(affected);
    return binaries === undefined ? {} : { binaries };
  },
};

/** Canonical's export: `"ecosystem_specific": {"binaries": [{"binary_name": …, "binary_version": …}]}`. */
function readBinaries(affected: Json): string[] | undefined {
  const specific = affected.ecosystem_specific;
  if (specific === undefined || !Object.hasOwn(object(specific, 'ecosystem_specific'), 'binaries')) return undefined;
  const names = list(object(specific, 'ecosystem_specific'), 'binaries').map((binary) => required(object(binary, 'binaries'), 'binary_name'));
  // An empty list says that nothing is known about binaries, not that none is affected.
  return names.length === 0 ? undefined : [...new Set(names)].toSorted();
}
