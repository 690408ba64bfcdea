import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ProviderBusyError, ProviderDeniedError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import { errorOfAnswer, ResourceExpiredError } from './api-error.ts';
import { type KubernetesNode, nodeListSchema, nodeObjectSchema, nodeOf } from './node-object.ts';

export interface NodeCacheOptions {
  readonly api: Pick<ApiClient, 'json' | 'lines' | 'server'>;
  /** Milliseconds; default: really waiting. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const pageSize = 500;
const mostPages = 1000;
const mostRestarts = 3;
const watchSeconds = 300;
const shortestPause = 1000;
const longestPause = 60_000;

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: nodeObjectSchema }),
  z.object({ type: z.literal('BOOKMARK'), object: z.object({ metadata: z.object({ resourceVersion: z.string() }) }) }),
  z.object({ type: z.literal('ERROR'), object: z.object({ code: z.number().optional(), message: z.string().optional() }) }),
]);

/**
 * All nodes, kept current by a watch (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
 * A list takes the place of the last one only when its last page has come; while no watch is open, whoever asks gets a
 * list that is made then, or the reason why there is none.
 */
export class NodeCache {
  readonly #api: NodeCacheOptions['api'];
  readonly #sleep: NonNullable<NodeCacheOptions['sleep']>;
  #nodes = new Map<string, KubernetesNode>();
  /** Callers keep what they got: a map that was handed out does not change. */
  #isShared = false;
  #refreshing: Promise<void> | undefined;
  #version = '';
  #isCurrent = false;
  #isClosed = false;
  #watch: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;

  constructor({ api, sleep = async (milliseconds, signal) => pause(milliseconds, undefined, { signal, ref: false }) }: NodeCacheOptions) {
    this.#api = api;
    this.#sleep = sleep;
  }

  /** By name. */
  async nodes(signal: AbortSignal): Promise<ReadonlyMap<string, KubernetesNode>> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new Error('the provider is closed');
    while (!this.#isCurrent) {
      if (this.#refreshing === undefined) {
        await (this.#refreshing = this.#refresh(signal));
        break;
      }
      // Somebody else's failure is his; ours would be met by our own attempt.
      await this.#refreshing.catch(() => undefined);
      signal.throwIfAborted();
    }
    this.#isShared = true;
    return this.#nodes;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#refreshing?.catch(() => undefined);
    await this.#stop();
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    try {
      const list = await listNodes(this.#api, signal);
      await this.#stop();
      this.#take(list);
      if (!this.#isClosed) this.#start();
    } finally {
      this.#refreshing = undefined;
    }
  }

  #take({ nodes, version }: NodeList): void {
    this.#nodes = nodes;
    this.#isShared = false;
    this.#version = version;
    this.#isCurrent = true;
  }

  #start(): void {
    const controller = new AbortController();
    this.#watch = { controller, done: this.#follow(controller.signal) };
  }

  async #stop(): Promise<void> {
    const watch = this.#watch;
    this.#watch = undefined;
    this.#isCurrent = false;
    watch?.controller.abort();
    await watch?.done;
  }

  /** Never rejects: a watch that fails is not current, and whoever asks next makes the list and meets the error itself. */
  async #follow(signal: AbortSignal): Promise<void> {
    let [wait, relisted] = [shortestPause, false];
    for (;;) {
      const outcome = await this.#watchOnce(signal);
      this.#isCurrent = false;
      if (signal.aborted) return;
      if (outcome.progressed) [wait, relisted] = [shortestPause, false];
      if (outcome.kind === 'expired' && !relisted && await this.#relist(signal)) {
        // Once: a server that calls its own list expired is given time.
        relisted = true;
        continue;
      }
      relisted = false;
      await this.#sleep(Math.max(wait, outcome.retryAfter ?? 0), signal).catch(() => undefined);
      wait = Math.min(wait * 2, longestPause);
    }
  }

  async #relist(signal: AbortSignal): Promise<boolean> {
    try {
      const list = await listNodes(this.#api, signal);
      if (signal.aborted) return false;
      this.#take(list);
      return true;
    } catch {
      // the next attempt, or whoever asks meanwhile, says why
      return false;
    }
  }

  async #watchOnce(signal: AbortSignal): Promise<{ readonly kind: 'ended' | 'expired'; readonly progressed: boolean; readonly retryAfter?: number }> {
    const path = `/api/v1/nodes?watch=true&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${encodeURIComponent(this.#version)}`;
    let progressed = false;
    try {
      for await (const event of this.#api.lines({ path, right: 'nodes: watch' }, signal, () => { this.#isCurrent = true; })) {
        if (signal.aborted) break;
        this.#apply(event);
        progressed = true;
      }
      return { kind: 'ended', progressed };
    } catch (error) {
      const retryAfter = error instanceof ProviderBusyError && error.message.includes('is busy') ? { retryAfter: error.retryAfter } : {};
      return { kind: error instanceof ResourceExpiredError ? 'expired' : 'ended', progressed, ...retryAfter };
    }
  }

  #apply(value: unknown): void {
    const parsed = eventSchema.safeParse(value);
    // What cannot be understood cannot be skipped: the list says how things stand.
    if (!parsed.success) throw new ResourceExpiredError(`${this.#api.server}: a watch event that is none`);
    const event = parsed.data;
    if (event.type === 'ERROR') {
      const { code = 500, message } = event.object;
      throw errorOfAnswer({ server: this.#api.server, status: code, body: JSON.stringify({ kind: 'Status', message }), retryAfter: undefined, right: 'nodes: watch' });
    }
    if (event.type !== 'BOOKMARK') this.#change(event.type, nodeOf(event.object));
    this.#version = event.object.metadata.resourceVersion ?? this.#version;
  }

  #change(type: 'ADDED' | 'MODIFIED' | 'DELETED', node: KubernetesNode): void {
    // Heartbeats: every node every few minutes, and nothing of it concerns us.
    if (type !== 'DELETED' && isDeepStrictEqual(this.#nodes.get(node.name), node)) return;
    if (this.#isShared) this.#nodes = new Map(this.#nodes);
    this.#isShared = false;
    if (type === 'DELETED') this.#nodes.delete(node.name);
    else this.#nodes.set(node.name, node);
  }
}

interface NodeList {
  readonly nodes: Map<string, KubernetesNode>;
  readonly version: string;
}

type Lister = Pick<ApiClient, 'json' | 'server'>;

/** A page that has expired starts the list again; a list that keeps expiring is asked for in one piece. */
async function listNodes(api: Lister, signal: AbortSignal): Promise<NodeList> {
  for (let attempt = 0; attempt < mostRestarts; attempt += 1) {
    try {
      return await listPages(api, pageSize, signal);
    } catch (error) {
      if (!(error instanceof ResourceExpiredError)) throw error;
    }
  }
  try {
    return await listPages(api, undefined, signal);
  } catch (error) {
    if (error instanceof ResourceExpiredError) throw new ProviderBusyError(error.message, shortestPause, { cause: error });
    throw error;
  }
}

async function listPages(api: Lister, limit: number | undefined, signal: AbortSignal): Promise<NodeList> {
  const nodes = new Map<string, KubernetesNode>();
  let token: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const query = new URLSearchParams({ ...(limit === undefined ? {} : { limit: String(limit) }), ...(token === undefined ? {} : { continue: token }) });
    const answer = nodeListSchema.safeParse(await api.json({ path: `/api/v1/nodes${query.size === 0 ? '' : `?${query.toString()}`}`, right: 'nodes: list' }, signal));
    if (!answer.success) throw new ProviderDeniedError(`${api.server} answered something that is no list of nodes: is this the address of a Kubernetes API server?`);
    for (const item of answer.data.items) nodes.set(item.metadata.name, nodeOf(item));
    token = answer.data.metadata.continue;
    if (token === undefined || token === '') return { nodes, version: answer.data.metadata.resourceVersion };
  }
  throw new ProviderDeniedError(`${api.server}: more than ${mostPages} pages of nodes`);
}
