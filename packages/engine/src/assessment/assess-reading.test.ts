import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import type { CoverageEntry } from '../base/coverage.ts';
import type { Reading } from '../model/assessment.ts';
import { createInventory, type Package } from '../model/inventory.ts';
import { assessReading } from './assess-reading.ts';

const bash: Package = { name: 'bash', version: '5.1-1', architecture: 'amd64', source: 'bash', sourceVersion: '5.1-1', sourceKnown: true };
const records = osvRecords([{ cve: 'CVE-2023-1000', source: 'bash', fixed: '5.1-2' }]);
const lookup = createMemoryLookup(records);
const read: CoverageEntry = { subject: 'os-packages', state: 'read', reason: 'read' };

function reading(packages: readonly Package[] | undefined, coverage: readonly CoverageEntry[] = [read], versionId = '22.04'): Reading {
  return {
    ...(packages === undefined ? {} : { inventory: createInventory({ id: 'ubuntu', versionId, prettyName: 'Ubuntu' }, packages) }),
    facts: { grade: 'disk', evidencePaths: { 'os-packages': '/var/lib/dpkg/status' } },
    coverage,
    bytesRead: 1,
    requests: 1,
  };
}

describe('an assessment', () => {
  it('joins the reading and its matches', () => {
    expect(assessReading(reading([bash]), 'node.img', lookup)).toMatchObject({
      target: 'node.img', complete: true, advisoryDatabaseRevision: lookup.revision, coverage: [read],
      matches: [{ vulnerability: 'CVE-2023-1000', evidence: '/var/lib/dpkg/status', kernel: null }],
    });
  });

  it.each([
    ['no inventory', reading(undefined), lookup, {}, 'no-inventory'],
    ['no advisories for its release', reading([bash], [read], '24.04'), lookup, {}, 'no-advisories-for-operating-system'],
    ['the sample\'s advisories', reading([bash]), createMemoryLookup(records, 'sample'), {}, 'database-made-for-sample'],
  ])('is not clean with %s', (_what, found, advisories, options, notMatched) => {
    expect(assessReading(found, 'x', advisories, options)).toMatchObject({ matches: [], notMatched, complete: false });
  });

  it('uses the sample\'s advisories for the sample', () => {
    expect(assessReading(reading([bash]), 'x', createMemoryLookup(records, 'sample'), { isSample: true })).toMatchObject({ complete: true, matches: [{}] });
  });

  it.each([
    ['unreadable', false], ['unsupported', false], ['encrypted', false], ['over-limit', false], ['unknown-source', false],
    ['read', true], ['out-of-scope', true], ['no-feed', true],
  ] as const)('with coverage %s is complete: %s', (state, complete) => {
    expect(assessReading(reading([bash], [read, { subject: 'partition 2', state, reason: 'read' }]), 'x', lookup).complete).toBe(complete);
  });

  it('is incomplete with an undetermined match', () => {
    expect(assessReading(reading([{ ...bash, sourceVersion: 'a:b' }]), 'x', lookup)).toMatchObject({ complete: false, matches: [{ state: 'undetermined' }] });
  });

  it('names the packages of vendors without a feed, and stays complete', () => {
    const moby = { ...bash, name: 'moby-runc', source: 'moby-runc' };

    expect(assessReading(reading([bash, moby]), 'x', lookup)).toMatchObject({
      complete: true, coverage: [read, { subject: 'package moby-runc', state: 'no-feed', reason: 'vendor-publishes-no-feed' }],
    });
  });

  it('lets a better witness say which kernel runs, and says where it is not installed', () => {
    const image = { ...bash, name: 'linux-image-5.15.0-1041-azure', source: 'linux-azure' };
    const kernelRead: CoverageEntry = { subject: 'kernel', state: 'read', reason: 'read' };
    const facts = (release: string) => ({ facts: { runningKernel: { release, from: 'node-object' } as const } });

    expect(assessReading(reading([image], [kernelRead]), 'x', lookup, facts('5.15.0-1041-azure'))).toMatchObject({ complete: true, coverage: [kernelRead] });
    expect(assessReading(reading([image], [kernelRead]), 'x', lookup, facts('5.15.0-1-azure'))).toMatchObject({
      complete: false, coverage: [{ subject: 'kernel', state: 'unreadable', reason: 'running-kernel-not-installed' }],
    });
  });
});
