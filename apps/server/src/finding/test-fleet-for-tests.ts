import { type AdvisoryHead, type AdvisoryLookup, type Component, type CoverageEntry, createInventory, type EvidenceGrade, joinCoverage, type Package, type RangeRow, type Reading, type Severity } from '@nodeward/engine';
import { causeOfReading, reasonOfReading } from '../assessment/cause.ts';
import { withKnownKubelet } from '../assessment/coverage.ts';
import { ensureMatchSet } from '../assessment/match-set.ts';
import { queueAssessments } from '../assessment/start-assessments.ts';
import { concludeAssessments, findAssessmentSubject, markReading, saveReading } from '../assessment/store.ts';
import { storeDiscovery } from '../connection/store-discovery.ts';
import { storeConfiguredConnections } from '../connection/store.ts';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { reconcilePools } from './reconcile.ts';

export interface TestAdvisory {
  readonly vulnerability: string;
  readonly source: string;
  readonly ecosystem?: 'kubernetes' | 'Go';
  /** Absent: no fix. */
  readonly fixed?: string;
  readonly severity?: Severity;
  /** Absent: the database has no such feed. */
  readonly exploited?: boolean;
}

const ubuntu = 'Ubuntu:22.04:LTS';

/** A fake of the engine's port over a few typed-in advisories of Ubuntu 22.04, and of components where some are given. */
export function advisoriesForTest(revision: string, advisories: readonly TestAdvisory[]): AdvisoryLookup {
  const ranges = advisories.map(({ source, fixed }, sequence): RangeRow => ({ package: source, ...(fixed === undefined ? {} : { fixed }), packageId: 1, sequence }));
  const bySource = Map.groupBy(ranges, (range) => range.package);
  const exploited = new Map(advisories.toReversed().map((advisory) => [advisory.vulnerability, advisory.exploited]));
  return {
    revision,
    purpose: 'production',
    hasEcosystem: (ecosystem) => ecosystem === ubuntu || advisories.some((advisory) => advisory.ecosystem === ecosystem),
    listsBinaries: () => false,
    sourceOfBinary: () => undefined,
    ranges: (ecosystem, source) => (bySource.get(source) ?? []).filter(({ sequence }) => ecosystem === (advisories[sequence]?.ecosystem ?? ubuntu)),
    advisories: ({ sequence }) => advisories.slice(sequence, sequence + 1).map(headOf),
    threat: (vulnerability) => ({ exploited: exploited.get(vulnerability), epss: undefined }),
    advisory: () => undefined,
    about: () => [],
  };
}

function headOf({ vulnerability, severity = 'high' }: TestAdvisory): AdvisoryHead {
  return { id: `UBUNTU-${vulnerability}`, vulnerabilities: [vulnerability], severity, severitySource: 'vendor', cvss: [] };
}

export function installed(name: string, version: string, source = name): Package {
  return { name, version, architecture: 'amd64', source, sourceVersion: version, sourceKnown: true };
}

/** A signed image of Ubuntu's Azure kernel. */
export function kernelImage(build: string, source = 'linux-signed-azure'): Package {
  return installed(`linux-image-${build.replace(/\.\d+$/, '')}-azure`, build, source);
}

export interface TestReading {
  /** Undefined: nothing could be read. */
  readonly packages?: readonly Package[];
  readonly runningKernel?: string;
  readonly grade?: EvidenceGrade;
  readonly coverage?: readonly CoverageEntry[];
  readonly components?: readonly Component[];
}

const allRead: readonly CoverageEntry[] = [
  { subject: 'os-packages', state: 'read', reason: 'read' },
  { subject: 'kernel', state: 'read', reason: 'read' },
];

/** Drives the stores as the workflows do, without workflows: pools of nodes, assessed one after the other, an hour apart. */
export class TestFleet {
  readonly db: Kysely<Schema>;
  advisories: AdvisoryLookup;
  #hour = 0;

  constructor(db: Kysely<Schema>, advisories: AdvisoryLookup) {
    this.db = db;
    this.advisories = advisories;
  }

  now(): Date {
    return new Date(Date.UTC(2026, 10, 1, this.#hour));
  }

  static async create(db: Kysely<Schema>, advisories: readonly TestAdvisory[], pools: Readonly<Record<string, readonly string[]>>): Promise<TestFleet> {
    const fleet = new TestFleet(db, advisoriesForTest('revision-1', advisories));
    await storeConfiguredConnections(db, [{ id: 'k', kind: 'images', name: 'Test' }]);
    await fleet.discover(pools);
    return fleet;
  }

  /** `kubelets`: what the Node objects say, by node. */
  async discover(pools: Readonly<Record<string, readonly string[]>>, advisoryState: 'ok' | 'failed' = 'ok', kubelets: Readonly<Record<string, string>> = {}): Promise<void> {
    const discovery = {
      advisoryDatabase: { folder: 'none', purpose: 'production' as const },
      clusters: [
        {
          name: 'c',
          pools: Object.entries(pools).map(([name, nodes]) => ({
            name,
            image: 'image-1',
            newerImages: [],
            operations: [],
            nodes: nodes.map((node) => ({ name: node, image: 'image-1', evidenceToken: 'token-1', ...kubeletOf(kubelets[node]) })),
          })),
        },
      ],
    };
    const advisories = { folder: 'none', purpose: 'production', state: advisoryState, revision: this.advisories.revision, failure: advisoryState === 'ok' ? null : 'damaged', feeds: [] } as const;
    this.#hour += 1;
    await storeDiscovery(this.db, 'k', discovery, advisories, { canUpgrade: false, canChangeAutoUpgrade: false }, this.now());
    const all = await this.db.selectFrom('node_pool').select('id').execute();
    await reconcilePools(this.db, all.map(({ id }) => id), this.now());
  }

  /** Returns the assessment's id. */
  async assess(node: string, given: TestReading): Promise<string> {
    const id = await this.read(node, given);
    await this.conclude(id, given);
    return id;
  }

  /** An assessment up to its conclusion. */
  async read(node: string, given: TestReading, reassessmentId?: string): Promise<string> {
    this.#hour += 1;
    const { id: nodeId } = await this.db.selectFrom('node').select('id').where('name', '=', node).where('gone_at', 'is', null).executeTakeFirstOrThrow();
    const options = { trigger: 'manual', at: this.now(), key: String(this.#hour), ...(reassessmentId === undefined ? {} : { reassessmentId }) } as const;
    const [queued] = await queueAssessments(this.db, [nodeId], options);
    if (queued === undefined) throw new Error('nothing was queued');
    await markReading(this.db, [queued.id]);
    await saveReading(this.db, [queued.id], readingOf(given), this.now());
    return queued.id;
  }

  /** May be called again for the same assessment, as a repeated workflow step does. */
  async conclude(id: string, given: TestReading): Promise<void> {
    const reading = readingOf(given);
    const subject = await findAssessmentSubject(this.db, id);
    if (subject === undefined) throw new Error('no such assessment');
    const match =
      reading.inventory === undefined
        ? undefined
        : await ensureMatchSet(this.db, { inventoryId: reading.inventory.id, runningKernel: given.runningKernel ?? '', kubeletVersion: subject.kubeletVersion ?? '' }, this.advisories, false, this.now());
    const known = withKnownKubelet(reading.coverage, subject.kubeletVersion);
    const coverage = match?.kind === 'matched' ? joinCoverage(known, match.coverage) : known;
    const cause = causeOfReading({ coverage, hasInventory: reading.inventory !== undefined }, match);
    await concludeAssessments(this.db, { ids: [id], poolId: subject.poolId, cause, reason: reasonOfReading(coverage, cause), detail: null, match, coverage }, this.now());
  }

  /** `CVE source-family: state` of a pool. */
  async findings(pool: string): Promise<Readonly<Record<string, string>>> {
    const rows = await this.db.selectFrom('finding as f').innerJoin('node_pool as p', 'p.id', 'f.pool_id').select(['f.vulnerability', 'f.package_family', 'f.state']).where('p.name', '=', pool).execute();
    return Object.fromEntries(rows.map((row) => [`${row.vulnerability} ${row.package_family}`, row.state]));
  }

  async pool(name: string) {
    return this.db.selectFrom('node_pool').selectAll().where('name', '=', name).executeTakeFirstOrThrow();
  }

  async node(name: string) {
    return this.db.selectFrom('node').selectAll().where('name', '=', name).executeTakeFirstOrThrow();
  }
}

function kubeletOf(version: string | undefined): { readonly kubeletVersion?: string } {
  return version === undefined ? {} : { kubeletVersion: version };
}

function readingOf({ packages, runningKernel, grade = 'disk', coverage, components }: TestReading): Reading {
  const os = { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04' };
  return {
    ...(packages === undefined ? {} : { inventory: createInventory(os, packages, components) }),
    facts: { grade, ...(runningKernel === undefined ? {} : { runningKernel: { release: runningKernel, from: 'node-object' } }), evidencePaths: { 'os-packages': '/var/lib/dpkg/status' } },
    coverage: coverage ?? (packages === undefined ? [{ subject: 'disk', state: 'unreadable', reason: 'read-error' }] : allRead),
    bytesRead: 1,
    requests: 1,
  };
}
