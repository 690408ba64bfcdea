import { readFile, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ConnectionIdentity, ConnectionKind, ConnectionRequest } from '@nodeward/api';
import { DomainError } from '@nodeward/engine';
import { describeKubeconfig } from '@nodeward/providers';
import { InvalidRequestError } from '../http/errors.ts';
import { readSourceNames } from './open-stored.ts';
import { stableId } from './stable-id.ts';

/** A request to connect, checked as far as it can be without reaching anything. */
export interface DescribedConnection {
  readonly id: string;
  readonly kind: Exclude<ConnectionKind, 'sample'>;
  readonly name: string;
  readonly location: string;
  readonly identity: ConnectionIdentity;
  readonly settings: ConnectionRequest['settings'];
  readonly secret: string | undefined;
  /** Equal or overlapping ones are the same environment, whatever identity they are seen with. */
  readonly environment: readonly string[];
}

/** Throws `InvalidRequestError` with the field that is wrong. Equal requests give equal ids. */
export async function describeRequest(request: ConnectionRequest): Promise<DescribedConnection> {
  switch (request.kind) {
    case 'aks':
      return describeAks(request);
    case 'images':
      return describeImages(request);
    case 'kubernetes':
      return describeKubernetes(request);
  }
}

type RequestOf<Kind extends ConnectionRequest['kind']> = Extract<ConnectionRequest, { kind: Kind }>;

async function describeAks({ kind, name, settings, secret }: RequestOf<'aks'>): Promise<DescribedConnection> {
  const { subscriptions, tenantId, clientId, scannerResourceGroup, readDisks, readReferenceImages, sourceNames } = settings;
  if ((readDisks || readReferenceImages) && scannerResourceGroup === undefined) wrong('scannerResourceGroup', 'disks are copied into it: name it, or switch the reading of disks off');
  if (secret !== undefined && (tenantId === undefined || clientId === undefined)) wrong(tenantId === undefined ? 'tenantId' : 'clientId', 'a client secret belongs to an application of a tenant: name both');
  await checkSourceNames(sourceNames);
  const ids = [...new Set(subscriptions.map((subscription) => subscription.toLowerCase()))].toSorted();
  const location = ids.length === 0 ? 'every subscription that the identity sees' : ids.join(', ');
  return {
    id: stableId(kind, ...(ids.length === 0 ? ['all', tenantId ?? ''] : ids)),
    kind,
    name: name ?? (ids.length === 1 ? (ids[0] ?? '') : 'Azure'),
    location,
    identity: secret === undefined ? 'azure-default' : 'stored',
    settings,
    secret: secret?.clientSecret,
    environment: ids.length === 0 ? ['*'] : ids,
  };
}

async function describeImages({ kind, name, settings }: RequestOf<'images'>): Promise<DescribedConnection> {
  const folder = await realpath(settings.folder).catch((cause: unknown) => wrong('folder', `${settings.folder} cannot be opened (${codeOf(cause)})`));
  if (!(await stat(folder)).isDirectory()) wrong('folder', `${folder} is not a folder`);
  return { id: stableId(kind, folder), kind, name: name ?? basename(folder), location: folder, identity: 'none', settings: { folder }, secret: undefined, environment: [folder] };
}

async function describeKubernetes({ kind, name, settings, secret }: RequestOf<'kubernetes'>): Promise<DescribedConnection> {
  const { kubeconfig, inCluster, context, sourceNames } = settings;
  const given = [kubeconfig !== undefined, inCluster, secret !== undefined].filter(Boolean).length;
  if (given !== 1) wrong('kubeconfig', given === 0 ? 'give the path of a kubeconfig, inCluster, or a kubeconfig to store' : 'give one of the path of a kubeconfig, inCluster, and a kubeconfig to store');
  await checkSourceNames(sourceNames);
  const base = { kind, settings, secret: secret?.kubeconfig } as const;
  if (inCluster) return { ...base, id: stableId(kind, 'in-cluster'), name: name ?? 'in-cluster', location: 'in-cluster', identity: 'in-cluster', environment: ['in-cluster'] };
  const text = secret?.kubeconfig ?? (await readKubeconfig(kubeconfig ?? ''));
  const told = describe(text, kubeconfig ?? 'kubeconfig', context, secret === undefined ? 'settings.kubeconfig' : 'secret.kubeconfig');
  return {
    ...base,
    id: stableId(kind, told.server, told.context),
    name: name ?? told.context,
    location: kubeconfig === undefined ? told.context : `${kubeconfig} (${told.context})`,
    identity: secret === undefined ? 'kubeconfig-file' : 'stored',
    environment: [told.server],
  };
}

function describe(text: string, file: string, context: string | undefined, path: string): ReturnType<typeof describeKubeconfig> {
  try {
    return describeKubeconfig(text, file, context);
  } catch (error) {
    if (error instanceof DomainError) wrongAt(path, error.message, error);
    throw error;
  }
}

async function readKubeconfig(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => wrong('kubeconfig', `${file} cannot be read (${codeOf(cause)})`));
}

async function checkSourceNames(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  await readSourceNames(file).catch((cause: unknown) => wrong('sourceNames', cause instanceof DomainError ? cause.message : `${file} cannot be read (${codeOf(cause)})`));
}

function wrong(field: string, message: string): never {
  wrongAt(`settings.${field}`, message);
}

function wrongAt(path: string, message: string, cause?: Error): never {
  throw new InvalidRequestError(`${path}: ${message}`, [{ path: `body.${path}`, message }], cause === undefined ? undefined : { cause });
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
}
