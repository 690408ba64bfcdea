import { type Advisory, imageHistories, type NodeMatch } from '@nodeward/engine';
import { describe, expect, it } from 'vitest';
import { type CatalogFamily, familyAnswer, untoldOf } from './image-catalog.ts';

const advisoryOf = (...ecosystems: readonly string[]): Advisory => ({ id: 'A', vulnerabilities: ['CVE-1'], related: [], details: '', cvss: [], references: [], affected: ecosystems.map((ecosystem) => ({ ecosystem, package: 'p' })) });
const side = { matches: [], coverage: [{ subject: 'os-packages', state: 'read', reason: 'read' }] } as const;
const family: CatalogFamily = { family: 'f', operatingSystem: 'Ubuntu 22.04', images: [{ label: 'l', version: '1' }], histories: imageHistories([{ version: '1', side }]) };

const gone: CatalogFamily = { ...family, images: [{ label: 'l1', version: '1' }, { label: 'l2', version: '2' }], histories: imageHistories([{ version: '1', side: { ...side, matches: [match()] } }, { version: '2', side }]) };

function match(): NodeMatch {
  return {
    vulnerability: 'CVE-1', sourcePackage: 'p', packageFamily: 'p', packages: [], installedVersion: '1', fixedVersion: '2', state: 'affected-fix-available', severity: 'high', severitySource: 'vendor', cvss: [],
    kernelRelease: null, component: null, componentState: null, factClass: 'os-packages', exploited: null, epss: null, advisory: 'A', rule: 'source-older-than-fixed', kernel: null, evidence: 'l1',
  };
}

const ubuntu = 'Ubuntu:22.04:LTS';
const everyFeed = [ubuntu, 'Go', 'kubernetes'];

describe('a vulnerability that the newest image does not show', () => {
  it.each<[string, CatalogFamily, readonly string[], readonly string[], string, readonly string[]]>([
    ['was never there where the advisories of packages alone speak of it', family, [ubuntu], everyFeed, 'never', []],
    ['is gone where the advisories of packages alone speak of it', gone, [ubuntu], everyFeed, 'clean', []],
    ['cannot be told where nobody knows it', family, [], everyFeed, 'unknown', []],
    ['cannot be told where it is in Go modules, which lists do not name', family, [ubuntu, 'Go'], everyFeed, 'unknown', ['go-modules']],
    ['is not said to be gone where it may be in a Go module', gone, [ubuntu, 'Go'], everyFeed, 'unknown', ['go-modules']],
    ['cannot be told where it is in the kubelet, which the cluster chooses', family, ['kubernetes'], everyFeed, 'unknown', ['kubelet']],
    ['is not said to be in none without the advisories of components', family, [ubuntu], [ubuntu], 'unknown', ['go-advisories', 'kubernetes-advisories']],
    ['is not said to be gone without the advisories of the kubelet', gone, [ubuntu], [ubuntu, 'Go'], 'unknown', ['kubernetes-advisories']],
  ])('%s', (_what, catalog, speaking, feeds, state, untold) => {
    const about = speaking.length === 0 ? [] : [advisoryOf(...speaking)];
    const parts = untoldOf(about, { hasEcosystem: (ecosystem) => feeds.includes(ecosystem) });

    expect(parts).toEqual(untold);
    expect(familyAnswer(catalog, 'CVE-1', about, parts).state).toBe(state);
  });

  it('still has the image without it among the packages', () => {
    expect(familyAnswer(gone, 'CVE-1', [advisoryOf(ubuntu, 'Go')], ['go-modules'])).toMatchObject({ firstFixed: { version: '2' }, goneSince: { version: '2' } });
  });
});
