import type { ApiClient, Finding, FindingList, FleetVulnerability, FleetVulnerabilityList, Recommendation } from '@nodeward/api';
import { type AdvisoryOptions, openAdvisories, readSourceNames } from '../advisories.ts';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import { findingsDocument } from '../file-findings.ts';
import { findingTable, fleetTable } from '../finding-table.ts';
import { findPool } from '../find-pool.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { counted } from '../quantity.ts';
import { inSession, type SessionOptions } from '../server-session.ts';
import { checkTarget, readTarget } from '../target.ts';
import { assessmentStatus, namedFacts, namedKernel, type NodeOptions, noteIncomplete } from './assess.ts';

export interface FindingsOptions extends AdvisoryOptions, NodeOptions, SessionOptions {
  readonly format: 'table' | 'json';
  readonly state: 'active' | 'no-fix' | 'undetermined' | 'resolved' | 'all';
  readonly search?: string;
  /** CLUSTER/POOL. */
  readonly pool?: string;
}

/** Of a disk or list, of one node pool of the running server, or of its whole fleet. */
export async function runFindings(path: string | undefined, options: FindingsOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  refuseMixture(path, options);
  if (path !== undefined) return findingsOfFile(path, options, invocation);
  const { pool } = options;
  return inSession(options, invocation, (api) => (pool === undefined ? findingsOfFleet(api, options, invocation) : findingsOfPool(api, pool, options, invocation)));
}

/** An option that would be passed over is a question that would not be answered. */
function refuseMixture(path: string | undefined, options: FindingsOptions): void {
  const { pool, dataDir, link, db, sourceNames, kernel, kubeletVersion } = options;
  const foreign = path === undefined ? { '--db': db, '--source-names': sourceNames, '--kernel': kernel, '--kubelet-version': kubeletVersion } : { '--pool': pool, '--data-dir': dataDir, '--link': link };
  for (const [name, value] of Object.entries(foreign)) {
    if (value !== undefined) throw new WrongUseError(`${name} ${path === undefined ? 'needs a PATH' : 'asks the server, and PATH names a file'}; see nodeward findings --help`);
  }
}

async function findingsOfFile(path: string, options: FindingsOptions, invocation: Invocation): Promise<ExitStatus> {
  await checkTarget(path);
  const target = await readTarget(path, { sourceNames: await readSourceNames(options), runningKernel: namedKernel(options) }, invocation);
  using advisories = await openAdvisories(options, [target.reading], invocation);
  if (advisories === undefined) return exitStatus.noAdvisories;
  const { assessReading } = await import('@nodeward/engine');
  const assessment = assessReading(target.resolved(advisories), target.path, advisories, { facts: namedFacts(options) });
  const document = findingsDocument(assessment, options, invocation.now());
  print(document, findingTable(document.findings), options, invocation);
  sayCount(document.findings, invocation);
  noteIncomplete([assessment], invocation);
  return assessmentStatus(assessment);
}

async function findingsOfPool(api: ApiClient, name: string, options: FindingsOptions, invocation: Invocation): Promise<ExitStatus> {
  const pool = await findPool(api, name);
  const findings: Finding[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await api.call('listFindings', { parameters: { poolId: pool.poolId }, query: pageQuery(options, cursor) });
    findings.push(...page.findings);
    cursor = page.nextCursor;
  }
  const vulnerabilities = new Set(findings.map(({ vulnerability }) => vulnerability)).size;
  print({ findings, vulnerabilities, total: findings.length, nextCursor: null }, findingTable(findings), options, invocation);
  sayCount(findings, invocation);
  const { nodes } = await api.call('getRecommendation', { parameters: { poolId: pool.poolId } });
  const partly = nodes.filter(({ state, assessment }) => state !== 'not-assessed' && assessment?.complete !== true).length;
  if (partly > 0) invocation.note(printable(`${name}: ${counted(partly, 'node is', 'nodes are')} only partly assessed; what could not be read may hide more`));
  const status = noteUnseen([pool], invocation);
  return partly > 0 ? exitStatus.incomplete : status;
}

async function findingsOfFleet(api: ApiClient, options: FindingsOptions, invocation: Invocation): Promise<ExitStatus> {
  const vulnerabilities: FleetVulnerability[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await api.call('listFleetVulnerabilities', { query: pageQuery(options, cursor) });
    vulnerabilities.push(...page.vulnerabilities);
    cursor = page.nextCursor;
  }
  print({ vulnerabilities, total: vulnerabilities.length, nextCursor: null }, fleetTable(vulnerabilities), options, invocation);
  sayCount(vulnerabilities, invocation);
  const { total } = await api.call('listFleetVulnerabilities', { query: { state: 'undetermined', limit: 1 } });
  if (total > 0) invocation.note(`${counted(total, 'vulnerability is', 'vulnerabilities are')} undetermined; --state undetermined lists what could not be told`);
  const status = noteUnseen((await api.call('listRecommendations', {})).recommendations, invocation);
  return total > 0 ? exitStatus.incomplete : status;
}

function pageQuery({ state, search }: FindingsOptions, cursor: string | undefined) {
  return { state, limit: 1000, ...(search === undefined ? {} : { search }), ...(cursor === undefined ? {} : { cursor }) };
}

function print(document: FindingList | FleetVulnerabilityList, table: string, { format }: FindingsOptions, invocation: Invocation): void {
  if (format === 'json') invocation.print(`${JSON.stringify(document, undefined, 2)}\n`);
  else if (document.total > 0) invocation.print(table);
}

function sayCount(rows: readonly { readonly vulnerability: string }[], invocation: Invocation): void {
  invocation.say(counted(new Set(rows.map(({ vulnerability }) => vulnerability)).size, 'vulnerability', 'vulnerabilities'));
}

/** A list that leaves nodes out is not whole, and the exit status says so. */
function noteUnseen(pools: readonly Recommendation[], invocation: Invocation): ExitStatus {
  const unseen = pools.filter(({ notAssessedNodes }) => notAssessedNodes > 0);
  for (const { cluster, pool, notAssessedNodes, nodes, cause } of unseen) {
    const why = cause === null ? '' : ` (${cause})`;
    invocation.note(printable(`${cluster}/${pool}: ${notAssessedNodes} of ${counted(nodes, 'node', 'nodes')} not assessed${why}; what they carry is unknown`));
  }
  return unseen.length === 0 ? exitStatus.assessed : exitStatus.incomplete;
}
