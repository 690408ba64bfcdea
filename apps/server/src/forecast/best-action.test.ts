import type { ForecastCounts } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { bestActionOf } from './best-action.ts';
import type { CandidateForecast } from './candidates.ts';

function candidate(kind: CandidateForecast['kind'], target: string | null, [fixed, introduced]: readonly [number, number], change: Partial<CandidateForecast> = {}): CandidateForecast {
  const counts: ForecastCounts = { now: 10, after: 10 - fixed + introduced, fixed, remaining: 10 - fixed, introduced, undetermined: 0 };
  return {
    kind, target, image: null, newest: false, steps: [], refusal: null, executable: true, confidence: 'high', grade: 'disk', unknown: null, matches: [],
    forecast: { fixed: [], remaining: [], introduced: [], undetermined: [], counts },
    ...change,
  };
}

const refused = { steps: [], refusal: { code: 'version-skew', detail: 'pool 1.24.15' }, executable: false } as const;

describe('the best action', () => {
  it.each<[string, readonly CandidateForecast[], string | null]>([
    ['is none without a candidate', [], null],
    ['is none where nothing is fixed', [candidate('node-image', 'b', [0, 0])], null],
    ['is the image that fixes most', [candidate('node-image', 'a', [3, 0]), candidate('node-image', 'b', [5, 0])], 'node-image b'],
    ['takes off what is introduced', [candidate('node-image', 'a', [4, 0]), candidate('node-image', 'b', [6, 3])], 'node-image a'],
    ['is the reboot where it does as much', [candidate('reboot', null, [5, 0]), candidate('node-image', 'b', [5, 0])], 'reboot null'],
    ['is the newest image of equals', [candidate('node-image', 'a', [5, 0]), candidate('node-image', 'b', [5, 0])], 'node-image b'],
    ['is the image before a Kubernetes version that does no more', [candidate('node-image', 'b', [5, 0]), candidate('kubernetes', '1.27.7', [5, 0])], 'node-image b'],
    ['is the Kubernetes version that does what no image does', [candidate('node-image', 'b', [5, 0]), candidate('kubernetes', '1.27.7', [6, 0])], 'kubernetes 1.27.7'],
    ['is the nearest Kubernetes version of equals', [candidate('kubernetes', '1.27.7', [6, 0]), candidate('kubernetes', '1.28.5', [6, 0])], 'kubernetes 1.27.7'],
    ['is nothing that no safe order of steps leads to', [candidate('node-image', 'b', [5, 0]), candidate('kubernetes', '1.29.0', [9, 0], refused)], 'node-image b'],
    ['is nothing of which nobody knows the effect', [candidate('node-image', 'b', [9, 0], { forecast: null, matches: undefined, unknown: { code: 'unreadable', detail: '' } })], null],
  ])('%s', (_, candidates, expected) => {
    const action = bestActionOf(candidates);

    expect(action === null ? null : `${action.kind} ${action.target}`).toBe(expected);
  });
});
