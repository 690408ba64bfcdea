import { DomainError } from '@nodeward/engine';
import { z } from 'zod';
import { ProviderBusyError, ProviderDeniedError } from '../errors.ts';

/** What Azure Resource Manager answered instead of a result; no header and no token is in it. */
export class ArmError extends DomainError {
  readonly code = 'AZURE_REFUSED';
  readonly status: number;
  /** Azure's own word: `AuthorizationFailed`, `ResourceNotFound`, … */
  readonly azureCode: string;

  constructor(status: number, azureCode: string, message: string, options?: ErrorOptions) {
    super(`${status} ${azureCode}: ${oneLine(message)}`, options);
    this.status = status;
    this.azureCode = azureCode;
  }
}

/** ARM nests its errors below `error`; AKS repeats them on top, and long-running operations give them at either place. */
const errorBody = z.object({ code: z.string().optional(), message: z.string().optional(), error: z.object({ code: z.string().optional(), message: z.string().optional() }).nullish() });

export function armErrorOf(status: number, body: unknown): ArmError {
  const parsed = errorBody.safeParse(body);
  const { code, message } = parsed.success ? { code: parsed.data.error?.code ?? parsed.data.code, message: parsed.data.error?.message ?? parsed.data.message } : {};
  return new ArmError(status, code ?? 'Unknown', message ?? 'no message');
}

/** Milliseconds after which what may have been a bad moment is tried again. */
const later = 60_000;

/** What callers of a provider know: a person must grant something, or come back later. Everything else stays what it is. */
export function asProviderError(error: unknown): unknown {
  if (!(error instanceof ArmError)) return error;
  if (error.status === 403) return new ProviderDeniedError(error.message, { cause: error });
  return error.status === 0 || error.status === 409 || error.status >= 500 ? new ProviderBusyError(error.message, later, { cause: error }) : error;
}

const longestMessage = 500;

/** SAS signatures never get into a message, whoever put them there. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/([?&]sig=)[^&\s"']+/gi, '$1…').slice(0, longestMessage);
}
