import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import type { CoverageEntry } from '../base/coverage.ts';
import { createInventory, type Package } from '../model/inventory.ts';
import { joinSources, resolveSources } from './resolve-sources.ts';

const system = { id: 'ubuntu', versionId: '22.04', codename: 'jammy', prettyName: 'Ubuntu 22.04' };
const unnamed = (name: string): Package => ({ name, version: '1', architecture: 'amd64', source: name, sourceVersion: '1', sourceKnown: false });
const named = (name: string, source: string): Package => ({ ...unnamed(name), source, sourceKnown: true });
const listing = createMemoryLookup(osvRecords([{ cve: 'CVE-2025-15467', source: 'openssl', fixed: '4', binaries: ['libssl3'] }]));
const notListing = createMemoryLookup(osvRecords([{ cve: 'CVE-2025-15467', source: 'openssl', fixed: '4' }]));

describe('sources that only the advisories know', () => {
  it('are found when a list is matched, under the id that it had', () => {
    const inventory = createInventory(system, [unnamed('libssl3'), unnamed('tzdata'), named('bash', 'bash')]);
    const { inventory: resolved, coverage } = resolveSources(inventory, listing);

    expect(resolved.packages.map(({ name, source, sourceKnown }) => [name, source, sourceKnown])).toEqual([['bash', 'bash', true], ['libssl3', 'openssl', true], ['tzdata', 'tzdata', true]]);
    expect(resolved.id).toBe(inventory.id);
    expect(coverage).toContainEqual({ subject: 'sources of packages', state: 'read', reason: 'read', detail: '3 packages' });
  });

  it('stay unknown where the feed lists no binaries, and each is named', () => {
    const { inventory, coverage } = resolveSources(createInventory(system, [unnamed('libssl3'), named('bash', 'bash')]), notListing);

    expect(inventory.packages.filter(({ sourceKnown }) => !sourceKnown).map(({ name }) => name)).toEqual(['libssl3']);
    expect(coverage.map(({ subject, state }) => `${subject}: ${state}`)).toEqual(['sources of packages: unknown-source', 'sources of kernels: read', 'package libssl3: unknown-source']);
  });

  it('say nothing where every source is known, and nothing of other vendors', () => {
    expect(resolveSources(createInventory(system, [named('bash', 'bash'), unnamed('moby-runc')]), notListing).coverage).toEqual([]);
  });

  it('take back nothing that was known', () => {
    const { inventory } = resolveSources(createInventory(system, [named('libssl3', 'mine'), unnamed('tzdata')]), listing);

    expect(inventory.packages.find(({ name }) => name === 'libssl3')?.source).toBe('mine');
  });
});

describe('what a match found about sources', () => {
  const found: readonly CoverageEntry[] = [
    { subject: 'sources of packages', state: 'read', reason: 'read', detail: '2 packages' },
    { subject: 'sources of kernels', state: 'read', reason: 'read' },
    { subject: 'node-components', state: 'read', reason: 'read' },
  ];
  const unknown: readonly CoverageEntry[] = [
    { subject: 'os-packages', state: 'unknown-source', reason: 'source-package-unknown', detail: '1 of 2 packages' },
    { subject: 'kernel', state: 'unknown-source', reason: 'source-package-unknown' },
    { subject: 'package libssl3', state: 'unknown-source', reason: 'source-package-unknown' },
  ];

  it('takes the place of what the reading did not know', () => {
    const { read, found: rest } = joinSources(unknown, found);

    expect(read).toEqual([{ subject: 'os-packages', state: 'read', reason: 'read', detail: '2 packages' }, { subject: 'kernel', state: 'read', reason: 'read' }]);
    expect(rest.map(({ subject }) => subject)).toEqual(['node-components']);
  });

  it('never makes readable what could not be read', () => {
    const unreadable: readonly CoverageEntry[] = [{ subject: 'os-packages', state: 'unreadable', reason: 'truncated' }];

    expect(joinSources(unreadable, found).read).toEqual(unreadable);
  });

  it('is kept with a match that has no reading of its own', () => {
    expect(joinSources([], found).found).toEqual(found);
  });
});
