import { describe, expect, it } from 'vitest';
import { decisiveStatus, type ExitStatus } from './exit-status.ts';

describe('the exit status of several answers', () => {
  it.each<[readonly ExitStatus[], ExitStatus]>([
    [[], 0],
    [[0, 0], 0],
    [[0, 1], 1],
    [[1, 3], 3],
    [[3, 4, 1], 4],
    [[4, 2, 3, 1, 0], 2],
  ])('of %j is %i', (statuses, expected) => {
    expect(decisiveStatus(statuses)).toBe(expected);
  });
});
