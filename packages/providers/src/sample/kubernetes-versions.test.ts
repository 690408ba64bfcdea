import { describe, expect, it } from 'vitest';
import { compareVersions, controlPlaneUpgrades, poolUpgrades } from './kubernetes-versions.ts';

describe('the Kubernetes versions on offer', () => {
  it.each([
    ['1.26.3', ['1.26.6', '1.26.10', '1.27.3', '1.27.7']],
    ['1.26.10', ['1.27.3', '1.27.7']],
    ['1.27.7', ['1.28.3', '1.28.5']],
    ['1.29.2', []],
  ])('are later patches and the next minor version for a control plane of %s', (current, offered) => {
    expect(controlPlaneUpgrades(current)).toEqual(offered);
  });

  it.each([
    ['1.26.0', '1.26.6', ['1.26.6', '1.26.10', '1.27.3', '1.27.7']],
    ['1.26.3', '1.28.3', ['1.26.6', '1.26.10', '1.27.3', '1.27.7']],
    ['1.29.0', '1.29.0', ['1.29.2']],
    ['1.29.2', '1.29.2', []],
  ])('are for a pool of %s under a control plane of %s what that reaches next, minor by minor', (pool, controlPlane, offered) => {
    expect(poolUpgrades(pool, controlPlane)).toEqual(offered);
  });

  it('are ordered by number, not by text', () => {
    expect(['1.26.10', '1.26.6', '1.3.0'].toSorted(compareVersions)).toEqual(['1.3.0', '1.26.6', '1.26.10']);
    expect(compareVersions('1.26.6', '1.26.6')).toBe(0);
  });
});
