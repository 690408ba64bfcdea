import { aksSettings, type ConnectionRequest, connectionRequest, type ConnectionSettings, type ConnectionSettingsChange } from '@nodeward/api';

/** What somebody has typed so far; texts stay as they were typed. */
export interface ConnectionDraft {
  readonly kind: ConnectionRequest['kind'];
  readonly name: string;
  readonly access: 'file' | 'cluster' | 'pasted';
  readonly path: string;
  readonly kubeconfig: string;
  /** That a secret is to be stored is said apart from giving it. */
  readonly store: boolean;
  /** The server has one already, which an empty field leaves as it is. */
  readonly kept: boolean;
  readonly context: string;
  readonly poolLabel: string;
  readonly sourceNames: string;
  readonly subscriptions: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly group: string;
  readonly readDisks: boolean;
  readonly readReference: boolean;
  readonly folder: string;
}

export const emptyDraft: ConnectionDraft = {
  kind: 'kubernetes', name: '', access: 'file', path: '', kubeconfig: '', store: false, kept: false, context: '', poolLabel: '', sourceNames: '',
  subscriptions: '', tenantId: '', clientId: '', clientSecret: '', group: '', readDisks: false, readReference: false, folder: '',
};

export type DraftFault =
  | { readonly field: 'path' | 'kubeconfig' | 'poolLabel' | 'clientSecret' | 'tenantId' | 'clientId' | 'group' | 'folder'; readonly code: 'needed' | 'malformed' | 'incomplete' }
  | { readonly field: 'subscriptions'; readonly code: 'malformed'; readonly text: string };

type DraftResult = { readonly request: ConnectionRequest } | { readonly faults: readonly DraftFault[] };
type ChangeResult = { readonly change: ConnectionSettingsChange } | { readonly faults: readonly DraftFault[] };

const words = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== '');
/** As Kubernetes has it: an optional DNS name, a slash, a name of at most 63 characters. */
const labelKey = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const isId = (text: string): boolean => aksSettings.shape.tenantId.safeParse(text).success;
const isGroup = (text: string): boolean => aksSettings.shape.scannerResourceGroup.safeParse(text).success;

/** The request that a draft makes, or everything that keeps it from being one. */
export function requestOf(draft: ConnectionDraft): DraftResult {
  const faults = faultsOf(draft);
  return faults.length > 0 ? { faults } : { request: connectionRequest.parse(bodyOf(trimmed(draft))) };
}

/** What a stored connection was made with, to be changed. */
export function draftOf(stored: ConnectionSettings): ConnectionDraft {
  const common = { ...emptyDraft, kind: stored.kind, name: stored.named ?? '', store: stored.storesSecret, kept: stored.storesSecret };
  switch (stored.kind) {
    case 'images':
      return { ...common, folder: stored.settings.folder };
    case 'kubernetes': {
      const { kubeconfig, inCluster, context = '', poolLabel = '', sourceNames = '' } = stored.settings;
      return { ...common, access: inCluster ? 'cluster' : kubeconfig === undefined ? 'pasted' : 'file', path: kubeconfig ?? '', context, poolLabel, sourceNames };
    }
    case 'aks': {
      const { subscriptions, tenantId = '', clientId = '', scannerResourceGroup: group = '', readDisks, readReferenceImages: readReference, sourceNames = '' } = stored.settings;
      return { ...common, subscriptions: subscriptions.join('\n'), tenantId, clientId, group, readDisks, readReference, sourceNames };
    }
  }
}

/** The change that an edited draft makes: a secret that is kept is not sent, one that is no longer wanted is forgotten. */
export function changeOf(draft: ConnectionDraft): ChangeResult {
  const faults = faultsOf(draft);
  if (faults.length > 0) return { faults };
  const isUsed = draft.kind === 'aks' || draft.access === 'pasted';
  const isKept = isUsed && draft.kept && draft.store && secretOf(draft).trim() === '';
  const request = connectionRequest.parse(bodyOf(isKept ? { ...trimmed(draft), store: false } : trimmed(draft)));
  if (request.kind === 'images' || request.secret !== undefined || isKept) return { change: request };
  return { change: { ...request, secret: null } };
}

function secretOf({ kind, kubeconfig, clientSecret }: ConnectionDraft): string {
  return kind === 'aks' ? clientSecret : kubeconfig;
}

function trimmed(draft: ConnectionDraft): ConnectionDraft {
  const { name, path, context, poolLabel, sourceNames, tenantId, clientId, group, folder } = draft;
  return { ...draft, name: name.trim(), path: path.trim(), context: context.trim(), poolLabel: poolLabel.trim(), sourceNames: sourceNames.trim(), tenantId: tenantId.trim(), clientId: clientId.trim(), group: group.trim(), folder: folder.trim() };
}

function faultsOf(typed: ConnectionDraft): readonly DraftFault[] {
  const draft = trimmed(typed);
  if (draft.kind === 'images') return draft.folder === '' ? [{ field: 'folder', code: 'needed' }] : [];
  return draft.kind === 'kubernetes' ? kubernetesFaults(draft) : aksFaults(draft);
}

function kubernetesFaults({ access, path, kubeconfig, store, kept, poolLabel }: ConnectionDraft): readonly DraftFault[] {
  return [
    ...(access === 'file' && path === '' ? [{ field: 'path', code: 'needed' } as const] : []),
    // Pasted and not allowed to be stored, it could not be used a second time.
    ...(access === 'pasted' && (!store || (kubeconfig.trim() === '' && !kept)) ? [{ field: 'kubeconfig', code: 'needed' } as const] : []),
    ...(poolLabel !== '' && !labelKey.test(poolLabel) ? [{ field: 'poolLabel', code: 'malformed' } as const] : []),
  ];
}

function aksFaults({ subscriptions, tenantId, clientId, store, kept, clientSecret, readDisks, readReference, group }: ConnectionDraft): readonly DraftFault[] {
  return [
    ...words(subscriptions).filter((word) => !isId(word)).slice(0, 1).map((text) => ({ field: 'subscriptions', code: 'malformed', text }) as const),
    ...(tenantId !== '' && !isId(tenantId) ? [{ field: 'tenantId', code: 'malformed' } as const] : []),
    ...(clientId !== '' && !isId(clientId) ? [{ field: 'clientId', code: 'malformed' } as const] : []),
    ...(store && clientSecret === '' && !kept ? [{ field: 'clientSecret', code: 'needed' } as const] : []),
    ...(store && clientSecret !== '' && (tenantId === '' || clientId === '') ? [{ field: 'clientSecret', code: 'incomplete' } as const] : []),
    ...((readDisks || readReference || group !== '') && !isGroup(group) ? [{ field: 'group', code: group === '' ? 'needed' : 'malformed' } as const] : []),
  ];
}

function bodyOf(draft: ConnectionDraft): unknown {
  const name = draft.name === '' ? {} : { name: draft.name };
  const sourceNames = draft.sourceNames === '' ? {} : { sourceNames: draft.sourceNames };
  if (draft.kind === 'images') return { kind: 'images', ...name, settings: { folder: draft.folder } };
  if (draft.kind === 'aks') {
    return {
      kind: 'aks',
      ...name,
      settings: {
        subscriptions: words(draft.subscriptions),
        ...(draft.tenantId === '' ? {} : { tenantId: draft.tenantId }),
        ...(draft.clientId === '' ? {} : { clientId: draft.clientId }),
        ...(draft.group === '' ? {} : { scannerResourceGroup: draft.group }),
        readDisks: draft.readDisks,
        readReferenceImages: draft.readReference,
        ...sourceNames,
      },
      ...(draft.store ? { secret: { clientSecret: draft.clientSecret } } : {}),
    };
  }
  return {
    kind: 'kubernetes',
    ...name,
    settings: {
      ...(draft.access === 'file' ? { kubeconfig: draft.path } : {}),
      inCluster: draft.access === 'cluster',
      ...(draft.context === '' || draft.access === 'cluster' ? {} : { context: draft.context }),
      ...(draft.poolLabel === '' ? {} : { poolLabel: draft.poolLabel }),
      ...sourceNames,
    },
    ...(draft.access === 'pasted' && draft.store ? { secret: { kubeconfig: draft.kubeconfig } } : {}),
  };
}
