import { describe, expect, it } from 'vitest';
import { planUpgrade, type UpgradePlanRequest } from './plan-upgrade.ts';

const image = 'AKSUbuntu-2204gen2containerd-202309.06.0';
const newer = 'AKSUbuntu-2204gen2containerd-202310.04.0';

interface Cluster {
  readonly pool?: string | null;
  readonly offered?: readonly string[] | null;
  readonly controlPlane: string | null;
  readonly upgrades?: readonly string[];
  readonly others?: readonly (string | null)[];
  readonly imageFirst?: string;
}

function kubernetes(target: string, { pool = '1.26.6', offered = null, controlPlane, upgrades = [], others = [], imageFirst }: Cluster): UpgradePlanRequest {
  return {
    kind: 'kubernetes',
    target,
    imageFirst,
    pool: { name: 'pool', version: pool, image, offered },
    controlPlane: { version: controlPlane, offered: upgrades },
    otherPools: others.map((version, index) => ({ name: `other${index}`, version })),
  };
}

function shape(request: UpgradePlanRequest): unknown {
  const { steps, refusal } = planUpgrade(request);
  return refusal === null ? steps.map((step) => `${step.kind} ${step.target ?? '-'}`) : [refusal.code, refusal.detail];
}

describe('an upgrade plan', () => {
  it.each<[string, UpgradePlanRequest, readonly string[]]>([
    ['moves the pool alone where the control plane is there already', kubernetes('1.27.3', { controlPlane: '1.27.3' }), ['kubernetes 1.27.3']],
    ['moves the pool alone to an older patch version than the control plane\'s', kubernetes('1.26.9', { controlPlane: '1.27.3' }), ['kubernetes 1.26.9']],
    ['moves the control plane first', kubernetes('1.27.3', { controlPlane: '1.26.6', upgrades: ['1.26.9', '1.27.3'] }), ['control-plane 1.27.3', 'kubernetes 1.27.3']],
    ['moves the control plane first for a patch version too', kubernetes('1.26.9', { controlPlane: '1.26.6', upgrades: ['1.26.9', '1.27.3'] }), ['control-plane 1.26.9', 'kubernetes 1.26.9']],
    ['puts the image before everything where both are needed',
      kubernetes('1.27.3', { controlPlane: '1.26.6', upgrades: ['1.27.3'], imageFirst: newer }), [`node-image ${newer}`, 'control-plane 1.27.3', 'kubernetes 1.27.3']],
    ['does not repeat the image that is there', kubernetes('1.27.3', { controlPlane: '1.27.3', imageFirst: image }), ['kubernetes 1.27.3']],
    ['takes the control plane through the minor in between, by its newest patch version',
      kubernetes('1.28.5', { controlPlane: '1.26.6', upgrades: ['1.27.9', '1.26.12', '1.27.13'] }), ['control-plane 1.27.13', 'control-plane 1.28.5', 'kubernetes 1.28.5']],
    ['lets a pool jump over minors that the control plane has behind it', kubernetes('1.28.5', { controlPlane: '1.28.5' }), ['kubernetes 1.28.5']],
    ['leaves other pools up to three minors behind from 1.28 on', kubernetes('1.28.5', { pool: '1.27.3', controlPlane: '1.27.3', upgrades: ['1.28.5'], others: ['1.25.11'] }), ['control-plane 1.28.5', 'kubernetes 1.28.5']],
    ['leaves other pools up to two minors behind before 1.28', kubernetes('1.27.3', { controlPlane: '1.26.6', upgrades: ['1.27.3'], others: ['1.25.11'] }), ['control-plane 1.27.3', 'kubernetes 1.27.3']],
    ['reads what a vendor appends to versions', kubernetes('1.27.3-gke.100', { pool: 'v1.26.6-gke.900', controlPlane: '1.26.8-gke.1', upgrades: ['1.27.3-gke.100'] }), ['control-plane 1.27.3-gke.100', 'kubernetes 1.27.3-gke.100']],
    ['asks nothing of other pools while the control plane stays', kubernetes('1.27.3', { controlPlane: '1.27.3', others: [null] }), ['kubernetes 1.27.3']],
  ])('%s', (_what, request, expected) => {
    expect(shape(request)).toEqual(expected);
  });

  it.each<[string, UpgradePlanRequest, readonly string[]]>([
    ['a downgrade', kubernetes('1.25.11', { controlPlane: '1.26.6' }), ['downgrade', '1.26.6 → 1.25.11']],
    ['an older patch version', kubernetes('1.26.3', { controlPlane: '1.26.6' }), ['downgrade', '1.26.6 → 1.26.3']],
    ['the version that is there', kubernetes('1.26.6', { controlPlane: '1.27.3' }), ['not-offered', '1.26.6']],
    ['the version that is there, written with a v', kubernetes('v1.26.6', { controlPlane: '1.27.3' }), ['not-offered', 'v1.26.6']],
    ['what the pool is not offered', kubernetes('1.27.3', { controlPlane: '1.27.3', offered: ['1.26.9'] }), ['not-offered', '1.27.3']],
    ['what is no version', kubernetes('latest', { controlPlane: '1.27.3' }), ['not-offered', 'latest']],
    ['what the control plane is not offered', kubernetes('1.27.3', { controlPlane: '1.26.6', upgrades: ['1.27.1'] }), ['control-plane-not-offered', '1.27.3']],
    ['a minor that nobody knows a way to', kubernetes('1.28.5', { controlPlane: '1.26.6', upgrades: ['1.26.12'] }), ['control-plane-not-offered', '1.26.6 → 1.28.5']],
    ['a second minor in between, of which no patch version is known', kubernetes('1.29.0', { controlPlane: '1.26.6', upgrades: ['1.27.9'] }), ['skips-minor', '1.26.6 → 1.29.0']],
    ['another major', kubernetes('2.0.0', { controlPlane: '1.26.6' }), ['skips-minor', '1.26.6 → 2.0.0']],
    ['a control plane that would leave another pool three minors behind before 1.28',
      kubernetes('1.27.3', { controlPlane: '1.26.6', upgrades: ['1.27.3'], others: ['1.26.6', '1.24.15'] }), ['version-skew', 'other1 1.24.15, control plane 1.27.3']],
    ['a control plane that would leave another pool four minors behind',
      kubernetes('1.29.0', { pool: '1.28.5', controlPlane: '1.28.5', upgrades: ['1.29.0'], others: ['1.25.11'] }), ['version-skew', 'other0 1.25.11, control plane 1.29.0']],
    ['a control plane that would leave the pool itself too far behind on the way',
      kubernetes('1.28.5', { pool: '1.24.15', controlPlane: '1.26.6', upgrades: ['1.27.9'] }), ['version-skew', 'pool 1.24.15, control plane 1.27.9']],
    ['a pool that would still be too far behind', kubernetes('1.25.11', { pool: '1.24.15', controlPlane: '1.29.0' }), ['version-skew', 'pool 1.25.11, control plane 1.29.0']],
    ['another pool of unknown version while the control plane moves', kubernetes('1.27.3', { controlPlane: '1.26.6', upgrades: ['1.27.3'], others: [null] }), ['version-skew', 'other0 ?, control plane 1.27.3']],
    ['a pool of unknown version', kubernetes('1.27.3', { pool: null, controlPlane: '1.27.3' }), ['version-skew', 'pool ?']],
    ['a control plane of unknown version', kubernetes('1.27.3', { controlPlane: null }), ['control-plane-not-offered', '?']],
  ])('refuses %s', (_what, request, expected) => {
    expect(shape(request)).toEqual(expected);
  });

  const pool = kubernetes('1.27.3', { controlPlane: '1.26.6' });
  it.each<[string, UpgradePlanRequest, unknown]>([
    ['a reboot is one step', { ...pool, kind: 'reboot', target: null }, ['reboot -']],
    ['an image is one step', { ...pool, kind: 'node-image', target: newer }, [`node-image ${newer}`]],
    ['the image that is there is none', { ...pool, kind: 'node-image', target: image }, ['not-offered', image]],
    ['an image without a name is none', { ...pool, kind: 'node-image', target: null }, ['not-offered', 'pool']],
  ])('%s', (_what, request, expected) => {
    expect(shape(request)).toEqual(expected);
  });
});
