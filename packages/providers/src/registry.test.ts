import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { providerKinds } from './provider.ts';

it('registers every folder that has a provider, and no other', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(providerKinds).toEqual(folders.toSorted());
});

it.each(providerKinds)('%s has the files that every provider has', (kind) => {
  const files = readdirSync(`${import.meta.dirname}/${kind}`);
  expect(files).toEqual(expect.arrayContaining(['provider.ts', 'provider.test.ts', 'discover.ts', 'evidence.ts']));
});
