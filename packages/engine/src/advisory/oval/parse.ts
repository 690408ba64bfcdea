import type { Advisory, AffectedRange } from '../../model/advisory.ts';
import type { FeedFormat, ParsedRecord } from '../feed.ts';
import { OvalDefinition, OvalTimestamp, type OvalComparison } from './document.ts';

/**
 * Microsoft's OVAL for Azure Linux and CBL-Mariner (AzureLinuxVulnerabilityData), which names source
 * packages. Which release a document is of stands nowhere but in its versions: `.azl3`, `.cm2`. Its
 * epochs are always 0, whatever the package's. A definition whose `patchable` is "Not Applicable"
 * says of itself that it no longer holds, or never did: it is kept as withdrawn.
 */
export const ovalFormat: FeedFormat = {
  id: 'oval',
  families: new Map([['Azure Linux', 'MIT']]),
  recognises: (record) => record instanceof OvalDefinition || record instanceof OvalTimestamp,
  parse: parseOvalRecord,
  feedName: ([first = '']) => first.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
};

/** OSV calls both releases by the name that the second one has today. */
const distributions: Readonly<Record<string, string>> = { azl: 'Azure Linux', cm: 'Azure Linux' };
const distribution = /\.(azl|cm)(\d+)$/;

function parseOvalRecord(record: unknown): ParsedRecord {
  if (record instanceof OvalTimestamp) return { kind: 'index', date: record.date };
  if (!(record instanceof OvalDefinition)) return { kind: 'refused', id: '', reason: 'not-an-object', detail: typeof record };
  const refused = (reason: 'unknown-operator' | 'field-missing' | 'field-malformed' | 'bound-unsupported', detail: string): ParsedRecord => ({ kind: 'refused', id: record.id, reason, detail });
  if (record.unknown !== undefined) return refused('unknown-operator', record.unknown);
  const strange = record.comparisons.find(({ operation }) => !operations.has(operation));
  if (strange !== undefined) return refused('unknown-operator', strange.operation);
  if (record.id === '' || record.missing !== undefined) return refused('field-missing', record.missing ?? 'id');
  const affected = readAffected(record.comparisons);
  return 'why' in affected ? refused('bound-unsupported', affected.why) : { kind: 'advisory', advisory: advisoryOf(record, affected) };
}

const operations = new Set(['less than', 'less than or equal', 'greater than']);

/** All comparisons hold at once, so they must be bounds of one package. */
function readAffected(comparisons: readonly OvalComparison[]): AffectedRange | { readonly why: string } {
  const named = new Set(comparisons.map((comparison) => comparison.package));
  const ecosystems = new Set(comparisons.map(({ evr }) => ecosystemOfVersion(evr)));
  const [name] = named;
  const [ecosystem] = ecosystems;
  if (name === undefined || named.size !== 1) return { why: `${named.size} packages` };
  if (ecosystem === undefined || ecosystems.size !== 1) return { why: `of no release: ${comparisons[0]?.evr.slice(0, 80)}` };
  const bound = (operation: string): string[] => comparisons.filter((comparison) => comparison.operation === operation).map(({ evr }) => versionOf(evr));
  const [before, upTo, above] = [bound('less than'), bound('less than or equal'), bound('greater than')];
  if (before.length + upTo.length !== 1 || above.length > 1) return { why: comparisons.map(({ operation }) => operation).join(', ') };
  const [last] = upTo;
  // Without a release it would sort before every build of that very version.
  if (last !== undefined && !last.includes('-')) return { why: `up to ${last.slice(0, 80)}, of no release` };
  return {
    ecosystem,
    package: name,
    ...(above[0] === undefined ? {} : { above: above[0] }),
    ...(last === undefined ? {} : { lastAffected: last }),
    ...(before[0] === undefined ? {} : { fixed: before[0] }),
  };
}

function ecosystemOfVersion(evr: string): string | undefined {
  const [, tag = '', release] = distribution.exec(evr) ?? [];
  const family = distributions[tag];
  return family === undefined ? undefined : `${family}:${release}`;
}

/**
 * `0:1.7.7-1.azl3` is `1.7.7-1.azl3`. The generator hangs the distribution's tag on whatever stands
 * there: `0:29.3.azl3` means every release of 29.3, which rpm would take for a version after 29.3.
 */
function versionOf(evr: string): string {
  const version = evr.replace(/^0:/, '').trim();
  return version.includes('-') ? version : version.replace(distribution, '');
}

function advisoryOf({ id, metadata, references, documentDate }: OvalDefinition, affected: AffectedRange): Advisory {
  const cves = references.map((reference) => reference.id).filter((name) => /^CVE-\d{4}-\d{4,}$/.test(name));
  const date = metadata.get('advisory_date');
  const isWithdrawn = metadata.get('patchable') === 'Not Applicable';
  const title = metadata.get('title');
  const severity = metadata.get('severity')?.toLowerCase();
  return {
    id,
    vulnerabilities: cves.length > 0 ? [...new Set(cves)].toSorted() : [id],
    related: [...new Set(cves)],
    ...(title === undefined ? {} : { summary: title }),
    details: metadata.get('description') ?? '',
    ...(date === undefined ? {} : { published: date }),
    ...(isWithdrawn ? { withdrawn: date ?? documentDate } : {}),
    ...(severity === undefined ? {} : { vendorSeverity: severity }),
    cvss: [],
    references: references.map(({ url }) => url).filter((url) => url !== ''),
    affected: [affected],
  };
}
