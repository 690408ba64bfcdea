import { expect, it } from 'vitest';
import { reachable } from './offered-versions.ts';

const offer = (...versions: readonly string[]): readonly { kubernetesVersion: string }[] => versions.map((kubernetesVersion) => ({ kubernetesVersion }));

it.each([
  ['sorts by number', '1.9.0', offer('1.10.1', '1.9.10', '1.9.2'), ['1.9.2', '1.9.10', '1.10.1']],
  ['skips two minor versions', '1.33.2', offer('1.34.1', '1.35.0'), ['1.34.1']],
  ['goes back', '1.33.2', offer('1.33.1', '1.33.2', '1.32.9'), []],
  ['leaves the major version', '1.33.2', offer('2.33.3'), []],
  ['offers a preview', '1.33.2', [{ kubernetesVersion: '1.34.0', isPreview: true }], []],
  ['guesses from a minor version alone', '1.33', offer('1.33.5'), []],
  ['guesses from nothing', undefined, offer('1.33.5'), []],
  ['takes what is no version', '1.33.2', offer('latest', '1.34', 'v1.34.1'), []],
])('never %s', (_name, current, offered, expected) => {
  expect(reachable(current, offered)).toEqual(expected);
});
