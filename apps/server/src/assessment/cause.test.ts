import type { CoverageEntry } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { causeOfReading, causeOfRefusal } from './cause.ts';

const read: CoverageEntry = { subject: 'os-packages', state: 'read', reason: 'read' };
const encrypted: CoverageEntry = { subject: 'partition 1', state: 'encrypted', reason: 'encrypted-in-guest' };
const unsupported: CoverageEntry = { subject: 'partition 1', state: 'unsupported', reason: 'journal-not-replayed' };
const noRoot: CoverageEntry = { subject: 'disk', state: 'unreadable', reason: 'no-root-found' };
const killed: CoverageEntry = { subject: 'disk', state: 'over-limit', reason: 'reader-killed-memory' };
const container: CoverageEntry = { subject: 'container images', state: 'out-of-scope', reason: 'container-images' };
const withoutAdvisories: CoverageEntry = { subject: 'os-packages', state: 'unsupported', reason: 'no-advisories-for-system' };
const windows: CoverageEntry = { subject: 'os-packages', state: 'unsupported', reason: 'windows-node' };
const matched = { kind: 'matched', matchSetId: 'm', revision: 'r', complete: true, coverage: [] } as const;
const undetermined = { ...matched, complete: false };
const withoutRows = { kind: 'not-matched', reason: 'no-advisories-for-operating-system', revision: 'r' } as const;

describe('the cause of a node that is not evaluated', () => {
  it.each([
    ['a complete reading leaves nothing open', [read, container], true, matched, null],
    ['an undetermined row leaves something open', [read], true, undetermined, 'incomplete'],
    ['an unreadable part leaves something open', [read, noRoot], true, matched, 'incomplete'],
    ['a reader that died has failed, whatever else is known', [encrypted, killed], false, undefined, 'failed'],
    ['an encrypted disk is encrypted, although it has no root either', [encrypted, noRoot], false, undefined, 'encrypted'],
    ['an unread filesystem is unsupported', [unsupported, noRoot], false, undefined, 'unsupported'],
    ['a broken disk has failed', [noRoot], false, undefined, 'failed'],
    ['no advisories for this system is never clean', [read], true, withoutRows, 'no-advisories'],
    ['no advisories for this system, where only its components were compared', [withoutAdvisories], true, undetermined, 'no-advisories'],
    ['a system without a list says so, whatever was compared', [windows], true, undetermined, 'unsupported'],
    ['an inventory that nobody matched is never clean', [read], true, undefined, 'no-advisories'],
  ] as const)('%s', (_, coverage, hasInventory, match, expected) => {
    expect(causeOfReading({ coverage, hasInventory }, match)).toBe(expected);
  });

  it.each([
    ['unreachable', 'unreachable'],
    ['not-found', 'unreachable'],
    ['unsupported', 'unsupported'],
    ['image-not-published', 'image-not-published'],
  ] as const)('a refusal %s becomes %s', (refusal, expected) => {
    expect(causeOfRefusal(refusal)).toBe(expected);
  });
});
