import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { type Endpoint, type EndpointName, endpoints } from '@nodeward/api';
import { answers } from './fixture-fleet.ts';
import { manyAnswers, withManyLeft, withManySilent } from './fixture-many.ts';
import { getOverview, type Query } from './fixture-overview.ts';

export type Scenario = 'fleet' | 'many' | 'empty' | 'one-day' | 'unmatched' | 'feed-failed' | 'slow' | 'signed-out' | 'broken';

export interface ContractServer extends AsyncDisposable {
  readonly origin: string;
  /** What the API answers from now on. */
  readonly play: (scenario: Scenario) => void;
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const policy = "default-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;connect-src 'self';frame-ancestors 'none'";

/** Serves the built portal and fixture answers that the contract's own schemas have checked, so that they cannot drift. */
export async function startContractServer(portal: string): Promise<ContractServer> {
  let scenario: Scenario = 'fleet';
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', policy);
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (path === '/api/events') listen(response);
    else if (path.startsWith('/api/')) answer(request, response, path, Object.fromEntries(searchParams), scenario);
    else void sendFile(response, portal, path);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    play: (next) => {
      scenario = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 60000\n\n');
}

const names = Object.keys(endpoints).filter((name): name is EndpointName => name in endpoints);

function match(method: string, path: string): { readonly name: EndpointName; readonly parameters: Readonly<Record<string, string>> } | undefined {
  for (const name of names) {
    const endpoint: Endpoint = endpoints[name];
    const found = endpoint.method === method ? new RegExp(`^${endpoint.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(path) : null;
    if (found !== null) return { name, parameters: Object.fromEntries(Object.entries(found.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)])) };
  }
  return undefined;
}

const refusals = { 'signed-out': [401, 'unauthorized'], broken: [503, 'unavailable'] } as const;

function answer(request: IncomingMessage, response: ServerResponse, path: string, query: Query, scenario: Scenario): void {
  if (scenario === 'signed-out' || scenario === 'broken') {
    const [status, code] = refusals[scenario];
    problem(response, status, code);
    return;
  }
  // Never answered: the page shows that it waits.
  if (scenario === 'slow' && path !== '/api/server') return;
  const found = match(request.method ?? 'GET', path);
  const make = found === undefined ? undefined : answersIn(scenario)[found.name];
  if (found === undefined || make === undefined) {
    problem(response, 404, 'not-found');
    return;
  }
  try {
    const endpoint: Endpoint = endpoints[found.name];
    const value = played(scenario, found.name, make(found.parameters, query));
    response.writeHead(endpoint.status, { 'content-type': 'application/json' }).end(JSON.stringify(endpoint.response.parse(value)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problem(response, 404, 'not-found');
  }
}

const manyClusters: typeof answers = { ...answers, ...manyAnswers };
const answersIn = (scenario: Scenario): typeof answers => (scenario === 'many' ? manyClusters : answers);

/** The fixture's answer as this scenario has it. */
function played(scenario: Scenario, name: EndpointName, value: object): unknown {
  if (scenario === 'empty' && name === 'listAdvisorySources') return { sources: [], revision: null, everyHours: null, nextUpdateAt: null, updating: false };
  if (scenario === 'empty') return name === 'listPlans' || name === 'getServerInformation' ? value : emptied(value);
  if (scenario === 'one-day' && name === 'getOverview') return { ...value, trend: getOverview().trend.slice(-1), recentJobs: [], actions: [], jobs: { active: 0, failed: 0, succeeded: 0 } };
  if (scenario === 'unmatched' && name === 'getOverview') return { ...value, vulnerabilities: null, trend: [], actions: [], forecastsKnown: false };
  if (scenario === 'unmatched' && name === 'listFleetVulnerabilities') return { vulnerabilities: [], total: 0, nextCursor: null };
  if (scenario === 'many' && name === 'getUpgradeJob') return withManyLeft(value);
  if (scenario === 'many' && name === 'getRecommendation') return withManySilent(value);
  if (scenario === 'feed-failed' && name === 'getOverview') return { ...value, feeds: ['sample', 'edge-1', 'edge-2', 'edge-3'].map((id) => ({ connectionId: id, connection: id, state: 'failed', name: '', newest: null, checkedAt: null, records: 0 })) };
  if (scenario === 'feed-failed' && name === 'listConnections') return { connections: failedConnections(value) };
  return value;
}

function failedConnections(value: object): readonly unknown[] {
  const { connections } = endpoints.listConnections.response.parse(value);
  return connections.map((connection) => (connection.id === 'sample' ? { ...connection, advisoryDatabase: { ...connection.advisoryDatabase, state: 'failed', revision: null, failure: 'damaged', feeds: [] } } : connection));
}

/** The same answer of a fleet in which nothing has been read yet. */
function emptied(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]): [string, unknown] => [key, Array.isArray(inner) ? [] : typeof inner === 'number' ? 0 : typeof inner === 'object' && inner !== null ? emptied(inner) : inner]),
  );
}

function problem(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ type: 'about:blank', title: code, status, code }));
}

async function sendFile(response: ServerResponse, portal: string, path: string): Promise<void> {
  const file = extname(path) === '' ? 'index.html' : path.slice(1);
  const content = await readFile(join(portal, file)).catch(() => undefined);
  if (content === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(content);
}
