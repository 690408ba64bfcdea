import { createHttpHeaders, type HttpClient, type PipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { ChainedTokenCredential, CredentialUnavailableError } from '@azure/identity';
import { describe, expect, it } from 'vitest';
import { credential } from './aks-under-test.ts';
import { type ArmClient, openArmClient } from './arm-client.ts';
import { openThrottleBudget } from './throttle-budget.ts';

const signal = new AbortController().signal;
const path = '/subscriptions/s/providers/Microsoft.ContainerService/managedClusters';

interface Reply {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers in order; every request is kept. */
function scripted(replies: readonly (Reply | Error)[]): { readonly client: ArmClient; readonly sent: PipelineRequest[]; readonly slept: number[] } {
  const sent: PipelineRequest[] = [];
  const slept: number[] = [];
  const transport: HttpClient = {
    sendRequest: async (request) => {
      const reply = replies[sent.length] ?? { status: 404 };
      sent.push(request);
      if (reply instanceof Error) throw reply;
      const { status = 200, body, headers = {} } = reply;
      return Promise.resolve({ request, status, headers: createHttpHeaders(headers), bodyAsText: typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body) });
    },
  };
  let now = 0;
  const clock = { now: () => now, sleep: async (milliseconds: number) => Promise.resolve(void (now += slept.push(milliseconds) === 0 ? 0 : milliseconds)) };
  return { client: openArmClient({ credential, transport, clock, budget: openThrottleBudget(clock) }), sent, slept };
}

describe('an identity', () => {
  it('that nothing gives is refused with what each of the chain says', async () => {
    const none = (name: string) => ({ getToken: async () => Promise.reject(new CredentialUnavailableError(`${name} is unavailable. See https://example.org/${name}.`)) });
    const clock = { now: () => 0, sleep: async () => Promise.resolve() };
    const client = openArmClient({ credential: new ChainedTokenCredential(none('EnvironmentCredential'), none('AzureCliCredential')), transport: { sendRequest: async () => Promise.reject(new Error('nobody is asked')) }, clock, budget: openThrottleBudget(clock) });

    await expect(client.get(path, 'v', signal)).rejects.toMatchObject({ code: 'PROVIDER_DENIED', message: 'no Azure identity: EnvironmentCredential is unavailable; AzureCliCredential is unavailable' });
  });
});

describe('paging', () => {
  it('reads every page, with the token, and the first with its api-version', async () => {
    const { client, sent } = scripted([{ body: { value: [1, 2], nextLink: `https://management.azure.com${path}?api-version=x&$skipToken=2` } }, { body: { value: [3] } }]);
    expect(await client.list(path, '2026-04-01', signal)).toEqual([1, 2, 3]);
    expect(sent.map(({ url }) => url)).toEqual([`https://management.azure.com${path}?api-version=2026-04-01`, `https://management.azure.com${path}?api-version=x&$skipToken=2`]);
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer secret-token', 'Bearer secret-token']);
  });

  it.each(['https://evil.example/x', 'http://management.azure.com/x', 'https://management.azure.com.evil.example/x', 'https://me@management.azure.com/x', 'https://management.azure.com:444/x', '/subscriptions', 'file:///etc/passwd'])('never sends the token to %s', async (nextLink) => {
    const { client, sent } = scripted([{ body: { value: [], nextLink } }, { body: { value: ['stolen'] } }]);
    await expect(client.list(path, 'v', signal)).rejects.toMatchObject({ azureCode: 'ForeignLink' });
    expect(sent.length).toBe(1);
  });

  it('ends a list that names a page twice', async () => {
    const { client } = scripted(Array.from({ length: 5 }, () => ({ body: { value: [1], nextLink: `https://management.azure.com${path}?api-version=v` } })));
    await expect(client.list(path, 'v', signal)).rejects.toMatchObject({ azureCode: 'PagingLoop' });
  });

  it.each([['a list without value', { items: [] }], ['a value that is none', { value: 'x' }], ['nothing', undefined]])('does not take %s for an empty list', async (_name, body) => {
    await expect(scripted([{ body }]).client.list(path, 'v', signal)).rejects.toMatchObject({ azureCode: 'UnexpectedAnswer' });
  });

  it('does not take a page of HTML for an answer', async () => {
    await expect(scripted([{ body: '<html>log in</html>' }]).client.list(path, 'v', signal)).rejects.toMatchObject({ azureCode: 'NotJson' });
  });

  it('does not follow a redirect', async () => {
    const { client, sent } = scripted([{ status: 302, headers: { location: 'https://evil.example/' } }]);
    await expect(client.get(path, 'v', signal)).rejects.toMatchObject({ status: 302 });
    expect(sent.length).toBe(1);
  });
});

describe('trying again', () => {
  it('waits as long as Azure says', async () => {
    const { client, slept } = scripted([{ status: 429, headers: { 'retry-after': '17' } }, { body: { value: [1] } }]);
    expect(await client.list(path, 'v', signal)).toEqual([1]);
    expect(slept.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(17_000);
  });

  it('says when to come back once its patience is over', async () => {
    const { client, sent } = scripted(Array.from({ length: 20 }, () => ({ status: 429, headers: { 'retry-after': '30' } })));
    await expect(client.get(path, 'v', signal)).rejects.toMatchObject({ code: 'PROVIDER_BUSY', retryAfter: 30_000 });
    expect(sent.length).toBe(6);
  });

  it.each([[503], [500], [408]])('tries again after %i', async (status) => {
    const { client } = scripted([{ status }, { body: { a: 1 } }]);
    expect(await client.get(path, 'v', signal)).toEqual({ a: 1 });
  });

  it('tries again after a lost connection, and says which it was in the end', async () => {
    const lost = new RestError('connect ECONNREFUSED', { code: 'ECONNREFUSED' });
    expect(await scripted([lost, { body: 1 }]).client.get(path, 'v', signal)).toBe(1);
    await expect(scripted(Array.from({ length: 9 }, () => lost)).client.get(path, 'v', signal)).rejects.toMatchObject({ azureCode: 'Unreachable' });
  });

  it.each([[401, 'PROVIDER_DENIED'], [403, 'AZURE_REFUSED'], [404, 'AZURE_REFUSED'], [409, 'AZURE_REFUSED']])('does not repeat %i', async (status, code) => {
    const { client, sent } = scripted([{ status, body: { error: { code: 'X', message: 'no' } } }]);
    await expect(client.get(path, 'v', signal)).rejects.toMatchObject({ code });
    expect(sent.length).toBe(1);
  });

  it('names no token and no signature in an error', async () => {
    const { client } = scripted([{ status: 400, body: { error: { code: 'Bad', message: 'https://md-1.blob/x?sv=1&sig=abc%2Fdef&se=2 is wrong' } } }]);
    const error: unknown = await client.get(path, 'v', signal).catch((caught: unknown) => caught);
    expect(String(error)).toContain('sig=…');
    expect(JSON.stringify(error) + String(error)).not.toMatch(/abc%2Fdef|secret-token/);
  });
});

const operation = 'https://management.azure.com/subscriptions/s/providers/Microsoft.Compute/locations/w/DiskOperations/1?api-version=2018-07-31';

describe('long-running operations', () => {
  it('polls the operation as it is named, and then reads the resource', async () => {
    const { client, sent, slept } = scripted([
      { status: 202, headers: { 'azure-asyncoperation': operation, 'retry-after': '7' } },
      { body: { status: 'InProgress' }, headers: { 'retry-after': '3' } },
      { body: { status: 'Succeeded' } },
      { body: { id: 'made' } },
    ]);
    expect(await client.run('PUT', '/x', 'v', {}, signal)).toEqual({ id: 'made' });
    expect(sent.map(({ method, url }) => `${method} ${url.replace(/^.*azure\.com/, '')}`)).toEqual(['PUT /x?api-version=v', `GET ${operation.slice(28)}`, `GET ${operation.slice(28)}`, 'GET /x?api-version=v']);
    expect(slept).toEqual([7000, 3000]);
  });

  it('finds the output in the operation, or at its location', async () => {
    const inside = scripted([{ status: 202, headers: { 'azure-asyncoperation': operation } }, { body: { status: 'Succeeded', properties: { output: { accessSAS: 'x' } } } }]);
    expect(await inside.client.run('POST', '/x', 'v', {}, signal)).toEqual({ accessSAS: 'x' });
    const elsewhere = scripted([{ status: 202, headers: { location: operation } }, { status: 202 }, { body: { accessSAS: 'y' } }]);
    expect(await elsewhere.client.run('POST', '/x', 'v', {}, signal)).toEqual({ accessSAS: 'y' });
  });

  it.each(['Failed', 'Canceled'])('ends with what Azure says of an operation that is %s', async (status) => {
    const { client } = scripted([{ status: 202, headers: { 'azure-asyncoperation': operation } }, { body: { status, error: { code: 'KeyVaultAccessForbidden', message: 'no' } } }]);
    await expect(client.run('PUT', '/x', 'v', {}, signal)).rejects.toMatchObject({ azureCode: 'KeyVaultAccessForbidden' });
  });

  it.each(['azure-asyncoperation', 'location'])('does not follow the header %s to another host', async (header) => {
    const { client, sent } = scripted([{ status: 202, headers: { [header]: 'https://evil.example/op' } }]);
    await expect(client.run('DELETE', '/x', 'v', undefined, signal)).rejects.toMatchObject({ azureCode: 'ForeignLink' });
    expect(sent.length).toBe(1);
  });

  it('takes an answer without an operation as the end', async () => {
    expect(await scripted([{ status: 204 }]).client.run('DELETE', '/x', 'v', undefined, signal)).toBeUndefined();
    expect(await scripted([{ body: { id: 'there' } }]).client.run('PUT', '/x', 'v', {}, signal)).toEqual({ id: 'there' });
  });
});
