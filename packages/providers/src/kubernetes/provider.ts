import { parseNodeImageLabel } from '@nodeward/engine';
import { z } from 'zod';
import { ProviderDeniedError } from '../errors.ts';
import type { Outbound } from '../network/outbound.ts';
import type { NodeImageLists } from '../node-image-list/node-image-lists.ts';
import type { ClusterReader, Provider } from '../provider.ts';
import { openApiClient } from './api-client.ts';
import { clusterOf, createPublishedImages } from './discover.ts';
import { type EvidenceContext, imageEvidence, nodeEvidence } from './evidence.ts';
import { type Access, type KubernetesSource, readAccess } from './kubeconfig.ts';
import { NodeCache } from './node-cache.ts';
import { imageOfNode } from './node-image.ts';
import { checkRights } from './rights.ts';
import { createSourceNamesFile } from './source-names-file.ts';

export interface KubernetesProviderOptions {
  readonly source: KubernetesSource;
  /** Base names of credential plug-ins that the kubeconfig may run. */
  readonly allowExec: readonly string[];
  /** Goes before the well-known labels of node pools. */
  readonly poolLabel?: string | undefined;
  /** File that maps binary packages to sources. */
  readonly sourceNames?: string | undefined;
  readonly advisoryDatabaseFolder: string;
  readonly lists: Pick<NodeImageLists, 'find' | 'versions' | 'securityPatches'>;
  readonly outbound: Outbound;
  /** For credential plug-ins, and for where the API server is when we run inside a cluster. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Of a pod; default: where the kubelet puts it. */
  readonly serviceAccountFolder?: string | undefined;
  /** Between attempts of the watch; default: really waiting. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Any cluster, read-only: GET alone, and access reviews where somebody tests the rights. Opening reads and sends nothing;
 * a kubeconfig that is put right, and credentials that were renewed, count from the next call on.
 */
export function openKubernetesProvider(options: KubernetesProviderOptions): Promise<Provider> {
  const sessions = new Sessions(options);
  const sourceNames = createSourceNamesFile(options.sourceNames);
  const publishedImages = createPublishedImages(options.lists, (image) => parseNodeImageLabel(image)?.family);
  const context = async (signal: AbortSignal): Promise<EvidenceContext> => sessions.use(signal, async ({ access, cache }) => ({
    nodes: await cache.nodes(signal),
    clusterName: access.clusterName,
    poolLabel: options.poolLabel,
    lists: options.lists,
    sourceNames: await sourceNames(),
  }));
  const reader: ClusterReader = {
    discover: async (signal) => sessions.use(signal, async ({ access, api, cache }) => {
      const nodes = [...(await cache.nodes(signal)).values()];
      const gitVersion = await readVersion(api, signal);
      const published = await publishedImages(nodes.map(imageOfNode), signal);
      const cluster = clusterOf(nodes, { clusterName: access.clusterName, gitVersion, poolLabel: options.poolLabel }, published);
      return {
        name: access.context ?? cluster.name,
        advisoryDatabase: { folder: options.advisoryDatabaseFolder, purpose: 'production' },
        clusters: [cluster],
      };
    }),
    nodeEvidence: async (node, signal) => nodeEvidence(await context(signal), node, signal),
    imageEvidence: async (image, signal) => imageEvidence(await context(signal), image, signal),
    checkRights: async (signal) => sessions.use(signal, async ({ api }) => checkRights(api, signal)),
  };
  return Promise.resolve({ kind: 'kubernetes', reader, close: async () => sessions.close() });
}

interface Session {
  readonly access: Access;
  readonly api: Awaited<ReturnType<typeof openApiClient>>;
  readonly cache: NodeCache;
}

/** One connection to the cluster for as long as it is accepted. */
class Sessions {
  readonly #options: KubernetesProviderOptions;
  #session: Promise<Session> | undefined;
  #isClosed = false;

  constructor(options: KubernetesProviderOptions) {
    this.#options = options;
  }

  /** What was read of a kubeconfig may have been replaced since: a refusal is believed only once it has been read again. */
  async use<T>(signal: AbortSignal, act: (session: Session) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    // whoever still holds a provider that was closed must not open what nobody would close
    if (this.#isClosed) throw new ProviderDeniedError('the connection was changed or removed meanwhile');
    const wasOpen = this.#session !== undefined;
    this.#session ??= this.#open();
    const session = this.#session;
    try {
      return await act(await session);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#end(session);
      if (!wasOpen) throw error;
    }
    return this.use(signal, act);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#session !== undefined) await this.#end(this.#session);
  }

  async #open(): Promise<Session> {
    const { outbound, sleep } = this.#options;
    const access = await readAccess(this.#options);
    const api = await openApiClient({ access, outbound });
    return { access, api, cache: new NodeCache({ api, ...(sleep === undefined ? {} : { sleep }) }) };
  }

  async #end(session: Promise<Session>): Promise<void> {
    if (this.#session === session) this.#session = undefined;
    const opened = await session.catch(() => undefined);
    await opened?.cache.close();
    await opened?.api.close();
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'PROVIDER_DENIED' || error.code === 'INVALID_CONFIGURATION');
}

const versionSchema = z.object({ gitVersion: z.string() });

/** Everybody may ask it unless an administrator took that away; then nothing else is lost. */
async function readVersion(api: Session['api'], signal: AbortSignal): Promise<string | undefined> {
  try {
    const parsed = versionSchema.safeParse(await api.json({ path: '/version', right: '/version: get' }, signal));
    return parsed.success ? parsed.data.gitVersion : undefined;
  } catch (error) {
    if (error instanceof ProviderDeniedError) return undefined;
    throw error;
  }
}
