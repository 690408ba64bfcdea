import type { TokenCredential } from '@azure/core-auth';
import { bearerTokenAuthenticationPolicy, createEmptyPipeline, createHttpHeaders, createPipelineRequest, type HttpClient, type HttpMethods, isRestError, type PipelineResponse } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import { ProviderBusyError, ProviderDeniedError } from '../errors.ts';
import { ArmError, armErrorOf } from './arm-error.ts';
import { chargesOf, type Clock, type ThrottleBudget } from './throttle-budget.ts';

/** The only host that ever gets a token. */
export const armEndpoint = 'https://management.azure.com';
const scope = `${armEndpoint}/.default`;

export interface ArmClientOptions {
  readonly credential: TokenCredential;
  /** Sends one request; proxies and certificates are its affair. */
  readonly transport: HttpClient;
  readonly budget: ThrottleBudget;
  readonly clock: Clock;
}

export interface ArmClient {
  get(path: string, apiVersion: string, signal: AbortSignal): Promise<unknown>;
  /** All pages, by `nextLink`. */
  list(path: string, apiVersion: string, signal: AbortSignal): Promise<readonly unknown[]>;
  /** Waits until the operation has ended; its output, or the resource. */
  run(method: 'PUT' | 'POST' | 'DELETE', path: string, apiVersion: string, body: unknown, signal: AbortSignal): Promise<unknown>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  header(name: string): string | undefined;
}

/** Of one request: Azure said 429, or the network failed. */
const mostAttempts = 6;
const mostPages = 10_000;
const mostPolls = 1000;
/** Seconds: what Azure asks for is believed up to here, and what it does not say is this. */
const longestWait = 300;
const defaultPoll = 5;
const requestMilliseconds = 60_000;
const answerCharacters = 64 * 1024 * 1024;

/** Raw JSON over Azure's own pipeline: its bearer policy, our budget, retries, paging and long-running operations. */
export function openArmClient(options: ArmClientOptions): ArmClient {
  const send = openSender(options);
  return {
    get: async (path, apiVersion, signal) => (await send('GET', urlOf(path, apiVersion), undefined, signal)).body,
    list: async (path, apiVersion, signal) => readPages(send, urlOf(path, apiVersion), signal),
    run: async (method, path, apiVersion, body, signal) => runOperation(send, options.clock, { method, url: urlOf(path, apiVersion), body }, signal),
  };
}

function urlOf(path: string, apiVersion: string): URL {
  const url = new URL(path, armEndpoint);
  url.searchParams.set('api-version', apiVersion);
  return checked(url.href);
}

/** A link out of an answer is followed only to where the token belongs. */
function checked(link: string): URL {
  const url = URL.parse(link);
  if (url?.origin !== armEndpoint || url.username !== '' || url.password !== '') throw new ArmError(0, 'ForeignLink', `the answer points to ${url?.origin ?? 'no address'}, which is not ${armEndpoint}`);
  return url;
}

type Send = (method: HttpMethods, url: URL, body: unknown, signal: AbortSignal) => Promise<Answer>;

function openSender({ credential, transport, budget, clock }: ArmClientOptions): Send {
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: scope }));
  const once = async (method: HttpMethods, url: URL, body: unknown, signal: AbortSignal): Promise<Answer> => {
    const headers = createHttpHeaders({ accept: 'application/json', 'user-agent': 'nodeward', ...(body === undefined ? {} : { 'content-type': 'application/json' }) });
    const request = createPipelineRequest({ url: url.href, method, headers, abortSignal: signal, timeout: requestMilliseconds, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return readAnswer(await pipeline.sendRequest(transport, request));
  };
  return async (method, url, body, signal) => {
    const charges = chargesOf(method, url);
    for (let attempt = 1; ; attempt += 1) {
      await budget.spend(charges, signal);
      const outcome = await attemptOf(async () => once(method, url, body, signal), signal);
      if ('answer' in outcome && !isTransient(outcome.answer.status)) return accept(outcome.answer);
      const wait = waitOf(outcome, attempt);
      if ('answer' in outcome && outcome.answer.status === 429) budget.block(charges, wait);
      if (attempt >= mostAttempts) throw givenUp(outcome, wait, url);
      await clock.sleep(wait, signal);
    }
  };
}

type Outcome = { readonly answer: Answer } | { readonly failure: Error };

async function attemptOf(once: () => Promise<Answer>, signal: AbortSignal): Promise<Outcome> {
  try {
    return { answer: await once() };
  } catch (error) {
    signal.throwIfAborted();
    if (isCredentialError(error)) throw new ProviderDeniedError(`no Azure identity: ${whatWasTried(error)}`, { cause: error });
    if (error instanceof Error && isRestError(error)) return { failure: error };
    throw error;
  }
}

/** Of a chain of identities each says for itself why it is none. */
function whatWasTried(error: Error): string {
  const tried = 'errors' in error && Array.isArray(error.errors) ? error.errors.flatMap((one: unknown) => (one instanceof Error ? [firstSentence(one.message)] : [])) : [];
  return tried.length === 0 ? firstLine(error.message) : tried.join('; ');
}

function firstSentence(text: string): string {
  return firstLine(text).split('. ')[0]?.replace(/^Error: |\.$/g, '') ?? text;
}

/** By name: the classes of `@azure/identity` need not be loaded for it. */
function isCredentialError(error: unknown): error is Error {
  return error instanceof Error && /^(CredentialUnavailableError|AuthenticationError|AggregateAuthenticationError|AuthenticationRequiredError)$/.test(error.name);
}

function isTransient(status: number): boolean {
  return status === 429 || status === 408 || status >= 500;
}

/** Milliseconds. */
function waitOf(outcome: Outcome, attempt: number): number {
  const asked = 'answer' in outcome ? retryAfter(outcome.answer) : undefined;
  return (asked ?? Math.min(60, 2 ** (attempt - 1))) * 1000;
}

/** Seconds. */
function retryAfter(answer: Answer): number | undefined {
  const seconds = Number(answer.header('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, longestWait) : undefined;
}

function givenUp(outcome: Outcome, wait: number, url: URL): Error {
  if ('failure' in outcome) return new ArmError(0, 'Unreachable', firstLine(outcome.failure.message), { cause: outcome.failure });
  if (outcome.answer.status === 429) return new ProviderBusyError(`Azure throttles ${url.pathname}`, wait);
  return armErrorOf(outcome.answer.status, outcome.answer.body);
}

function accept(answer: Answer): Answer {
  if (answer.status === 401) throw new ProviderDeniedError('Azure does not accept the token of this identity (401)');
  if (answer.status >= 300) throw armErrorOf(answer.status, answer.body);
  return answer;
}

function readAnswer({ status, bodyAsText, headers }: PipelineResponse): Answer {
  return { status, body: parseBody(status, bodyAsText ?? ''), header: (name) => headers.get(name) };
}

function parseBody(status: number, text: string): unknown {
  if (text === '') return undefined;
  if (text.length > answerCharacters) throw new ArmError(status, 'AnswerTooLong', `${text.length} characters`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    // A proxy's own error page is not Azure's word; its status still counts.
    if (status >= 400) return undefined;
    throw new ArmError(status, 'NotJson', 'the answer is not JSON', { cause });
  }
}

const page = z.object({ value: z.array(z.unknown()), nextLink: z.string().nullish() });

async function readPages(send: Send, first: URL, signal: AbortSignal): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  const seen = new Set<string>();
  for (let url = first; seen.size < mostPages;) {
    if (seen.has(url.href)) throw new ArmError(0, 'PagingLoop', `${url.pathname} names a page twice`);
    seen.add(url.href);
    const parsed = page.safeParse((await send('GET', url, undefined, signal)).body);
    if (!parsed.success) throw new ArmError(200, 'UnexpectedAnswer', `${url.pathname} is not a list`);
    for (const row of parsed.data.value) rows.push(row);
    if (parsed.data.nextLink === undefined || parsed.data.nextLink === null || parsed.data.nextLink === '') return rows;
    url = checked(parsed.data.nextLink);
  }
  throw new ArmError(0, 'PagingLoop', `${first.pathname} has more than ${mostPages} pages`);
}

const operation = z.object({ status: z.string(), properties: z.object({ output: z.unknown().optional() }).nullish(), error: z.unknown().optional() });

/**
 * ARM, "Track asynchronous Azure operations": `Azure-AsyncOperation` is asked first, as its answers say what failed; with
 * `Location` alone 202 means that it still runs. Both are absolute and carry their own api-version.
 */
async function runOperation(send: Send, clock: Clock, request: { method: 'PUT' | 'POST' | 'DELETE'; url: URL; body: unknown }, signal: AbortSignal): Promise<unknown> {
  const started = await send(request.method, request.url, request.body, signal);
  const [status, location] = [started.header('azure-asyncoperation'), started.header('location')];
  if (status !== undefined) {
    const output = await pollStatus(send, clock, checked(status), started, signal);
    if (output !== undefined) return output;
    return afterwards(send, request, location, signal);
  }
  if (started.status === 202 && location !== undefined) return pollLocation(send, clock, checked(location), started, signal);
  return started.body;
}

async function afterwards(send: Send, { method, url }: { method: string; url: URL }, location: string | undefined, signal: AbortSignal): Promise<unknown> {
  if (method === 'PUT') return (await send('GET', url, undefined, signal)).body;
  if (method === 'POST' && location !== undefined) return (await send('GET', checked(location), undefined, signal)).body;
  return undefined;
}

async function pollStatus(send: Send, clock: Clock, url: URL, started: Answer, signal: AbortSignal): Promise<unknown> {
  let wait = retryAfter(started) ?? defaultPoll;
  for (let poll = 0; poll < mostPolls; poll += 1) {
    await clock.sleep(wait * 1000, signal);
    const answer = await send('GET', url, undefined, signal);
    const parsed = operation.safeParse(answer.body);
    if (!parsed.success) throw new ArmError(answer.status, 'UnexpectedAnswer', 'the operation has no status');
    if (parsed.data.status === 'Succeeded') return parsed.data.properties?.output;
    if (parsed.data.status === 'Failed' || parsed.data.status === 'Canceled') throw armErrorOf(answer.status, parsed.data.error === undefined ? { code: parsed.data.status } : { error: parsed.data.error });
    wait = retryAfter(answer) ?? defaultPoll;
  }
  throw new ArmError(0, 'OperationTooLong', url.pathname);
}

async function pollLocation(send: Send, clock: Clock, url: URL, started: Answer, signal: AbortSignal): Promise<unknown> {
  let wait = retryAfter(started) ?? defaultPoll;
  for (let poll = 0; poll < mostPolls; poll += 1) {
    await clock.sleep(wait * 1000, signal);
    const answer = await send('GET', url, undefined, signal);
    if (answer.status !== 202) return answer.body;
    wait = retryAfter(answer) ?? defaultPoll;
  }
  throw new ArmError(0, 'OperationTooLong', url.pathname);
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300);
}
