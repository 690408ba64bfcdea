import { describe, expect, it } from 'vitest';
import { createMemoryLookup, osvRecords } from '../advisory-db/memory-lookup-for-tests.ts';
import { createInventory, type Inventory, type Package } from '../model/inventory.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { matchInventory } from './match.ts';
import { factsAfterBoot, nodeMatches } from './node-matches.ts';

function kernel(release: string, version: string): Package {
  return { name: `linux-image-${release}`, version, architecture: 'amd64', source: 'linux-signed-azure', sourceVersion: version, sourceKnown: true };
}

const older = kernel('5.15.0-1040-azure', '5.15.0-1040.47');
const middle = kernel('5.15.0-1041-azure', '5.15.0-1041.48');
const newer = kernel('5.15.0-1049-azure', '5.15.0-1049.56');
const bash: Package = { name: 'bash', version: '5.1-1', architecture: 'amd64', source: 'bash', sourceVersion: '5.1-1', sourceKnown: true };
const lookup = createMemoryLookup(osvRecords([
  { cve: 'CVE-2023-1', source: 'linux-azure', fixed: '5.15.0-1060.1' },
  { cve: 'CVE-2023-2', source: 'bash', fixed: '5.1-2' },
]));

function inventoryOf(...packages: readonly Package[]): Inventory {
  return createInventory({ id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu' }, packages);
}

function facts(running?: string): NodeFacts {
  const evidencePaths = { 'os-packages': '/var/lib/dpkg/status' };
  return { grade: 'disk', evidencePaths, ...(running === undefined ? {} : { runningKernel: { release: running, from: 'kern-log' } }) };
}

function rows(packages: readonly Package[], nodeFacts: NodeFacts): unknown {
  const inventory = inventoryOf(...packages);
  return nodeMatches(matchInventory(inventory, lookup).matches, inventory, nodeFacts).matches
    .map(({ kernelRelease, kernel: state, state: matchState, reason }) => [kernelRelease, state, matchState, reason]);
}

const affected = 'affected-fix-available';
const unknown = [null, 'undetermined', 'running-kernel-unknown'];

describe('a kernel match on a node', () => {
  it.each<[string, readonly Package[], string | undefined, unknown]>([
    ['is running with one image and no better evidence', [middle], undefined, [['5.15.0-1041-azure', 'running', affected, undefined]]],
    ['is running, older ones stale and newer ones standby', [newer, older, middle], '5.15.0-1041-azure', [
      ['5.15.0-1040-azure', 'stale', affected, undefined], ['5.15.0-1041-azure', 'running', affected, undefined], ['5.15.0-1049-azure', 'standby', affected, undefined],
    ]],
    ['is undetermined with several images and no evidence', [middle, newer], undefined, [['5.15.0-1041-azure', ...unknown], ['5.15.0-1049-azure', ...unknown]]],
    ['is undetermined where the running kernel is not installed', [middle], '5.15.0-1000-azure', [['5.15.0-1041-azure', ...unknown]]],
    ['is undetermined where an image has a version without order', [kernel('5.15.0-1041-azure', 'a:b'), newer], '5.15.0-1049-azure', [
      ['5.15.0-1049-azure', 'running', affected, undefined], ['5.15.0-1041-azure', ...unknown],
    ]],
    ['is no matter of other packages', [bash], undefined, [[null, null, affected, undefined]]],
  ])('%s', (_what, packages, running, expected) => {
    expect(rows(packages, facts(running))).toEqual(expected);
  });

  it('says in coverage that the running kernel is not installed', () => {
    const inventory = inventoryOf(middle);

    expect(nodeMatches([], inventory, facts('5.15.0-1000-azure')).coverage).toEqual([
      { subject: 'kernel', state: 'unreadable', reason: 'running-kernel-not-installed', detail: '5.15.0-1000-azure' },
    ]);
    expect(nodeMatches([], inventory, facts('5.15.0-1041-azure')).coverage).toEqual([]);
  });

  it('names the evidence', () => {
    const inventory = inventoryOf(bash);

    expect(nodeMatches(matchInventory(inventory, lookup).matches, inventory, facts()).matches).toMatchObject([{ evidence: '/var/lib/dpkg/status' }]);
  });

  it('becomes the newest image\'s after a boot', () => {
    const inventory = inventoryOf(newer, middle);
    const after = factsAfterBoot(inventory, facts('5.15.0-1041-azure'));

    expect(after.runningKernel).toEqual({ release: '5.15.0-1049-azure', from: 'newest-kernel-image' });
    expect(rows([newer, middle], after)).toEqual([['5.15.0-1041-azure', 'stale', affected, undefined], ['5.15.0-1049-azure', 'running', affected, undefined]]);
    expect(factsAfterBoot(inventoryOf(bash), facts('x'))).not.toHaveProperty('runningKernel');
  });
});
