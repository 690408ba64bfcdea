import { DomainError } from '@nodeward/engine';
import { z } from 'zod';
import { ProviderBusyError, ProviderDeniedError } from '../errors.ts';
import { reasonOf } from '../network/outbound-error.ts';

/** 410: the server no longer has the version, or the page, that was asked for. */
export class ResourceExpiredError extends DomainError {
  readonly code = 'RESOURCE_EXPIRED';
}

const statusSchema = z.object({ kind: z.literal('Status'), message: z.string().optional(), code: z.number().optional() });

/** Milliseconds. */
const usualWait = 30_000;
const longestWait = 10 * 60_000;

export interface FailedAnswer {
  readonly server: string;
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
  /** `nodes: list` */
  readonly right: string;
}

export function errorOfAnswer({ server, status, body, retryAfter, right }: FailedAnswer): Error {
  const said = messageOf(body);
  if (status === 401) return new ProviderDeniedError(`${server} does not accept these credentials (401)${said}`);
  if (status === 403) return new ProviderDeniedError(`${server} does not grant the right ${right} (403)${said}`);
  if (status === 410) return new ResourceExpiredError(`${server}: expired (410)${said}`);
  if (status === 429 || status >= 500) return new ProviderBusyError(`${server} is busy (${status})${said}`, waitOf(retryAfter));
  return new ProviderDeniedError(`${server} answered ${status} to ${right}${said}`);
}

function messageOf(body: string): string {
  try {
    const parsed = statusSchema.safeParse(JSON.parse(body));
    return parsed.success && parsed.data.message !== undefined ? `: ${oneLine(parsed.data.message)}` : '';
  } catch {
    // a page of a proxy in between: the status says what there is to say
    return '';
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}

function waitOf(retryAfter: string | undefined): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, longestWait) : usualWait;
}

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes, and wrong protocol versions. */
const distrust = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH/;

/** No answer at all. A certificate that is not trusted stays so until somebody acts; everything else may pass. */
export function errorOfConnection(error: unknown, server: string, proxy: string | undefined): Error {
  const through = proxy === undefined ? '' : ` through the proxy ${proxy}`;
  const code = codeOf(error);
  if (distrust.test(code)) return new ProviderDeniedError(`the certificate of ${server} is not trusted: ${reasonOf(error)}`);
  return new ProviderBusyError(`${server} cannot be reached${through}: ${reasonOf(error)}`, usualWait);
}

function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return '';
  const own = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return depth < 5 && inner !== undefined ? `${own} ${codeOf(inner, depth + 1)}` : own;
}
