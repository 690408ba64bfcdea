import { execFile } from 'node:child_process';
import type { RequestOptions } from 'node:https';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { User } from '@kubernetes/client-node';
import { z } from 'zod';
import { ProviderDeniedError } from '../errors.ts';

/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#ExecConfig */
export const execPlugInSchema = z.object({
  apiVersion: z.string().optional(),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string().min(1), value: z.string() })).nullish(),
});
export type ExecPlugIn = z.infer<typeof execPlugInSchema>;

const credentialSchema = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
});
type Credential = z.infer<typeof credentialSchema>['status'];

/** The client's own type is not exported. */
interface Authenticator {
  isAuthProvider(user: User): boolean;
  applyAuthentication(user: User, request: RequestOptions): Promise<void>;
}

/** Longer is a plug-in that waits for somebody at a keyboard. */
const longestRun = 60_000;
/** A token that ends now is of no use to a request that is sent now. */
const early = 60_000;

export interface ExecOptions {
  readonly plugIn: ExecPlugIn;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/** Base name without the ending that Windows adds. */
export function plugInName(command: string): string {
  return basename(command.replaceAll('\\', '/')).replace(/\.exe$/i, '');
}

/**
 * In place of the client's own runner, which hands all of our environment to the program, leaves out
 * `KUBERNETES_EXEC_INFO` (kubelogin asks for it) and waits for ever.
 */
export function execAuthenticator(options: ExecOptions): Authenticator {
  let kept: Credential | undefined;
  return {
    isAuthProvider: ({ authProvider }) => providerSchema.safeParse(authProvider).success,
    applyAuthentication: async (_user, request) => {
      if (kept === undefined || isOver(kept, options.now())) kept = await run(options);
      if (kept.clientCertificateData !== undefined) request.cert = kept.clientCertificateData;
      if (kept.clientKeyData !== undefined) request.key = kept.clientKeyData;
      if (kept.token !== undefined) request.headers = { ...Object.fromEntries(Object.entries(request.headers ?? {})), Authorization: `Bearer ${kept.token}` };
    },
  };
}

/** Under which name the plug-in stands in the client's configuration, so that the client's own runner lets it be. */
export const execProviderName = 'nodeward-exec';

/** The client's type says `any`. */
const providerSchema = z.object({ name: z.literal(execProviderName) });

function isOver({ expirationTimestamp }: Credential, now: number): boolean {
  if (expirationTimestamp === undefined) return false;
  const end = Date.parse(expirationTimestamp);
  return Number.isNaN(end) || end - early <= now;
}

async function run({ plugIn, environment }: ExecOptions): Promise<Credential> {
  const name = plugInName(plugIn.command);
  const apiVersion = plugIn.apiVersion ?? 'client.authentication.k8s.io/v1';
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } });
  const own = Object.fromEntries((plugIn.env ?? []).map(({ name: key, value }) => [key, value]));
  const output = await promisify(execFile)(plugIn.command, plugIn.args ?? [], {
    env: { ...withoutOurs(environment), ...own, KUBERNETES_EXEC_INFO: info },
    timeout: longestRun,
    maxBuffer: 1024 * 1024,
    windowsHide: true,
  }).catch((cause: unknown) => {
    throw new ProviderDeniedError(`the credential plug-in ${name} failed: ${whyItFailed(cause)}`, { cause });
  });
  const parsed = credentialSchema.safeParse(parseJson(output.stdout));
  const status = parsed.success ? parsed.data.status : undefined;
  if (status === undefined || (status.token === undefined && status.clientCertificateData === undefined)) {
    throw new ProviderDeniedError(`the credential plug-in ${name} gave no credential`);
  }
  return status;
}

/** The plug-in needs its user's environment (HOME, proxies, AZURE_…), and none of what is only ours: keys and the database's address. */
function withoutOurs(environment: ExecOptions['environment']): ExecOptions['environment'] {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('NODEWARD_') && name !== 'DATABASE_URL'));
}

/** The program's own last line says most; its standard output may hold a token and is not repeated. */
function whyItFailed(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if ('killed' in cause && cause.killed === true) return 'no answer within 60 s';
  const lines = 'stderr' in cause && typeof cause.stderr === 'string' ? cause.stderr.trim().split('\n') : [];
  const code = 'code' in cause && (typeof cause.code === 'string' || typeof cause.code === 'number') ? String(cause.code) : 'failed';
  return (lines.at(-1) ?? '') === '' ? code : (lines.at(-1) ?? '').slice(0, 200);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // no credential, as the caller says
    return undefined;
  }
}
