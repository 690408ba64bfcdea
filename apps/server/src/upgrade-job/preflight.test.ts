import { describe, expect, it } from 'vitest';
import { checkPreflight, hasPassed, type PreflightInput } from './preflight.ts';

const counts = { now: 10, after: 4, fixed: 6, remaining: 4, introduced: 0, undetermined: 0 };

function input(change: Partial<Omit<PreflightInput, 'job' | 'pool'>> & { job?: Partial<PreflightInput['job']>; pool?: Partial<PreflightInput['pool']> }): PreflightInput {
  const { job, pool, ...rest } = change;
  return {
    hasWriter: true,
    otherActiveJobs: 0,
    controlPlaneJobs: [],
    plan: { steps: [{ kind: 'node-image', target: 'image-2' }], refusal: null },
    predicted: counts,
    job: { kind: 'node-image', target: 'image-2', acknowledged: false, ...job },
    pool: {
      poolId: 'p',
      connectionId: 'c',
      clusterId: 'cluster',
      cluster: 'cluster',
      controlPlaneVersion: '1.26.6',
      pool: 'pool',
      image: 'image-1',
      newerImages: ['image-2', 'image-3'],
      kubernetesVersion: '1.26.6',
      kubernetesUpgrades: [{ version: '1.27.7', image: 'image-3' }],
      operations: ['node-image', 'kubernetes', 'reboot'],
      nodes: [{ id: 'n', name: 'node-0', image: 'image-1', kubeletVersion: 'v1.26.6', assessed: true }],
      ...pool,
    },
    ...rest,
  };
}

describe('preflight', () => {
  it('passes an upgrade to a newer image that fixes something and introduces nothing', () => {
    const checks = checkPreflight(input({}));

    expect(checks.map(({ outcome }) => outcome)).toEqual(checks.map(() => 'pass'));
    expect(hasPassed(checks)).toBe(true);
  });

  it.each([
    ['a connection without a writer', input({ hasWriter: false }), 'writer-available', 'fail'],
    ['an operation that the pool does not offer', input({ pool: { operations: [] } }), 'writer-available', 'fail'],
    ['another job under way', input({ otherActiveJobs: 1 }), 'no-active-job', 'fail'],
    ['an image that the pool cannot move to', input({ job: { target: 'image-9' } }), 'target-known', 'fail'],
    ['a reboot with a target', input({ job: { kind: 'reboot' } }), 'target-known', 'fail'],
    ['no target', input({ job: { target: null } }), 'target-known', 'fail'],
    ['the image that every node runs', input({ job: { target: 'image-1' } }), 'target-differs', 'fail'],
    ['a node that was not assessed', input({ pool: { nodes: [{ id: 'n', name: 'node-0', image: 'image-1', kubeletVersion: 'v1.26.6', assessed: false }] } }), 'nodes-assessed', 'warn'],
    ['a target that nobody can tell about', input({ predicted: undefined }), 'forecast-known', 'warn'],
    ['an image that introduces something, unseen', input({ predicted: { ...counts, introduced: 3 } }), 'nothing-introduced', 'fail'],
    ['an image that introduces something, seen', input({ predicted: { ...counts, introduced: 3 }, job: { acknowledged: true } }), 'nothing-introduced', 'warn'],
    ['an image that fixes nothing, unseen', input({ predicted: { ...counts, fixed: 0 } }), 'fixes-something', 'fail'],
    ['an image that fixes nothing, seen', input({ predicted: { ...counts, fixed: 0 }, job: { acknowledged: true } }), 'fixes-something', 'warn'],
  ])('%s: the check says so', (_, given, check, outcome) => {
    const checks = checkPreflight(given);

    expect(checks.find((entry) => entry.check === check)?.outcome).toBe(outcome);
    expect(hasPassed(checks)).toBe(outcome === 'warn');
  });

  it('lets an upgrade that stopped half way go on to the image that the pool already names', () => {
    const nodes = [
      { id: 'a', name: 'node-0', image: 'image-2', kubeletVersion: 'v1.26.6', assessed: true },
      { id: 'b', name: 'node-1', image: 'image-1', kubeletVersion: 'v1.26.6', assessed: true },
    ];
    const checks = checkPreflight(input({ job: { target: 'image-2' }, pool: { image: 'image-2', nodes } }));

    expect(hasPassed(checks)).toBe(true);
  });

  const kubernetes: { readonly job: Pick<PreflightInput['job'], 'kind' | 'target'>; readonly plan: PreflightInput['plan'] } = {
    job: { kind: 'kubernetes', target: '1.27.7' },
    plan: { steps: [{ kind: 'control-plane', target: '1.27.7' }, { kind: 'kubernetes', target: '1.27.7' }], refusal: null },
  };
  const refusedWith = (code: NonNullable<PreflightInput['plan']['refusal']>['code']) => input({ ...kubernetes, plan: { steps: [], refusal: { code, detail: 'pool 1.24.15' } } });

  it('passes a Kubernetes upgrade with the control plane first', () => {
    const checks = checkPreflight(input(kubernetes));

    expect(checks.map(({ check }) => check)).toEqual(expect.arrayContaining(['plan-possible', 'version-skew', 'cluster-idle']));
    expect(hasPassed(checks)).toBe(true);
  });

  it.each([
    ['a plan that nobody can make', refusedWith('control-plane-not-offered'), 'plan-possible'],
    ['a kubelet that would be left too far behind', refusedWith('version-skew'), 'version-skew'],
    ['a control plane that another job is to move', input({ ...kubernetes, controlPlaneJobs: ['other'] }), 'cluster-idle'],
    ['a version that the pool is not offered', input({ ...kubernetes, job: { kind: 'kubernetes', target: '1.30.0' } }), 'target-known'],
    ['the version that every node runs', input({ ...kubernetes, job: { kind: 'kubernetes', target: '1.26.6' } }), 'target-differs'],
  ])('%s: fails that check alone of the plan', (_, given, check) => {
    const failed = checkPreflight(given).filter(({ outcome }) => outcome === 'fail').map((entry) => entry.check);

    expect(failed).toContain(check);
    expect(failed.filter((name) => ['plan-possible', 'version-skew', 'cluster-idle'].includes(name) && name !== check)).toEqual([]);
  });

  it('lets a job without a control-plane step go beside one that has it', () => {
    const plan: PreflightInput['plan'] = { steps: [{ kind: 'kubernetes', target: '1.27.7' }], refusal: null };

    expect(hasPassed(checkPreflight(input({ ...kubernetes, plan, controlPlaneJobs: ['other'] })))).toBe(true);
  });

  it('lets a Kubernetes upgrade that stopped half way go on to the version that the pool already names', () => {
    const nodes = [
      { id: 'a', name: 'node-0', image: 'image-1', kubeletVersion: 'v1.27.7', assessed: true },
      { id: 'b', name: 'node-1', image: 'image-1', kubeletVersion: 'v1.26.6', assessed: true },
    ];
    const checks = checkPreflight(input({ ...kubernetes, pool: { kubernetesVersion: '1.27.7', kubernetesUpgrades: [], nodes } }));

    expect(hasPassed(checks)).toBe(true);
  });
});
