import { resolve } from 'node:path';
import type { Connection, ConnectionSettings, ConnectionSettingsChange } from '@nodeward/api';
import { discovered, sizeOf } from '../connect-through.ts';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { inSession, type SessionOptions } from '../server-session.ts';
import { clientSecretOf, defaultKubeconfig, readSecret } from './connect.ts';
import { findConnection } from './connections.ts';

/** False: reset. Left out: as it was. */
type Changed<T> = T | false;

export interface EditConnectionOptions extends SessionOptions {
  readonly name?: Changed<string>;
  readonly kubeconfig?: string;
  readonly inCluster?: true;
  readonly context?: Changed<string>;
  readonly poolLabel?: Changed<string>;
  readonly subscription?: readonly string[];
  readonly allSubscriptions?: true;
  readonly tenantId?: Changed<string>;
  readonly clientId?: Changed<string>;
  readonly scannerResourceGroup?: Changed<string>;
  readonly readDisks?: boolean;
  readonly readReferenceImages?: boolean;
  readonly folder?: string;
  readonly sourceNames?: Changed<string>;
  readonly storeSecret?: boolean;
}

const ofEveryKind: readonly string[] = ['dataDir', 'link', 'name'];
const ofKind: Readonly<Record<ConnectionSettings['kind'], readonly (keyof EditConnectionOptions)[]>> = {
  aks: ['subscription', 'allSubscriptions', 'tenantId', 'clientId', 'scannerResourceGroup', 'readDisks', 'readReferenceImages', 'sourceNames', 'storeSecret'],
  images: ['folder'],
  kubernetes: ['kubeconfig', 'inCluster', 'context', 'poolLabel', 'sourceNames', 'storeSecret'],
};

/** Sends the settings of before with what the options change of them; clusters, nodes and findings stay. */
export async function runEditConnection(found: string, options: EditConnectionOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  return inSession(options, invocation, async (api) => {
    const { id } = await findConnection(api, found);
    const parameters = { connectionId: id };
    const before = await api.call('getConnectionSettings', { parameters });
    refuseOfOtherKind(before, options);
    const changed = await api.call('changeConnectionSettings', { parameters, body: await changeOf(before, options, invocation) });
    return sayOutcome(changed.state === 'discovering' ? await discovered(api, { id }, invocation) : changed, invocation);
  });
}

function sayOutcome(connection: Connection, { note, say }: Invocation): ExitStatus {
  const { name, state, failure } = connection;
  if (state === 'failed') {
    note(printable(`${name}: changed, and not discovered: ${failure?.detail ?? 'the environment could not be discovered'}`));
    return exitStatus.incomplete;
  }
  say(printable(`${name}: changed; ${state === 'paused' ? 'paused' : sizeOf(connection)}`));
  return exitStatus.assessed;
}

function refuseOfOtherKind({ kind }: ConnectionSettings, options: EditConnectionOptions): void {
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined || name === 'dataDir' || name === 'link' ? [] : [name]));
  if (given.length === 0) throw new WrongUseError('nothing to change; see nodeward connections edit --help');
  const foreign = given.find((name) => !ofEveryKind.includes(name) && !ofKind[kind].some((own) => own === name));
  if (foreign === undefined) return;
  throw new WrongUseError(`--${foreign.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} says nothing of a connection of the kind ${kind}`);
}

async function changeOf(before: ConnectionSettings, options: EditConnectionOptions, { environment }: Invocation): Promise<ConnectionSettingsChange> {
  const name = after(before.named ?? undefined, options.name);
  switch (before.kind) {
    case 'images':
      return { kind: 'images', name, settings: { folder: options.folder === undefined ? before.settings.folder : resolve(options.folder) } };
    case 'kubernetes':
      return { kind: 'kubernetes', name, ...(await kubernetesChange(before.settings, options, environment)) };
    case 'aks':
      return { kind: 'aks', name, ...aksChange(before.settings, options, environment) };
  }
}

type OfKind<Of, Kind extends ConnectionSettings['kind']> = Omit<Extract<Of, { readonly kind: Kind }>, 'kind' | 'name'>;
type SettingsOf<Kind extends ConnectionSettings['kind']> = Extract<ConnectionSettings, { readonly kind: Kind }>['settings'];

async function kubernetesChange(before: SettingsOf<'kubernetes'>, options: EditConnectionOptions, environment: Invocation['environment']): Promise<OfKind<ConnectionSettingsChange, 'kubernetes'>> {
  const { kubeconfig, inCluster, storeSecret } = options;
  if (inCluster === true && (kubeconfig !== undefined || storeSecret === true)) throw new WrongUseError('--in-cluster needs no kubeconfig; see nodeward connections edit --help');
  if (storeSecret === false) throw new WrongUseError('a stored kubeconfig is forgotten with --kubeconfig or --in-cluster, which take its place');
  const others = { context: after(before.context, options.context), poolLabel: after(before.poolLabel, options.poolLabel), sourceNames: sourceNamesAfter(before, options) };
  if (inCluster === true) return { settings: { ...others, context: undefined, inCluster } };
  if (storeSecret === true) return { settings: { ...others, inCluster: false }, secret: { kubeconfig: await readSecret(resolve(kubeconfig ?? before.kubeconfig ?? defaultKubeconfig(environment))) } };
  if (kubeconfig !== undefined) return { settings: { ...others, inCluster: false, kubeconfig: resolve(kubeconfig) } };
  return { settings: { ...before, ...others } };
}

function aksChange(before: SettingsOf<'aks'>, options: EditConnectionOptions, environment: Invocation['environment']): OfKind<ConnectionSettingsChange, 'aks'> {
  const { subscription, allSubscriptions, storeSecret } = options;
  if (subscription !== undefined && allSubscriptions === true) throw new WrongUseError('--subscription and --all-subscriptions exclude each other');
  return {
    settings: {
      subscriptions: allSubscriptions === true ? [] : [...(subscription ?? before.subscriptions)],
      tenantId: after(before.tenantId, options.tenantId),
      clientId: after(before.clientId, options.clientId),
      scannerResourceGroup: after(before.scannerResourceGroup, options.scannerResourceGroup),
      readDisks: options.readDisks ?? before.readDisks,
      readReferenceImages: options.readReferenceImages ?? before.readReferenceImages,
      sourceNames: sourceNamesAfter(before, options),
    },
    ...(storeSecret === undefined ? {} : { secret: storeSecret ? { clientSecret: clientSecretOf(environment) } : null }),
  };
}

function sourceNamesAfter(before: { readonly sourceNames?: string | undefined }, { sourceNames }: EditConnectionOptions): string | undefined {
  return after(before.sourceNames, typeof sourceNames === 'string' ? resolve(sourceNames) : sourceNames);
}

function after(before: string | undefined, changed: Changed<string> | undefined): string | undefined {
  if (changed === undefined) return before;
  return changed === false ? undefined : changed;
}
