import { readFile } from 'node:fs/promises';
import { type AksSettings, aksSettings, type ConnectionKind, imagesSettings, type KubernetesSettings, kubernetesSettings } from '@nodeward/api';
import { parseSourceNames, type SourceNames } from '@nodeward/engine';
import { openProvider, type Provider } from '@nodeward/providers';
import type { SecretBox } from '../secret/secret-box.ts';
import type { OutsideSources } from './outside-sources.ts';

/** A connection as its row has it. */
export interface StoredConnection {
  readonly id: string;
  readonly kind: ConnectionKind;
  readonly settings: unknown;
  /** Encrypted. */
  readonly secret: Buffer | null;
}

export interface StoredConnectionSources extends OutsideSources {
  readonly secrets: SecretBox;
  readonly now: () => number;
}

/** Under which a connection's secret is sealed. */
export function secretNameOf(connectionId: string): string {
  return `connection ${connectionId}`;
}

/** Throws what the settings, the secret or its key are wrong with; the next attempt reads them anew. */
export async function openStoredConnection(stored: StoredConnection, sources: StoredConnectionSources): Promise<Provider> {
  switch (stored.kind) {
    case 'aks':
      return openAks(stored, aksSettings.parse(stored.settings), sources);
    case 'images':
      return openProvider('images', imagesSettings.parse(stored.settings));
    case 'kubernetes':
      return openKubernetes(stored, kubernetesSettings.parse(stored.settings), sources);
    case 'sample':
      throw new Error('the sample fleet is never stored');
  }
}

async function openAks(stored: StoredConnection, settings: AksSettings, sources: StoredConnectionSources): Promise<Provider> {
  const clientSecret = await secretOf(stored, sources.secrets);
  return openProvider('aks', {
    ...commonOptions(sources),
    sourceNames: settings.sourceNames === undefined ? undefined : await readSourceNames(settings.sourceNames),
    settings: {
      subscriptions: settings.subscriptions,
      readDisks: settings.readDisks,
      readReferenceImages: settings.readReferenceImages,
      tenantId: settings.tenantId,
      clientId: settings.clientId,
      scannerResourceGroup: settings.scannerResourceGroup,
    },
    clientSecret,
  });
}

async function openKubernetes(stored: StoredConnection, settings: KubernetesSettings, sources: StoredConnectionSources): Promise<Provider> {
  const text = await secretOf(stored, sources.secrets);
  return openProvider('kubernetes', {
    ...commonOptions(sources),
    sourceNames: settings.sourceNames,
    source: kubernetesSource(settings, text),
    allowExec: sources.allowExec,
    poolLabel: settings.poolLabel,
    environment: sources.environment,
  });
}

function kubernetesSource({ kubeconfig, context }: KubernetesSettings, text: string | undefined) {
  if (text !== undefined) return { kind: 'text', text, context } as const;
  return kubeconfig === undefined ? ({ kind: 'in-cluster' } as const) : ({ kind: 'file', path: kubeconfig, context } as const);
}

async function secretOf({ id, secret }: StoredConnection, secrets: SecretBox): Promise<string | undefined> {
  return secret === null ? undefined : secrets.open(secretNameOf(id), secret);
}

function commonOptions({ outbound, lists, advisoryFolder, now }: StoredConnectionSources) {
  return { outbound, lists, now, advisoryDatabaseFolder: advisoryFolder };
}

/** Throws `InvalidInputError` where the file is there and wrong. */
export async function readSourceNames(file: string): Promise<SourceNames> {
  return parseSourceNames(await readFile(file, 'utf8'), file);
}
