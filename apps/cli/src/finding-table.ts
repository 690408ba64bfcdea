import type { Finding, FleetVulnerability } from '@nodeward/api';
import { formatTable } from './table.ts';

const findingHead = ['VULNERABILITY', 'SEVERITY', 'SCORE', 'SOURCE PACKAGE', 'INSTALLED', 'FIXED IN', 'STATE', 'NODES'] as const;
const fleetHead = ['VULNERABILITY', 'SEVERITY', 'SCORE', 'PACKAGES', 'STATE', 'NODE POOLS', 'NODES'] as const;

/** Of one node pool, or of one disk or list. */
export function findingTable(findings: readonly Finding[]): string {
  return table(findingHead, findings.map((row) => [row.vulnerability, row.severity, score(row), row.sourcePackage, row.installedVersions.join(', '), row.fixedVersion ?? '', state(row), `${row.nodes}`]));
}

export function fleetTable(vulnerabilities: readonly FleetVulnerability[]): string {
  return table(fleetHead, vulnerabilities.map((row) => [row.vulnerability, row.severity, score(row), row.packageFamilies.join(', '), state(row), `${row.nodePools}`, `${row.nodes}`]));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return formatTable(head, rows.map((row) => row.map((text) => ({ text: text === '' ? '-' : text }))));
}

/** Where a part of it is unknown it is at least this. */
function score({ riskScore: { value, isLowerBound } }: Pick<Finding, 'riskScore'>): string {
  return `${isLowerBound ? '>=' : ''}${Math.round(value)}`;
}

function state({ state: word, exploited }: Pick<Finding, 'state' | 'exploited'>): string {
  return exploited === true ? `${word}, exploited` : word;
}
