import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, ApiError, ApiUnreachableError, createApiClient } from '@nodeward/api';
import { InvalidInputError } from '@nodeward/engine';
import { type ExitStatus, exitStatus, WrongUseError } from './exit-status.ts';
import type { Invocation } from './invocation.ts';
import { printable } from './printable.ts';

export interface SessionOptions {
  /** Data folder of a server on this machine. */
  readonly dataDir?: string;
  /** A one-time address that `nodeward link` has printed, for a server elsewhere. */
  readonly link?: string;
}

/** How often a server that lets nobody in for the moment is asked again, at the pace that it names. */
const entryAttempts = 3;
const longestWaitSeconds = 60;

/**
 * Enters the running server, by the one-time address that was given or by one that is made in the
 * data folder, which whoever may write it may do; works there, and gives the session back. What the
 * server refuses is one line and exit status 2; where it does not answer, or fails, 3.
 */
export async function inSession(options: SessionOptions, invocation: Invocation, work: (api: ApiClient, origin: string) => Promise<ExitStatus>): Promise<ExitStatus> {
  const { link: entry, origin } = options.link === undefined ? await localLink(options) : { link: options.link, origin: undefined };
  const link = parseLink(entry);
  const cookie = await enter(link, invocation);
  try {
    return await work(createApiClient({ origin: link.origin, headers: { cookie } }), origin ?? link.origin);
  } catch (error) {
    return statusOf(error, invocation);
  } finally {
    // A server that is gone by now forgets the session when its time is over.
    await fetch(`${link.origin}/leave`, { method: 'POST', headers: { cookie } }).catch(() => undefined);
  }
}

function statusOf(error: unknown, invocation: Invocation): ExitStatus {
  if (error instanceof ApiError && error.problem.status < 500) throw new WrongUseError(printable(error.message), { cause: error });
  if (!(error instanceof ApiError || error instanceof ApiUnreachableError)) throw error;
  invocation.note(printable(error.message));
  return exitStatus.incomplete;
}

function parseLink(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new WrongUseError('--link is no address; `nodeward link` prints one');
  return url;
}

async function localLink({ dataDir }: SessionOptions): Promise<{ readonly link: string; readonly origin: string }> {
  const { createLocalLink } = await import('@nodeward/server/link');
  return createLocalLink(dataDir === undefined ? {} : { dataDir }).catch(refuseFolder);
}

/** A data folder without a server, or that cannot be used as one, is a mistake of the command line. */
export function refuseFolder(error: unknown): never {
  const isSystemError = error instanceof Error && 'syscall' in error;
  if (error instanceof InvalidInputError || isSystemError) throw new WrongUseError(printable(error.message), { cause: error });
  throw error;
}

async function enter(link: URL, invocation: Invocation): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(link, { redirect: 'manual' }).catch((cause: unknown) => {
      throw new WrongUseError(`${link.origin} does not answer`, { cause });
    });
    const cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0];
    if (response.status === 303 && cookie !== undefined) return cookie;
    if (response.status !== 429 || attempt === entryAttempts) throw new WrongUseError(`${link.origin} ${refusalOf(response)}`);
    const seconds = Math.min(Number(response.headers.get('retry-after') ?? 1) || 1, longestWaitSeconds);
    invocation.progress.show(`${link.origin} lets in so many a minute; waiting ${seconds} s`);
    await sleep(seconds * 1000);
    invocation.progress.clear();
  }
}

function refusalOf({ status }: Response): string {
  if (status === 401) return 'did not accept the one-time address: it has been used, or is too old; `nodeward link` prints a fresh one';
  if (status === 429) return 'lets in no more for the moment; try again in a minute';
  return `is no server of Nodeward, or --link is not the address that \`nodeward link\` prints (HTTP ${status})`;
}
