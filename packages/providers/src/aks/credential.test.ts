import { createHttpHeaders, createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openCredential, openTransport } from './credential.ts';

const nowhere: HttpClient = { sendRequest: async () => Promise.reject(new Error('nothing is asked yet')) };
const tenantId = '11111111-2222-4333-8444-000000000001';
const clientId = '11111111-2222-4333-8444-000000000002';

describe('a stored client secret', () => {
  it.each([[{ tenantId }], [{ clientId }], [{}]])('is refused with no more than %j', (settings) => {
    expect(() => openCredential(settings, 'hush', nowhere)).toThrow('tenantId and clientId');
  });

  it('is sent to the sign-in page of Azure by the transport, and stands in no error', async () => {
    const asked: string[] = [];
    const transport: HttpClient = {
      sendRequest: async (request) => {
        asked.push(new URL(request.url).host);
        return Promise.resolve({ request, status: 401, headers: createHttpHeaders({ 'content-type': 'application/json' }), bodyAsText: JSON.stringify({ error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' }) });
      },
    };
    const error: unknown = await openCredential({ tenantId, clientId }, 'hush-hush', transport).getToken('https://management.azure.com/.default').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((host) => host !== 'login.microsoftonline.com')).toEqual([]);
    expect(String(error)).not.toContain('hush-hush');
  });
});

/** The sign-in page of Azure and a machine's metadata service, as far as an identity asks them. */
function signIn(asked: Asked[]): HttpClient {
  return {
    sendRequest: async (request) => {
      const { host, pathname } = new URL(request.url);
      asked.push({ host, pathname, body: typeof request.body === 'string' ? request.body : '' });
      const answer = answerOf(host, pathname);
      return Promise.resolve({ request, status: answer === undefined ? 404 : 200, headers: createHttpHeaders({ 'content-type': 'application/json' }), bodyAsText: JSON.stringify(answer ?? {}) });
    },
  };
}

interface Asked {
  readonly host: string;
  readonly pathname: string;
  readonly body: string;
}

function answerOf(host: string, pathname: string): unknown {
  const authority = `https://login.microsoftonline.com/${tenantId}`;
  if (host === '169.254.169.254') return { access_token: 'of-the-machine', expires_in: '3600', resource: 'https://management.azure.com', token_type: 'Bearer' };
  if (host !== 'login.microsoftonline.com') return undefined;
  if (pathname.endsWith('/discovery/instance')) return { tenant_discovery_endpoint: `${authority}/v2.0/.well-known/openid-configuration`, metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }] };
  if (pathname.endsWith('/openid-configuration')) return { issuer: `${authority}/v2.0`, authorization_endpoint: `${authority}/oauth2/v2.0/authorize`, token_endpoint: `${authority}/oauth2/v2.0/token`, jwks_uri: `${authority}/discovery/v2.0/keys` };
  return pathname.endsWith('/oauth2/v2.0/token') ? { access_token: 'of-the-pod', expires_in: 3600, token_type: 'Bearer' } : undefined;
}

describe('the identity of the machine', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('is the workload identity of a pod, whose token is read from its file', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'nodeward-identity-')), 'token');
    await writeFile(file, 'token-of-the-service-account');
    vi.stubEnv('AZURE_TENANT_ID', tenantId);
    vi.stubEnv('AZURE_CLIENT_ID', clientId);
    vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', file);
    const asked: Asked[] = [];

    expect(await openCredential({}, undefined, signIn(asked)).getToken('https://management.azure.com/.default')).toMatchObject({ token: 'of-the-pod' });
    expect(new URLSearchParams(asked.at(-1)?.body).get('client_assertion')).toBe('token-of-the-service-account');
    expect(new URLSearchParams(asked.at(-1)?.body).get('client_id')).toBe(clientId);
    await rm(file);
  });

  it('is the managed identity of a virtual machine, the one that was asked for', async () => {
    const asked: Asked[] = [];

    expect(await openCredential({ clientId }, undefined, signIn(asked)).getToken('https://management.azure.com/.default')).toMatchObject({ token: 'of-the-machine' });
    expect(new Set(asked.map(({ host }) => host))).toEqual(new Set(['169.254.169.254']));
  });
});

describe('the transport', () => {
  it('takes the way out that the server was given, one agent for each origin', async () => {
    const asked: string[] = [];
    const transport = openTransport({ httpsAgent: (url) => (asked.push(new URL(url).origin), new Agent()) });
    const request = (url: string): Promise<unknown> => transport.client.sendRequest(createPipelineRequest({ url }));
    for (const path of ['a', 'b']) await expect(request(`https://127.0.0.1:1/${path}`)).rejects.toThrow();
    await expect(request('https://localhost:1/')).rejects.toThrow();
    transport.close();
    expect(asked).toEqual(['https://127.0.0.1:1', 'https://localhost:1']);
  });

  it('asks the metadata service of the machine directly', async () => {
    const server = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address !== 'string' ? address.port : 0;
    const transport = openTransport({ httpsAgent: () => { throw new Error('a proxy was asked for'); } });
    const answer = await transport.client.sendRequest(createPipelineRequest({ url: `http://127.0.0.1:${port}/metadata`, allowInsecureConnection: true }));
    expect([answer.status, answer.bodyAsText]).toEqual([200, 'here']);
    transport.close();
    server.closeAllConnections();
    server.close();
  });
});
