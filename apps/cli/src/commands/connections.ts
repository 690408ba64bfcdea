import type { ApiClient, Connection } from '@nodeward/api';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { counted } from '../quantity.ts';
import { inSession, type SessionOptions } from '../server-session.ts';
import { formatTable } from '../table.ts';

export interface ConnectionsOptions extends SessionOptions {
  readonly format?: string;
}

export async function runListConnections(options: ConnectionsOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  return inSession(options, invocation, async (api) => {
    const { connections } = await api.call('listConnections', {});
    if (options.format === 'json') invocation.print(`${JSON.stringify({ connections }, undefined, 2)}\n`);
    else if (connections.length > 0) invocation.print(formatTable(['NAME', 'KIND', 'STATE', 'CLUSTERS', 'POOLS', 'NODES', 'WHERE', 'ID'], connections.map(cellsOf)));
    for (const { name, failure } of connections) if (failure !== undefined) invocation.note(printable(`${name}: ${failure.detail}`));
    return connections.some(({ state }) => state === 'failed') ? exitStatus.incomplete : exitStatus.assessed;
  });
}

function cellsOf({ id, name, kind, state, clusters, nodePools, nodes, location = '' }: Connection) {
  return [name, kind, state, String(clusters), String(nodePools), String(nodes), location, id].map((text) => ({ text }));
}

/** Every right is named with what it is for; a missing one that is needed makes the status 3. */
export async function runTestConnection(name: string, options: ConnectionsOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  return inSession(options, invocation, async (api) => {
    const { id } = await findConnection(api, name);
    const { reachable, failure, rights, clusters, nodes } = await api.call('testConnection', { parameters: { connectionId: id } });
    const rows = rights.map(({ right, purpose, state, optional, detail = '' }) => [right, state, optional ? 'optional' : 'needed', purpose, detail].map((text) => ({ text })));
    if (rows.length > 0) invocation.print(formatTable(['RIGHT', 'STATE', 'NEED', 'FOR', 'ANSWER'], rows));
    if (reachable) invocation.say(`reached: ${counted(clusters, 'cluster', 'clusters')}, ${counted(nodes, 'node', 'nodes')}`);
    else invocation.note(printable(failure?.detail ?? 'not reachable'));
    return reachable && !rights.some(({ state, optional }) => state === 'missing' && !optional) ? exitStatus.assessed : exitStatus.incomplete;
  });
}

export async function runPauseConnection(name: string, paused: boolean, options: ConnectionsOptions, invocation: Invocation): Promise<ExitStatus> {
  return inSession(options, invocation, async (api) => {
    const { id } = await findConnection(api, name);
    const changed = await api.call('changeConnection', { parameters: { connectionId: id }, body: { paused } });
    invocation.say(printable(`${changed.name}: ${changed.state}`));
    return exitStatus.assessed;
  });
}

export async function runRemoveConnection(name: string, options: ConnectionsOptions, invocation: Invocation): Promise<ExitStatus> {
  return inSession(options, invocation, async (api) => {
    const found = await findConnection(api, name);
    await api.call('deleteConnection', { parameters: { connectionId: found.id } });
    invocation.say(printable(`${found.name}: removed, with ${counted(found.clusters, 'cluster', 'clusters')} and ${counted(found.nodes, 'node', 'nodes')}`));
    return exitStatus.assessed;
  });
}

export async function findConnection(api: ApiClient, name: string): Promise<Connection> {
  const { connections } = await api.call('listConnections', {});
  const found = connections.filter((connection) => connection.id === name || connection.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only !== undefined) throw new WrongUseError(printable(`${name} is the name of several connections: give one of the ids ${found.map(({ id }) => id).join(', ')}`));
  throw new WrongUseError(printable(`no connection ${name}; ${connections.length === 0 ? 'the server has none' : `there are: ${connections.map((connection) => connection.name).join(', ')}`}`));
}
