import { expect, it } from 'vitest';
import { minorsBehind } from './tree.ts';

it.each([
  ['1.26.6', '1.28.3', 2],
  ['v1.26.6', '1.26.10', 0],
  ['1.29.0-rc.1', '1.29.1', 0],
  ['1.28', '1.27.3', 0],
  [null, '1.28.3', null],
  ['1.28.3', null, null],
  ['somewhere', '1.28.3', null],
  ['2.1.0', '1.28.3', null],
])('a pool of %s under a control plane of %s is %s minors behind', (pool, controlPlane, expected) => {
  expect(minorsBehind(pool, controlPlane)).toBe(expected);
});
