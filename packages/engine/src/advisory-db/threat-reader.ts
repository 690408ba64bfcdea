import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { type CveNumber, cveNumberOf } from '../advisory/cve-number.ts';
import { epssUnit } from '../advisory/epss/parse.ts';
import { AdvisoryDatabaseError } from '../base/errors.ts';
import type { Threat } from '../model/threat.ts';
import { epssBlockOf, findInEpssBlock } from './epss-block.ts';
import { asDatabaseError } from './feed-file.ts';

/** Answers one proven file of threat data, about CVEs only. */
export interface ThreatReader extends Disposable {
  readonly threat: (cve: string) => Partial<Threat>;
}

/**
 * A CVE that the catalogue does not name is not known to be exploited; nothing is said of other
 * identifiers. One text at the first question spares a query for each of a node's CVEs.
 */
export function openKev(name: string, database: DatabaseSync): ThreatReader {
  const ask = query(name, database, 'SELECT added, ransomware FROM kev WHERE cve = ?');
  let catalogue: ReadonlySet<string> | undefined;
  return {
    threat: (cve) => {
      catalogue ??= readNames(name, database);
      if (!catalogue.has(cve)) return cveNumberOf(cve) === undefined ? {} : { exploited: false };
      const [added, ransomware] = ask(cve)[0] ?? [];
      if (typeof added !== 'string') throw malformed(name);
      return { exploited: true, exploitedSince: added, ...(ransomware === 1 ? { ransomware: true } : {}) };
    },
    [Symbol.dispose]: () => database.close(),
  };
}

function readNames(name: string, database: DatabaseSync): ReadonlySet<string> {
  const names = query(name, database, "SELECT group_concat(cve, ' ') FROM kev")()[0]?.[0];
  if (typeof names !== 'string') throw malformed(name);
  return new Set(names.split(' '));
}

/** Keeps the blocks that it has read: some 60 of 24 KB for the CVEs of a node. */
export function openEpss(name: string, database: DatabaseSync): ThreatReader {
  const ask = query(name, database, 'SELECT body FROM epss WHERE block = ?');
  const date = query(name, database, 'SELECT value FROM meta WHERE key = ?')('newest')[0]?.[0];
  if (typeof date !== 'string') throw malformed(name);
  const blocks = new Map<number, Uint8Array>();
  const blockOf = (cve: CveNumber): Uint8Array => {
    const id = epssBlockOf(cve);
    const known = blocks.get(id);
    if (known !== undefined) return known;
    const body = ask(id)[0]?.[0];
    if (body !== undefined && !(body instanceof Uint8Array)) throw malformed(name);
    const block = body ?? new Uint8Array();
    blocks.set(id, block);
    return block;
  };
  return {
    threat: (id) => {
      const cve = cveNumberOf(id);
      const found = cve === undefined ? undefined : findInEpssBlock(blockOf(cve), cve);
      if (found === undefined) return {};
      return { epss: found.score / epssUnit, epssPercentile: found.percentile / epssUnit, epssDate: date.slice(0, dayLength) };
    },
    [Symbol.dispose]: () => database.close(),
  };
}

/** Of an RFC 3339 time. */
const dayLength = 10;

function query(name: string, database: DatabaseSync, sql: string): (...values: SQLInputValue[]) => readonly SQLOutputValue[][] {
  const prepared = database.prepare(sql);
  prepared.setReturnArrays(true);
  return (...values) => {
    try {
      return prepared.all(...values).map((row) => Object.values(row));
    } catch (error) {
      throw asDatabaseError(error, name);
    }
  };
}

/** A proven file that holds the wrong kind of value was not written by our builder. */
function malformed(name: string): AdvisoryDatabaseError {
  return new AdvisoryDatabaseError('foreign', `${name}: threat data with a malformed row`);
}
