import type { Finding } from '@nodeward/api';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { severityOrder } from '../../parts/severity.tsx';

export const findingFilters = ['active', 'no-fix', 'undetermined', 'resolved'] as const;
export type FindingFilter = (typeof findingFilters)[number];
export const sortKeys = ['severity', 'cvss', 'exploited', 'score', 'cve'] as const;
export type SortKey = (typeof sortKeys)[number];
export type Grouping = 'family' | 'none';

const filterOf: Record<Finding['state'], FindingFilter> = {
  open: 'active',
  'reboot-required': 'active',
  remediating: 'active',
  'awaiting-verification': 'active',
  'no-fix': 'no-fix',
  undetermined: 'undetermined',
  resolved: 'resolved',
  'resource-gone': 'resolved',
};

export const isActive = ({ state }: Finding): boolean => filterOf[state] === 'active';

export interface FindingGroup {
  /** A package family, or what is known to be exploited whatever its family. */
  readonly kind: 'exploited' | 'family';
  readonly family: string;
  readonly rows: readonly Finding[];
  readonly open: boolean;
}

/** Years and numbers count, not letters: CVE-2023-4911 stands before CVE-2023-44487. */
const byName = (left: Finding, right: Finding): number => left.vulnerability.localeCompare(right.vulnerability, 'en', { numeric: true });

const comparers: Record<SortKey, (left: Finding, right: Finding) => number> = {
  severity: (left, right) => severityOrder.indexOf(left.severity) - severityOrder.indexOf(right.severity) || (right.cvssScore ?? -1) - (left.cvssScore ?? -1) || byName(left, right),
  cvss: (left, right) => (right.cvssScore ?? -1) - (left.cvssScore ?? -1) || byName(left, right),
  exploited: (left, right) => Number(right.exploited ?? false) - Number(left.exploited ?? false) || (right.epss ?? -1) - (left.epss ?? -1) || byName(left, right),
  score: (left, right) => right.riskScore.value - left.riskScore.value || byName(left, right),
  cve: byName,
};

/** No package is called so: a space is in no name. */
const exploitedGroup = ' exploited';

/** What is known to be exploited first and nowhere else, then what only Kubernetes fixes, since its remedy is another; then the families as sorted. */
function groupsOf(rows: readonly Finding[]): readonly (readonly [family: string, members: readonly Finding[]])[] {
  const groups = [...Map.groupBy(rows, ({ exploited, packageFamily }) => (exploited === true ? exploitedGroup : packageFamily))];
  const rank = ([family, members]: (typeof groups)[number]): number => (family === exploitedGroup ? 0 : members.every(({ verdict }) => verdict === 'fixed-by-kubernetes') ? 1 : 2);
  return groups.toSorted((left, right) => rank(left) - rank(right));
}

/** Filter, order and groups of the list of CVEs; all but the folding lives in the address. */
export function useFindingsView(findings: readonly Finding[]) {
  const [search, setSearch] = useSearchParams();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const change = (name: string, value: string | undefined) =>
    setSearch((previous) => new URLSearchParams([...[...previous].filter(([key]) => key !== name), ...(value === undefined ? [] : [[name, value]])]), { replace: true });
  const filter = findingFilters.find((name) => name === search.get('show')) ?? 'active';
  const sort = sortKeys.find((key) => key === search.get('sort')) ?? 'severity';
  const grouping: Grouping = search.get('group') === 'none' ? 'none' : 'family';
  const onlyImage = search.get('image') === 'yes';
  const text = search.get('q') ?? '';
  const wanted = text.trim().toLowerCase();
  const rows = findings
    .filter((row) => filterOf[row.state] === filter)
    .filter((row) => filter !== 'active' || !onlyImage || row.verdict === 'fixed-by-image')
    .filter(({ vulnerability, packageFamily, sourcePackage }) => `${vulnerability} ${packageFamily} ${sourcePackage}`.toLowerCase().includes(wanted))
    .toSorted(comparers[sort]);
  const groups: readonly FindingGroup[] =
    grouping === 'none'
      ? [{ kind: 'family', family: '', rows, open: true }]
      : groupsOf(rows).map(([family, members]) => ({ kind: family === exploitedGroup ? 'exploited' : 'family', family, rows: members, open: !closed.has(family) }));
  return {
    filter,
    sort,
    grouping,
    onlyImage,
    text,
    rows,
    groups,
    totals: Map.groupBy(findings, ({ state }) => filterOf[state]),
    /** The CVEs as shown, each once: what Up and Down walk through. */
    order: [...new Set(groups.filter(({ open }) => open).flatMap((group) => group.rows.map(({ vulnerability }) => vulnerability)))],
    setFilter: (next: FindingFilter) => change('show', next === 'active' ? undefined : next),
    setSort: (next: SortKey) => change('sort', next === 'severity' ? undefined : next),
    setGrouping: (next: Grouping) => change('group', next === 'family' ? undefined : next),
    setOnlyImage: (next: boolean) => change('image', next ? 'yes' : undefined),
    setText: (next: string) => change('q', next === '' ? undefined : next),
    toggle: (family: string) => setClosed(closed.has(family) ? new Set([...closed].filter((name) => name !== family)) : new Set([...closed, family])),
  };
}

export type FindingsView = ReturnType<typeof useFindingsView>;
