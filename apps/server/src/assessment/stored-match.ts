import type { NodeMatch } from '@nodeward/engine';
import type { Selectable } from 'kysely';
import type { MatchTable } from '../database/schema.ts';

/** A row of `match` as the engine's match, with the evidence of whoever carries it. */
export function toNodeMatch(row: Selectable<MatchTable>, evidence: string): NodeMatch {
  const isComponent = row.fact_class === 'node-components' || row.fact_class === 'go-modules';
  return {
    vulnerability: row.vulnerability,
    sourcePackage: row.source_package,
    packageFamily: row.package_family,
    packages: row.packages,
    installedVersion: row.installed_version,
    fixedVersion: row.fixed_version,
    state: row.state,
    ...(row.reason === null ? {} : { reason: row.reason }),
    severity: row.severity,
    severitySource: row.severity_source,
    cvss: row.cvss,
    kernelRelease: row.kernel_release === '' ? null : row.kernel_release,
    component: isComponent ? row.component : null,
    componentState: isComponent ? 'active' : null,
    factClass: row.fact_class,
    exploited: row.exploited,
    epss: row.epss,
    advisory: row.advisory,
    rule: row.rule,
    kernel: row.kernel,
    // a binary is its own evidence
    evidence: isComponent && row.component !== '' ? row.component : evidence,
  };
}
