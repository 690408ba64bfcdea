import type { ConnectionSettings } from '@nodeward/api';
import { describe, expect, it } from 'vitest';
import { changeOf, type ConnectionDraft, draftOf, emptyDraft, requestOf } from './connection-draft.ts';

const id = '8f1c2f9e-6c0b-4f55-9a4b-2f7d1f0f6a11';
const group = `/subscriptions/${id}/resourceGroups/rg-nodeward`;
const faultsOf = (draft: Partial<ConnectionDraft>) => {
  const result = requestOf({ ...emptyDraft, ...draft });
  return 'faults' in result ? result.faults.map(({ field, code }) => `${field}: ${code}`) : [];
};

describe('requestOf', () => {
  it.each<readonly [string, Partial<ConnectionDraft>, readonly string[]]>([
    ['a kubeconfig without its path', {}, ['path: needed']],
    ['a path of blanks', { path: '  ' }, ['path: needed']],
    ['a pasted kubeconfig that nobody said to store', { access: 'pasted', kubeconfig: 'apiVersion: v1' }, ['kubeconfig: needed']],
    ['a stored kubeconfig that is empty', { access: 'pasted', store: true }, ['kubeconfig: needed']],
    ['a label key with a blank', { path: '/k', poolLabel: 'node pool' }, ['poolLabel: malformed']],
    ['a label name of 64 characters', { path: '/k', poolLabel: 'a'.repeat(64) }, ['poolLabel: malformed']],
    ['a subscription name in place of its ID', { kind: 'aks', subscriptions: `${id} production` }, ['subscriptions: malformed']],
    ['reading disks without a place for snapshots', { kind: 'aks', readDisks: true }, ['group: needed']],
    ['a resource group by its name alone', { kind: 'aks', group: 'rg-nodeward' }, ['group: malformed']],
    ['a stored secret without its application', { kind: 'aks', store: true, clientSecret: 'x', tenantId: id }, ['clientSecret: incomplete']],
    ['a tenant by its name', { kind: 'aks', tenantId: 'contoso' }, ['tenantId: malformed']],
    ['a folder without its path', { kind: 'images' }, ['folder: needed']],
  ])('refuses %s', (_, draft, expected) => {
    expect(faultsOf(draft)).toEqual(expected);
  });

  it('sends no secret that somebody typed before choosing a file', () => {
    expect(requestOf({ ...emptyDraft, path: ' /etc/kube/config ', kubeconfig: 'apiVersion: v1', store: true })).toEqual({
      request: { kind: 'kubernetes', settings: { kubeconfig: '/etc/kube/config', inCluster: false } },
    });
  });

  it('asks for no context inside the cluster', () => {
    expect(requestOf({ ...emptyDraft, access: 'cluster', context: 'prod', poolLabel: 'example.com/pool' })).toEqual({
      request: { kind: 'kubernetes', settings: { inCluster: true, poolLabel: 'example.com/pool' } },
    });
  });

  it('keeps subscriptions by lines and the place of the snapshots', () => {
    expect(requestOf({ ...emptyDraft, kind: 'aks', name: ' Azure ', subscriptions: `${id}\n`, group, readDisks: true })).toEqual({
      request: { kind: 'aks', name: 'Azure', settings: { subscriptions: [id], scannerResourceGroup: group, readDisks: true, readReferenceImages: false } },
    });
  });
});

describe('a draft of what is stored', () => {
  const stored: readonly ConnectionSettings[] = [
    { kind: 'kubernetes', named: null, storesSecret: false, settings: { kubeconfig: '/etc/kube/config', inCluster: false, context: 'prod', sourceNames: '/n.json' } },
    { kind: 'kubernetes', named: 'In', storesSecret: false, settings: { inCluster: true, poolLabel: 'team' } },
    { kind: 'kubernetes', named: null, storesSecret: true, settings: { inCluster: false } },
    { kind: 'aks', named: 'Azure', storesSecret: true, settings: { subscriptions: [id], tenantId: id, clientId: id, scannerResourceGroup: group, readDisks: true, readReferenceImages: false } },
    { kind: 'aks', named: null, storesSecret: false, settings: { subscriptions: [], readDisks: false, readReferenceImages: true, scannerResourceGroup: group } },
    { kind: 'images', named: null, storesSecret: false, settings: { folder: '/srv/disks' } },
  ];

  it.each(stored)('that nobody touches changes nothing and sends no secret: %j', (settings) => {
    const result = changeOf(draftOf(settings));

    expect(result).toMatchObject({ change: { kind: settings.kind, settings: settings.settings } });
    expect('change' in result ? result.change.name : undefined).toBe(settings.named ?? undefined);
    expect('change' in result && result.change.kind !== 'images' ? (result.change.secret ?? undefined) : undefined).toBeUndefined();
  });

  const [, , pasted, azure] = stored;
  it.each<readonly [string, ConnectionSettings | undefined, Partial<ConnectionDraft>, object | null | undefined]>([
    ['keeps a stored kubeconfig', pasted, { context: 'other' }, undefined],
    ['replaces a stored kubeconfig', pasted, { kubeconfig: 'apiVersion: v1' }, { kubeconfig: 'apiVersion: v1' }],
    ['forgets a stored kubeconfig with another way in', pasted, { access: 'file', path: '/k' }, null],
    ['keeps a stored client secret', azure, { subscriptions: '' }, undefined],
    ['replaces a stored client secret', azure, { clientSecret: 's' }, { clientSecret: 's' }],
    ['forgets a stored client secret on request', azure, { store: false }, null],
  ])('%s', (_, settings, changes, secret) => {
    const result = changeOf({ ...(settings === undefined ? emptyDraft : draftOf(settings)), ...changes });

    expect('change' in result && result.change.kind !== 'images' ? result.change.secret : 'nothing').toEqual(secret);
  });

  it('asks for the secret of another application', () => {
    const draft = azure === undefined ? emptyDraft : draftOf(azure);

    expect(changeOf({ ...draft, kept: false })).toEqual({ faults: [{ field: 'clientSecret', code: 'needed' }] });
  });
});
