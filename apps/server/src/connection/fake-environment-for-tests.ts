import { createInventory, type Package } from '@nodeward/engine';
import type { DiscoveredNode, Discovery, Evidence, Provider } from '@nodeward/providers';
import { beginGroup, concludeGroup, readGroup } from '../assessment/assess-group.ts';
import { matchAssessment } from '../assessment/assess-node.ts';
import { queueAssessments } from '../assessment/start-assessments.ts';
import type { Dependencies } from '../dependencies.ts';
import { dueNodes } from './due-assessments.ts';
import { createConnectionRegistry, type ConnectionRegistry } from './registry.ts';

export interface FakeNode extends Partial<DiscoveredNode> {
  readonly name: string;
  readonly image: string;
}

/** A cluster of one connection that a test changes; its images hold what the test says. */
export class FakeEnvironment {
  readonly registry: ConnectionRegistry = createConnectionRegistry();
  pools: Readonly<Record<string, readonly FakeNode[]>> = {};
  newerImages: readonly string[] = [];
  images: Readonly<Record<string, readonly Package[]>> = {};
  /** In place of a list. */
  evidence: Readonly<Record<string, Evidence>> = {};
  /** Nodes that evidence was asked of. */
  readonly asked: string[] = [];
  incomplete: NonNullable<Discovery['incomplete']> = [];

  constructor(advisoryFolder: string, kind: 'kubernetes' | 'aks' = 'kubernetes', id = 'k') {
    this.registry.add({ id, kind, name: 'Test', opener: () => Promise.resolve(this.#provider(advisoryFolder, kind)) });
  }

  #provider(folder: string, kind: Provider['kind']): Provider {
    return {
      kind,
      reader: {
        discover: () => Promise.resolve(this.#discovery(folder)),
        nodeEvidence: ({ pool, node }) => {
          this.asked.push(node);
          return Promise.resolve(this.#of(this.pools[pool]?.find(({ name }) => name === node)?.image ?? ''));
        },
        imageEvidence: ({ image }) => Promise.resolve(this.#of(image)),
      },
      close: () => Promise.resolve(),
    };
  }

  #discovery(folder: string): Discovery {
    const pools = Object.entries(this.pools).map(([name, nodes]) => ({
      name,
      image: nodes[0]?.image ?? '',
      newerImages: this.newerImages,
      operations: [],
      nodes: nodes.map((node): DiscoveredNode => ({ evidenceToken: node.image, ...node })),
    }));
    return { advisoryDatabase: { folder, purpose: 'production' }, clusters: [{ name: 'c', pools }], ...(this.incomplete.length === 0 ? {} : { incomplete: this.incomplete }) };
  }

  #of(image: string): Evidence {
    const packages = this.images[image];
    if (packages === undefined) return this.evidence[image] ?? { kind: 'refused', cause: 'image-not-published', reason: 'image-list-not-published', detail: image };
    const coverage = [{ subject: 'os-packages', state: 'read', reason: 'read' }, { subject: 'kernel', state: 'read', reason: 'read' }] as const;
    return { kind: 'inventory', grade: 'manifest', inventory: createInventory({ id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04' }, packages), coverage, origin: image };
  }
}

/** What the workflows do with what is due, one group after the other; returns how many groups there were. */
export async function assessGroups(deps: Dependencies, connectionId = 'k'): Promise<number> {
  const at = deps.clock();
  const due = await dueNodes(deps.db, connectionId, new Date(at.getTime() - 24 * 3_600_000));
  const queued = await queueAssessments(deps.db, due.map(({ nodeId }) => nodeId), { trigger: 'first', at, key: at.toISOString() });
  const groups = new Set(queued.map(({ groupId }) => groupId ?? ''));
  for (const group of groups) {
    const ids = await beginGroup(deps, group);
    const [first] = ids;
    if (first === undefined) continue;
    const outcome = await readGroup(deps, ids);
    if (outcome.kind === 'each') continue;
    if (outcome.kind === 'read') await matchAssessment(deps, first);
    await concludeGroup(deps, ids, outcome);
  }
  return groups.size;
}
