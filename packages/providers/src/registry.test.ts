import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { providerKinds } from './provider.ts';

it('registers every folder that has a provider, and no other', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const isProvider = (folder: string): boolean => existsSync(join(import.meta.dirname, folder, 'provider.ts'));
  expect(providerKinds).toEqual(folders.filter(isProvider).toSorted());
  // what is not an environment: the ground that they stand on, and what sends nevertheless
  expect(folders.filter((folder) => !isProvider(folder))).toEqual(['advisory-source', 'network', 'node-image-list', 'notification', 'range-source']);
});

it.each(providerKinds)('%s has the files that every provider has', (kind) => {
  const files = readdirSync(`${import.meta.dirname}/${kind}`);
  expect(files).toEqual(expect.arrayContaining(['provider.ts', 'provider.test.ts', 'discover.ts', 'evidence.ts']));
});
