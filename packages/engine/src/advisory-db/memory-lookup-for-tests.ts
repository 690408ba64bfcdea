import { severityOf } from '../advisory/severity-of.ts';
import { feedFormats } from '../advisory/registry.ts';
import type { AdvisoryHead, AdvisoryLookup, RangeRow } from '../model/advisory-lookup.ts';
import type { Advisory, AffectedRange } from '../model/advisory.ts';
import type { Threat } from '../model/threat.ts';

/**
 * A database in memory, from OSV records of any feed; what a vulnerability is not in `threats` for is
 * not known of it. `memory-lookup.test.ts` holds it to the real one.
 */
export function createMemoryLookup(
  records: readonly unknown[],
  purpose: AdvisoryLookup['purpose'] = 'production',
  threats: ReadonlyMap<string, Threat> = new Map(),
): AdvisoryLookup {
  const advisories = records.map((record) => {
    const result = feedFormats.find((format) => format.recognises(record))?.parse(record);
    if (result?.kind !== 'advisory') throw new Error(`no advisory: ${JSON.stringify(result)}`);
    return result.advisory;
  });
  const rows = advisories.filter(({ withdrawn }) => withdrawn === undefined)
    .flatMap((advisory) => advisory.affected.map((range) => ({ advisory, range })));
  const inEcosystem = (ecosystem: string): AffectedRange[] => rows.map(({ range }) => range).filter((range) => range.ecosystem === ecosystem);
  return {
    revision: '0'.repeat(64),
    purpose,
    hasEcosystem: (ecosystem) => inEcosystem(ecosystem).length > 0,
    listsBinaries: (ecosystem) => inEcosystem(ecosystem).some((range) => range.binaries !== undefined),
    sourceOfBinary: (ecosystem, binary) => {
      const sources = new Set(inEcosystem(ecosystem).filter((range) => range.binaries?.includes(binary)).map((range) => range.package));
      return sources.size === 1 ? [...sources][0] : undefined;
    },
    ranges: (ecosystem, source) => rows.flatMap(({ range }, index): RangeRow[] => {
      const { ecosystem: own, ...bounds } = range;
      return own === ecosystem && range.package === source ? [{ ...bounds, packageId: index, sequence: 0 }] : [];
    }),
    advisories: ({ packageId }) => rows.slice(packageId, packageId + 1).map(({ advisory }) => headOf(advisory)),
    threat: (vulnerability) => threats.get(vulnerability) ?? { exploited: undefined, epss: undefined },
    about: (name) => advisories.filter((advisory) => advisory.id === name || advisory.vulnerabilities.includes(name)),
    advisory: (id) => advisories.find((advisory) => advisory.id === id) ?? advisories.find((advisory) => advisory.vulnerabilities.includes(id)),
  };
}

function headOf({ id, vulnerabilities, vendorSeverity, cvss }: Advisory): AdvisoryHead {
  const { severity, source } = severityOf(vendorSeverity, cvss);
  return { id, vulnerabilities, severity, severitySource: source, cvss };
}

export interface RecordFacts {
  readonly cve: string;
  readonly source: string;
  /** `null`: no fix. */
  readonly fixed: string | null;
  readonly ecosystem?: string;
  readonly severity?: string;
  readonly binaries?: readonly string[];
}

/** A record of Canonical's shape from its facts; several of one CVE become one record. */
export function osvRecords(facts: readonly RecordFacts[]): unknown[] {
  return [...Map.groupBy(facts, ({ cve }) => cve)].map(([cve, rows]) => ({
    id: `UBUNTU-${cve}`,
    upstream: [cve],
    details: `About ${cve}.`,
    severity: [{ type: 'Ubuntu', score: rows[0]?.severity ?? 'medium' }],
    affected: rows.map(({ ecosystem = 'Ubuntu:22.04:LTS', source, fixed, binaries }) => ({
      package: { ecosystem, name: source },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed === null ? [] : [{ fixed }])] }],
      ...(binaries === undefined ? {} : { ecosystem_specific: { binaries: binaries.map((name) => ({ binary_name: name, binary_version: fixed ?? '' })) } }),
    })),
  }));
}
