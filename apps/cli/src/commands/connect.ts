import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { ApiClient, ConnectionRequest } from '@nodeward/api';
import { connectThrough } from '../connect-through.ts';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { inSession, refuseFolder, type SessionOptions } from '../server-session.ts';

export interface ConnectOptions extends SessionOptions {
  readonly name?: string;
  /** Of a server that is started here. */
  readonly port?: number;
  /** Of a server that is started here: programs that a kubeconfig may run. */
  readonly allowExec?: readonly string[];
  readonly storeSecret?: true;
  readonly sourceNames?: string;
}

export interface ConnectKubernetesOptions extends ConnectOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly inCluster?: true;
  readonly poolLabel?: string;
}

export interface ConnectAksOptions extends ConnectOptions {
  readonly subscription?: readonly string[];
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly scannerResourceGroup?: string;
  readonly readDisks?: true;
  readonly readReferenceImages?: true;
}

export async function runConnectKubernetes(options: ConnectKubernetesOptions, invocation: Invocation): Promise<number> {
  return connect(await kubernetesRequest(options, invocation), options, invocation);
}

export async function runConnectAks(options: ConnectAksOptions, invocation: Invocation): Promise<number> {
  return connect(aksRequest(options, invocation), options, invocation);
}

export async function runConnectImages(folder: string, options: ConnectOptions, invocation: Invocation): Promise<number> {
  return connect({ kind: 'images', ...nameOf(options), settings: { folder: resolve(folder) } }, options, invocation);
}

async function kubernetesRequest(options: ConnectKubernetesOptions, { environment }: Invocation): Promise<ConnectionRequest> {
  const { kubeconfig, inCluster = false, context, poolLabel, storeSecret } = options;
  if (inCluster && (kubeconfig !== undefined || storeSecret === true)) throw new WrongUseError('--in-cluster needs no kubeconfig; see nodeward connect kubernetes --help');
  const file = inCluster ? undefined : resolve(kubeconfig ?? defaultKubeconfig(environment));
  const secret = storeSecret === true && file !== undefined ? { kubeconfig: await readSecret(file) } : undefined;
  return {
    kind: 'kubernetes',
    ...nameOf(options),
    settings: {
      inCluster,
      ...(file === undefined || secret !== undefined ? {} : { kubeconfig: file }),
      ...(context === undefined ? {} : { context }),
      ...(poolLabel === undefined ? {} : { poolLabel }),
      ...sourceNamesOf(options),
    },
    ...(secret === undefined ? {} : { secret }),
  };
}

/** As kubectl finds it; of several files somebody must choose one. */
export function defaultKubeconfig({ KUBECONFIG, HOME }: Invocation['environment']): string {
  const files = (KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (files.length > 1) throw new WrongUseError('$KUBECONFIG names several files: give one with --kubeconfig');
  return files[0] ?? join(HOME === undefined || HOME === '' ? homedir() : HOME, '.kube', 'config');
}

export async function readSecret(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new WrongUseError(printable(`cannot read ${file}: ${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'}`), { cause });
  });
}

function aksRequest(options: ConnectAksOptions, { environment }: Invocation): ConnectionRequest {
  const { subscription = [], tenantId, clientId, scannerResourceGroup, readDisks = false, readReferenceImages = false, storeSecret } = options;
  const clientSecret = storeSecret === true ? clientSecretOf(environment) : undefined;
  return {
    kind: 'aks',
    ...nameOf(options),
    settings: {
      subscriptions: [...subscription],
      readDisks,
      readReferenceImages,
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(clientId === undefined ? {} : { clientId }),
      ...(scannerResourceGroup === undefined ? {} : { scannerResourceGroup }),
      ...sourceNamesOf(options),
    },
    ...(clientSecret === undefined ? {} : { secret: { clientSecret } }),
  };
}

/** From the environment: an argument could be read by every process of the machine. */
export function clientSecretOf({ AZURE_CLIENT_SECRET: secret }: Invocation['environment']): string {
  if (secret === undefined || secret === '') throw new WrongUseError('--store-secret takes the secret from $AZURE_CLIENT_SECRET, which is not set');
  return secret;
}

function nameOf({ name }: ConnectOptions): { readonly name?: string } {
  return name === undefined ? {} : { name };
}

function sourceNamesOf({ sourceNames }: ConnectOptions): { readonly sourceNames?: string } {
  return sourceNames === undefined ? {} : { sourceNames: resolve(sourceNames) };
}

/** Through the running server; where there is none, one is started here, and stays once the connection stands. */
async function connect(request: ConnectionRequest, options: ConnectOptions, invocation: Invocation): Promise<number> {
  const workFor = (told: Invocation) => async (api: ApiClient, origin: string): Promise<ExitStatus> => connectThrough({ api, origin }, request, told);
  const { defaultDataDir, findRunningServer } = await import('@nodeward/server/link');
  const dataDir = options.dataDir === undefined ? defaultDataDir(invocation.environment, process.cwd()) : resolve(options.dataDir);
  const running = options.link ?? (await findRunningServer(dataDir).catch(refuseFolder))?.origin;
  if (running !== undefined) {
    if (options.allowExec !== undefined) throw new WrongUseError(`what a kubeconfig may run is said where the server starts, and one already runs: end it, and start it with nodeward serve ${options.allowExec.map((name) => `--allow-exec ${name}`).join(' ')}`);
    if (options.port !== undefined) throw new WrongUseError('--port is for a server that is started here, and one already runs; see nodeward connect --help');
    const unheeded = ['NODEWARD_ADVISORY_MIRROR', 'NODEWARD_NODE_IMAGE_MIRROR'].filter((name) => (invocation.environment[name] ?? '') !== '');
    if (unheeded.length > 0) invocation.note(`not passed on: ${unheeded.join(', ')}; a server already runs, and what counts is what was set where it started`);
    invocation.exitOnInterrupt('no longer watching; the connection stays');
    return inSession(options, invocation, workFor(invocation));
  }
  invocation.say(`no server runs on ${printable(dataDir)}: starting one here; Ctrl-C ends it`);
  const outcome = { isConnected: false };
  const { port, allowExec } = options;
  const { serve } = await import('@nodeward/server');
  const status = await serve({ dataDir, sample: false, ...(port === undefined ? {} : { port }), ...(allowExec === undefined ? {} : { allowExec }) }, async ({ stop, ending }) => {
    const quiet = untilEnding(invocation, ending);
    const found = await inSession({ dataDir }, quiet, workFor(quiet)).catch((error: unknown) => refuse(error, quiet));
    // whoever pressed Ctrl-C knows why nobody answers
    if (ending.aborted) return;
    outcome.isConnected = found !== undefined;
    if (outcome.isConnected) invocation.say('the server runs until Ctrl-C');
    else stop(exitStatus.wrongUse);
  });
  // the server has said why it could not start, or go on
  if (status !== exitStatus.assessed) return outcome.isConnected ? exitStatus.incomplete : exitStatus.wrongUse;
  if (outcome.isConnected) return status;
  invocation.note('ended before it was done; `nodeward serve` goes on with what is connected');
  return exitStatus.interrupted;
}

/** A server that ends answers nobody, which is nothing to complain of. */
function untilEnding(invocation: Invocation, ending: AbortSignal): Invocation {
  const unlessEnding = (tell: (line: string) => void) => (line: string): void => {
    if (!ending.aborted) tell(line);
  };
  const { progress, note, say } = invocation;
  return { ...invocation, note: unlessEnding(note), say: unlessEnding(say), progress: { ...progress, show: unlessEnding(progress.show) } };
}

function refuse(error: unknown, invocation: Invocation): undefined {
  if (!(error instanceof WrongUseError)) throw error;
  invocation.note(error.message);
}
