import { expect, it } from 'vitest';
import { compareImages, imageOfPool } from './node-image.ts';

const ubuntu = (version: string): string => `AKSUbuntu-2204gen2containerd-${version}`;

it.each([
  ['a later date', ubuntu('202309.06.0'), ubuntu('202310.04.0')],
  ['a later build of one day', ubuntu('202309.06.9'), ubuntu('202309.06.10')],
  ['a security patch on top', ubuntu('202410.27.0'), ubuntu('202410.27.0-2024.12.01')],
  ['a later security patch', ubuntu('202410.27.0-2024.12.01'), ubuntu('202410.27.0-2024.12.08')],
  ['a later Windows', 'AKSWindows-2022-containerd-20348.5499.260715', 'AKSWindows-2022-containerd-20348.5600.260812'],
  ['a name with a version', 'ami-0123', ubuntu('202309.06.0')],
])('takes %s for newer', (_, older, newer) => {
  expect(compareImages(older, newer)).toBeLessThan(0);
  expect(compareImages(newer, older)).toBeGreaterThan(0);
});

it.each([
  ['the newest of a pool in the middle of an upgrade', [ubuntu('202309.06.0'), ubuntu('202309.06.0'), ubuntu('202310.04.0')], ubuntu('202310.04.0')],
  ['what most have where nothing tells which is newer', ['ami-1', 'ami-2', 'ami-2'], 'ami-2'],
  ['the same one whatever the order of the nodes', ['ami-2', 'ami-1'], 'ami-1'],
  ['the one that can be compared', ['Ubuntu 22.04', ubuntu('202309.06.0'), 'Ubuntu 22.04'], ubuntu('202309.06.0')],
])('calls the image of a pool %s', (_, images, expected) => {
  expect(imageOfPool(images)).toBe(expected);
});
