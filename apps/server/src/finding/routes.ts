import { Buffer } from 'node:buffer';
import type { Finding, Verdict } from '@nodeward/api';
import { type Advisory, cvssScoreOf, riskScore } from '@nodeward/engine';
import * as z from 'zod';
import { withAdvisories } from '../assessment/match-set.ts';
import { type Dependencies, forecastKey, type ForecastVerdict } from '../dependencies.ts';
import { InvalidRequestError, NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import {
  advisorySourceOfPool,
  changesOfFindings,
  type FindingChange,
  type FindingPosition,
  type FindingRow,
  findingsOfVulnerability,
  type FindingWithEvidence,
  listFindings,
  nodesOfPoolWith,
  type OccurrenceRow,
  otherNodesWith,
} from './store.ts';

export function findingHandlers(deps: Dependencies): Pick<Handlers, 'listFindings' | 'getVulnerability'> {
  return {
    async listFindings({ parameters: { poolId }, query }) {
      await needPool(deps, poolId);
      const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
      const [page, verdicts] = await Promise.all([
        listFindings(deps.db, { poolId, filter: query.state, search: query.search, after, limit: query.limit }),
        deps.forecasts.verdicts(poolId),
      ]);
      return {
        findings: page.rows.map((row) => toFinding(row, verdicts)),
        vulnerabilities: page.vulnerabilities,
        total: page.total,
        nextCursor: page.next === undefined ? null : writeCursor(page.next),
      };
    },

    async getVulnerability({ parameters: { poolId, vulnerability } }) {
      const findings = await findingsOfVulnerability(deps.db, poolId, vulnerability);
      const [first] = findings;
      if (first === undefined) throw new NotFoundError('vulnerability', vulnerability);
      const [verdicts, advisories, changes, instances, others] = await Promise.all([
        deps.forecasts.verdicts(poolId),
        readAdvisories(deps, poolId, findings),
        changesOfFindings(deps.db, findings.map(({ id }) => id)),
        nodesOfPoolWith(deps.db, poolId, vulnerability),
        otherNodesWith(deps.db, poolId, vulnerability),
      ]);
      const advisory = advisories.get(first.advisory);
      return {
        vulnerability,
        severity: first.severity,
        severitySource: first.severity_source,
        vendorSeverity: advisory?.vendorSeverity ?? null,
        cvss: first.cvss.map((vector) => ({ version: cvssVersion(vector), vector, score: cvssScoreOf([vector]) ?? null })),
        details: advisory?.details ?? '',
        published: advisory?.published ?? null,
        modified: advisory?.modified ?? null,
        references: advisory?.references ?? [],
        findings: findings.map((row) => ({ ...toDetailedFinding(row, verdicts, advisories.get(row.advisory)), history: (changes.get(row.id) ?? []).map(toChange) })),
        nodePoolInstances: instances.map(toOccurrence),
        moreAffectedResources: others.map(toOccurrence),
      };
    },
  };
}

async function needPool(deps: Dependencies, poolId: string): Promise<void> {
  const pool = await deps.db.selectFrom('node_pool').select('id').where('id', '=', poolId).executeTakeFirst();
  if (pool === undefined) throw new NotFoundError('node pool', poolId);
}

const position = z.tuple([z.int(), z.string(), z.string()]);

function writeCursor({ rank, vulnerability, packageFamily }: FindingPosition): string {
  return Buffer.from(JSON.stringify([rank, vulnerability, packageFamily])).toString('base64url');
}

function readCursor(cursor: string): FindingPosition {
  try {
    const [rank, vulnerability, packageFamily] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { rank, vulnerability, packageFamily };
  } catch (cause) {
    throw new InvalidRequestError('the cursor is not one of ours', [{ path: 'query.cursor', message: 'not a cursor' }], { cause });
  }
}

type Verdicts = ReadonlyMap<string, ForecastVerdict>;

function toFinding(row: FindingRow, verdicts: Verdicts): Finding {
  const forecast = verdicts.get(forecastKey(row.package_family, row.vulnerability));
  const cvssScore = cvssScoreOf(row.cvss) ?? null;
  const { severity, exploited, epss } = row;
  const risk = riskScore({ severity, cvssScore, exploited, epss, state: row.match_state });
  return {
    id: row.id,
    vulnerability: row.vulnerability,
    packageFamily: row.package_family,
    sourcePackage: row.source_package,
    severity: row.severity,
    severitySource: row.severity_source,
    cvssScore,
    exploited,
    epss,
    riskScore: { ...risk, parts: [...risk.parts] },
    factClass: row.fact_class,
    component: isComponent(row) ? row.component : null,
    installedVersions: [...row.installed_versions],
    fixedVersion: row.fixed_version,
    matchState: row.match_state,
    state: row.state,
    verdict: forecast?.verdict ?? verdictWithoutForecast(row),
    fixedInImage: forecast?.fixedInImage ?? null,
    fixedInKubernetes: forecast?.fixedInKubernetes ?? null,
    nodes: row.nodes,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  };
}

function isComponent({ fact_class: factClass }: FindingRow): boolean {
  return factClass === 'node-components' || factClass === 'go-modules';
}

/** What the finding's own state says, where no candidate speaks of it. */
function verdictWithoutForecast({ state }: FindingRow): Verdict {
  if (state === 'no-fix') return 'no-vendor-fix';
  return state === 'reboot-required' ? 'fixed-by-reboot' : 'unknown';
}

function toDetailedFinding(row: FindingWithEvidence, verdicts: Verdicts, advisory: Advisory | undefined) {
  return {
    ...toFinding(row, verdicts),
    advisory: row.advisory,
    rule: row.rule,
    related: advisory?.related ?? [],
    packages: row.packages,
    evidencePath: isComponent(row) && row.component !== '' ? row.component : (row.evidence_path ?? ''),
    grade: row.grade ?? ('node-status' as const),
    advisoryDatabaseRevision: row.revision ?? '',
  };
}

function toChange({ at, from_state: from, to_state: to, reason, job_id: jobId }: FindingChange) {
  return { at: at.toISOString(), from, to, reason, jobId };
}

function toOccurrence(row: OccurrenceRow) {
  return { ...row, assessedAt: row.assessedAt.toISOString() };
}

/** `CVSS:3.1/AV:N/…` names its version; a vector of version 2 has no such prefix. */
function cvssVersion(vector: string): string {
  return /^CVSS:(\d\.\d)\//.exec(vector)?.[1] ?? '2.0';
}

/** The prose of the findings' advisories; a database that cannot be read leaves it out, and the connection says why. */
async function readAdvisories(deps: Dependencies, poolId: string, findings: readonly FindingRow[]): Promise<ReadonlyMap<string, Advisory>> {
  const source = await advisorySourceOfPool(deps.db, poolId);
  const none = new Map<string, Advisory>();
  if (source === undefined) return none;
  const read = await withAdvisories(source, (advisories) => {
    const ids = [...new Set(findings.map((row) => row.advisory))];
    return Promise.resolve(new Map(ids.flatMap((id) => {
      const advisory = advisories.advisory(id);
      return advisory === undefined ? [] : [[id, advisory] as const];
    })));
  });
  return read instanceof Map ? read : none;
}
