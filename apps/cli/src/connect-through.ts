import { setTimeout as sleep } from 'node:timers/promises';
import type { AdvisorySourceList, ApiClient, Connection, ConnectionRequest, NotEvaluatedCause } from '@nodeward/api';
import { type ExitStatus, exitStatus, WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { printable } from './printable.ts';
import { counted } from './quantity.ts';

const pollMs = 500;
/** Without any progress for so long, the server is left to go on by itself. */
const patienceMs = 600_000;

export interface RunningServer {
  readonly api: ApiClient;
  readonly origin: string;
}

/** Connects, discovers, fetches the advisories of the systems seen, waits for the first assessments, and says in one line what came of it. */
export async function connectThrough({ api, origin }: RunningServer, request: ConnectionRequest, invocation: Invocation): Promise<ExitStatus> {
  const created = await api.call('createConnection', { body: request });
  const connection = await discovered(api, created, invocation);
  if (connection.state === 'failed') {
    // nothing was found through it: the same command may be given again, put right
    await api.call('deleteConnection', { parameters: { connectionId: connection.id } });
    throw new WrongUseError(printable(`not connected: ${connection.failure?.detail ?? 'the environment could not be discovered'}`));
  }
  invocation.say(printable(`${connection.name}: ${sizeOf(connection)}`));
  if (request.kind !== 'images') await updateAdvisories(api, invocation);
  await firstAssessments(api, connection.id, invocation);
  return sayResult({ api, origin }, connection, invocation);
}

/** Once it is discovered, or has failed. */
export async function discovered(api: ApiClient, { id }: Pick<Connection, 'id'>, { progress }: Invocation): Promise<Connection> {
  for (;;) {
    const connection = await connectionById(api, id);
    if (connection.state !== 'discovering') {
      progress.clear();
      return connection;
    }
    progress.show('discovering clusters, pools and nodes');
    await sleep(pollMs);
  }
}

async function connectionById(api: ApiClient, id: string): Promise<Connection> {
  const { connections } = await api.call('listConnections', {});
  const found = connections.find((connection) => connection.id === id);
  if (found === undefined) throw new WrongUseError(`the connection ${printable(id)} has been removed meanwhile`);
  return found;
}

async function updateAdvisories(api: ApiClient, invocation: Invocation): Promise<void> {
  let list: AdvisorySourceList = await api.call('updateAdvisorySources', {});
  while (list.updating) {
    const busy = list.sources.filter(({ state }) => state === 'updating').map(({ name }) => name);
    invocation.progress.show(`updating advisories: ${busy.length === 0 ? 'comparing with what was read' : busy.join(', ')}`);
    await sleep(pollMs);
    list = await api.call('listAdvisorySources', {});
  }
  invocation.progress.clear();
  for (const { name, failure } of list.sources) if (failure !== undefined) invocation.note(printable(`advisories of ${name}: ${failure.detail}`));
}

/** Of the nodes of one connection. */
async function countNodes(api: ApiClient, connectionId: string, query: { readonly state?: 'healthy' | 'unhealthy'; readonly cause?: NotEvaluatedCause }): Promise<number> {
  return (await api.call('listNodes', { query: { ...query, connectionId, limit: 1 } })).total;
}

async function firstAssessments(api: ApiClient, connectionId: string, { progress, note }: Invocation): Promise<void> {
  const total = await countNodes(api, connectionId, {});
  let last = Number.POSITIVE_INFINITY;
  for (let silentMs = 0; silentMs < patienceMs; silentMs += pollMs) {
    const waiting = await countNodes(api, connectionId, { cause: 'never-assessed' });
    if (waiting === 0) {
      progress.clear();
      return;
    }
    if (waiting < last) silentMs = 0;
    last = waiting;
    progress.show(`assessing: ${total - waiting} of ${total} nodes`);
    await sleep(pollMs);
  }
  progress.clear();
  note(`${last} of ${total} nodes still wait for their assessment; the server goes on`);
}

const causes = ['unreachable', 'failed', 'encrypted', 'unsupported', 'no-advisories', 'image-not-published', 'incomplete', 'never-assessed', 'plan-off'] as const satisfies readonly NotEvaluatedCause[];

/** Healthy + unhealthy + not assessed = all nodes. */
async function sayResult({ api, origin }: RunningServer, { id }: Connection, { print }: Invocation): Promise<ExitStatus> {
  const connection = await connectionById(api, id);
  const [unhealthy, healthy] = [await countNodes(api, id, { state: 'unhealthy' }), await countNodes(api, id, { state: 'healthy' })];
  const open: string[] = [];
  for (const cause of causes) {
    const nodes = await countNodes(api, id, { cause });
    if (nodes > 0) open.push(`${nodes} ${cause}`);
  }
  const notAssessed = connection.nodes - unhealthy - healthy;
  const told = `${unhealthy + healthy} assessed (${unhealthy} unhealthy, ${healthy} healthy), ${notAssessed} not assessed${open.length === 0 ? '' : ` (${open.join(', ')})`}`;
  print(printable(`${origin}: ${connection.name}: ${sizeOf(connection)}; ${told}`) + '\n');
  return notAssessed === 0 ? exitStatus.assessed : exitStatus.incomplete;
}

export function sizeOf({ clusters, nodePools, nodes }: Connection): string {
  return [counted(clusters, 'cluster', 'clusters'), counted(nodePools, 'node pool', 'node pools'), counted(nodes, 'node', 'nodes')].join(', ');
}
