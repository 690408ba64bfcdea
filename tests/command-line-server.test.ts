import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, candidate, type Finding, findingList, fleetVulnerabilityList, upgradeJob } from '@nodeward/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { openInSample } from '../apps/server/tests/assessed-sample-for-tests.ts';
import { buildDisk, missingDiskTools } from './build-disk.ts';
import { bootLine, nodeFiles } from './build-node-disk.ts';
import { nodeward, type ProcessResult } from './nodeward-process.ts';
import { type NodewardServer, startNodeward } from './nodeward-server.ts';
import { enter } from './server-session.ts';
import { noteSkipped } from './shared-data.ts';

/** Its image updates cure everything but the kubelet's vulnerability, which takes Kubernetes 1.26.5 or newer. */
const app01 = 'stg-tokyo-01/app01';
const kubeletCve = 'CVE-2023-2431';

describe('nodeward findings and nodeward upgrade, against the server of the sample fleet', () => {
  let server: NodewardServer;
  let api: ApiClient;
  const findings = (...words: readonly string[]): ProcessResult => nodeward(['findings', '--data-dir', server.dataDir, ...words]);
  const upgrade = (...words: readonly string[]): ProcessResult => nodeward(['upgrade', '--data-dir', server.dataDir, ...words]);

  beforeAll(async () => {
    server = await startNodeward({ isAssessed: true });
    api = await enter(server);
    await vi.waitFor(async () => expect(await openInSample(api)).toEqual([]), { timeout: 100_000, interval: 500 });
    expect((await api.call('listRecommendations', {})).recommendations).toHaveLength(15);
  });
  afterAll(() => server.stop());

  const poolIdOf = async (name: string): Promise<string> => {
    const { recommendations } = await api.call('listRecommendations', {});
    return recommendations.find(({ cluster, pool }) => `${cluster}/${pool}` === name)?.poolId ?? 'none';
  };
  const jobsInAll = async (): Promise<number> => (await api.call('listUpgradeJobs', {})).total;

  describe('findings', () => {
    it('of the whole fleet are what the API gives, and nodes that nobody could look at end it with 3', async () => {
      const { status, stdout, stderr } = findings('--format', 'json');
      const listed = fleetVulnerabilityList.parse(JSON.parse(stdout));

      expect(JSON.parse(stdout)).toEqual(await api.call('listFleetVulnerabilities', { query: { limit: 1000 } }));
      expect(listed.total).toBeGreaterThan(100);
      expect(status).toBe(3);
      for (const pool of ['prod-tokyo-01/securepool01: 2 of 3', 'prod-osaka-01/secure01: 4 of 4', 'stg-tokyo-01/winnp01: 2 of 2']) expect(stderr).toContain(`nodeward: ${pool} nodes not assessed`);
      expect(stderr).toContain(`${listed.total} vulnerabilities\n`);
    });

    it('of one node pool are what the API gives, and 0 says that every node was looked at', async () => {
      const { status, stdout, stderr } = findings('--pool', app01, '--format', 'json');

      expect([status, stderr]).toEqual([0, '115 vulnerabilities\n']);
      expect(JSON.parse(stdout)).toEqual(await api.call('listFindings', { parameters: { poolId: await poolIdOf(app01) }, query: { limit: 1000 } }));
      expect(findingList.parse(JSON.parse(stdout)).findings.find(({ vulnerability }) => vulnerability === kubeletCve)).toMatchObject({ packageFamily: 'kubelet', verdict: 'fixed-by-kubernetes' });
    });

    it('of one node pool with nodes that are not assessed end with 3 and say how many', () => {
      const { status, stderr } = findings('--pool', 'prod-osaka-01/secure01');

      expect(status).toBe(3);
      expect(stderr).toMatch(/^nodeward: prod-osaka-01\/secure01: 4 of 4 nodes not assessed \(encrypted\)/m);
    });

    it.each([
      ['--state no-fix', { state: 'no-fix' }],
      ['--search openssl', { search: 'openssl' }],
      ['--state all --search CVE-2023-2', { state: 'all', search: 'CVE-2023-2' }],
      ['--state undetermined', { state: 'undetermined' }],
    ] as const)('%s filter as the API does, over a pool and over the fleet', async (words, query) => {
      const [pool, fleet] = [findings('--pool', app01, '--format', 'json', ...words.split(' ')), findings('--format', 'json', ...words.split(' '))];

      expect(JSON.parse(pool.stdout)).toEqual(await api.call('listFindings', { parameters: { poolId: await poolIdOf(app01) }, query: { ...query, limit: 1000 } }));
      expect(JSON.parse(fleet.stdout)).toEqual(await api.call('listFleetVulnerabilities', { query: { ...query, limit: 1000 } }));
    });

    it('are a table of one line each, with the package and the fix', async () => {
      const lines = findings('--pool', app01).stdout.trimEnd().split('\n');
      const { total } = await api.call('listFindings', { parameters: { poolId: await poolIdOf(app01) }, query: { limit: 1 } });

      expect(total).toBeGreaterThanOrEqual(115);
      expect(lines).toHaveLength(total + 1);
      expect(lines[0]).toMatch(/^VULNERABILITY +SEVERITY +SCORE +SOURCE PACKAGE +INSTALLED +FIXED IN +STATE +NODES$/);
      expect(lines.find((line) => line.startsWith(kubeletCve))).toMatch(/kubelet +v?1\.26\.3 +1\.26\.5 +open +3$/);
    });

    it('of a pool that is not there are refused, and the pools that are there are named', () => {
      const { status, stdout, stderr } = findings('--pool', 'prod-tokyo-01/nope');

      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^nodeward: no node pool prod-tokyo-01\/nope; there are data-sea-01\/kafka01, .*stg-tokyo-01\/winnp01\n$/);
    });

    it.each([
      [['list.txt', '--pool', app01], '--pool'],
      [['--kernel', '5.15.0-1041-azure'], '--kernel'],
    ])('refuse %j, where an option would be passed over', (words, option) => {
      const { status, stderr } = words[0] === 'list.txt' ? nodeward(['findings', ...words]) : findings(...words);

      expect(status).toBe(2);
      expect(stderr).toMatch(new RegExp(`^nodeward: ${option} .*\\n$`));
    });

    it('leave no session behind', () => {
      const sessions = (): number => z.object({ sessions: z.array(z.unknown()) }).parse(JSON.parse(readFileSync(join(server.dataDir, 'sessions.json'), 'utf8'))).sessions.length;
      const before = sessions();
      findings('--search', 'openssl');

      expect(sessions()).toBe(before);
    });

    it('come through a one-time address, once', () => {
      const link = nodeward(['link', '--data-dir', server.dataDir]).stdout.trim();
      const [first, second] = [nodeward(['findings', '--link', link, '--pool', app01]), nodeward(['findings', '--link', link, '--pool', app01])];

      expect(first.status).toBe(0);
      expect([second.status, second.stdout]).toEqual([2, '']);
      expect(second.stderr).toMatch(/^nodeward: http:\S+ did not accept the one-time address: .*`nodeward link`.*\n$/);
    });

    it.each([
      ['no address', 'nonsense', 'is no address'],
      ['an address where nobody answers', 'http://127.0.0.1:9/enter?token=x', 'does not answer'],
    ])('from %s are one line and exit status 2', (_, link, said) => {
      const { status, stderr } = nodeward(['findings', '--link', link]);

      expect(status).toBe(2);
      expect(stderr).toMatch(/^nodeward: .*\n$/);
      expect(stderr).toContain(said);
    });
  });

  it('which-image prints no table where there is no row for it', () => {
    const { status, stdout, stderr } = nodeward(['which-image', 'CVE-2023-4911', '--data-dir', server.dataDir]);

    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toBe('nodeward: there is no usable advisory database yet\n');
  });

  describe('upgrade', () => {
    it('says steps and forecast with --dry-run, as the API has them, and changes nothing', async () => {
      const { status, stdout, stderr } = upgrade(app01, '--kubernetes', '1.26.6', '--dry-run', '--format', 'json');
      const { candidates } = await api.call('getFix', { parameters: { poolId: await poolIdOf(app01) } });

      expect(status).toBe(0);
      expect(candidate.parse(JSON.parse(stdout))).toEqual(candidates.find(({ target }) => target === '1.26.6'));
      expect(stderr).toMatch(/^step 2: control-plane 1\.26\.6$/m);
      expect(stderr).toMatch(/^forecast of vulnerabilities: fixes 115, leaves 0, introduces 0, undetermined 0 \(confidence /m);
      expect(await jobsInAll()).toBe(0);
    });

    it.each([
      ['prod-osaka-01/web01', 'it introduces 3 vulnerabilities'],
      ['data-sea-01/kafka01', 'it fixes nothing'],
    ])('of %s is not started, because %s', async (pool, objection) => {
      const { status, stderr } = upgrade(pool, '--image');

      expect(status).toBe(1);
      expect(stderr).toMatch(new RegExp(`^nodeward: not started: ${objection}; --acknowledge`, 'm'));
      expect(await jobsInAll()).toBe(0);
    });

    it.each([
      [['--image', '--restart'], 'give one of'],
      [['--image', 'nope'], 'is offered no such node image; offered: AKSUbuntu'],
      [['--kubernetes', '1.26.6', '--format', 'xml'], 'xml'],
    ])('%j is refused with 2 and one line', async (words, said) => {
      const { status, stdout, stderr } = upgrade(app01, ...words);

      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^nodeward: .*\n$/);
      expect(stderr).toContain(said);
      expect(await jobsInAll()).toBe(0);
    });

    it('starts what was acknowledged, and returns at once with --no-wait', async () => {
      const { status, stdout } = upgrade('prod-osaka-01/web01', '--image', '--acknowledge', '--no-wait', '--format', 'json');
      const { id } = upgradeJob.parse(JSON.parse(stdout));
      const job = () => api.call('getUpgradeJob', { parameters: { jobId: id } });

      expect(status).toBe(0);
      await expect.poll(async () => (await job()).state, { timeout: 100_000 }).toBe('succeeded-with-residual');
      expect((await job()).ledger).toMatchObject({ actual: { fixed: 9, introduced: 3 } });
    });

    it('runs an image update to the proof, with its events on standard error', async () => {
      const { status, stdout, stderr } = upgrade('prod-tokyo-01/userpool01', '--image', '--format', 'json');
      const job = upgradeJob.parse(JSON.parse(stdout));

      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toEqual(await api.call('getUpgradeJob', { parameters: { jobId: job.id } }));
      expect(job).toMatchObject({ state: 'succeeded', residual: [], ledger: { actual: { fixed: 114, introduced: 0 } } });
      for (const event of ['preflight-passed', 'node-phase aks-userpool01-31764529-vmss000000 (surge|cordon|drain|reimage)', 'node-verified aks-userpool01-31764529-vmss000002', 'finished']) {
        expect(stderr).toMatch(new RegExp(`^\\d{4}-\\S+Z ${event}`, 'm'));
      }
      expect(stderr).toContain('result: fixed 114 (forecast 114)');
    });

    it('says at which node it failed and why, and ends with 3', () => {
      writeFileSync(join(server.dataDir, 'sample', 'fail.json'), JSON.stringify({ cluster: 'stg-tokyo-01', pool: 'app01', node: 'aks-app01-20417736-vmss000001', phase: 'drain', code: 'DrainTimeout' }));
      const { status, stdout, stderr } = upgrade(app01, '--image');

      expect(status).toBe(3);
      expect(stderr).toMatch(/^nodeward: DrainTimeout at aks-app01-20417736-vmss000001/m);
      expect(stdout).toMatch(/^job \S+: failed$/m);
    });

    it('ends with 1 where something with a fix is left, and names it', () => {
      const { status, stdout, stderr } = upgrade(app01, '--image');

      expect(status).toBe(1);
      expect(stdout).toMatch(/^job \S+: succeeded-with-residual$/m);
      expect(stderr).toContain(`nodeward: left although a fix is published: ${kubeletCve}\n`);
    });

    it('upgrades Kubernetes with the control plane first, and nothing is left', async () => {
      const { status, stdout } = upgrade(app01, '--kubernetes', '1.26.6', '--format', 'json');
      const { steps, state } = upgradeJob.parse(JSON.parse(stdout));

      expect([status, state]).toEqual([0, 'succeeded']);
      expect(steps.map((step) => [step.kind, step.target, step.state])).toEqual([
        ['control-plane', '1.26.6', 'succeeded'],
        ['kubernetes', '1.26.6', 'succeeded'],
      ]);
      expect(findingList.parse(JSON.parse(findings('--pool', app01, '--format', 'json').stdout)).findings).toEqual([]);
    });
  });
});

describe('nodeward findings without a server', () => {
  it.each([[['findings']], [['upgrade', app01, '--image']]])('%j says in one line how to start one, and ends with 2', (words) => {
    const { status, stdout, stderr } = nodeward([...words, '--data-dir', join(tmpdir(), 'nodeward-nobody-is-here')]);

    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^nodeward: no server runs on .*`nodeward serve`\n$/);
  });
});

const missing = missingDiskTools();
if (missing.length > 0) noteSkipped('nodeward findings on a disk', `no ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('nodeward findings of a disk', () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const findings = (...words: readonly string[]): ProcessResult => nodeward(['findings', at('node.raw'), '--db', at('advisories'), ...words]);
  const listed = (...words: readonly string[]): readonly Finding[] => findingList.strict().parse(JSON.parse(findings('--format', 'json', ...words).stdout)).findings;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodeward-findings-'));
    const osRelease = 'PRETTY_NAME="Ubuntu 22.04.3 LTS"\nID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\n';
    const packages = [
      { name: 'libc6', version: '2.35-0ubuntu3.1', architecture: 'amd64', source: 'glibc' },
      { name: 'libssl3', version: '3.0.2-0ubuntu1.10', architecture: 'amd64', source: 'openssl' },
      { name: 'linux-image-5.15.0-1041-azure', version: '5.15.0-1041.48', architecture: 'amd64', source: 'linux-signed-azure' },
      { name: 'linux-image-5.15.0-1049-azure', version: '5.15.0-1049.56', architecture: 'amd64', source: 'linux-signed-azure' },
    ];
    buildDisk({ out: at('node.raw'), files: { ...nodeFiles(osRelease, packages), 'var/log/kern.log': bootLine('5.15.0-1041-azure') } });
    const feed = [
      advisory('CVE-2023-4911', 'high', 'glibc', '2.35-0ubuntu3.4'),
      advisory('CVE-2023-20569', 'high', 'linux-azure', '5.15.0-1049.56'),
      advisory('CVE-2024-0001', 'low', 'linux-azure', '5.15.0-1060.60'),
      advisory('CVE-2023-2975', 'low', 'openssl', undefined),
    ];
    writeFileSync(at('feed.json'), JSON.stringify(feed));
    const built = nodeward(['db', 'build', at('feed.json'), '-o', at('advisories')]);
    if (built.status !== 0) throw new Error(built.stderr);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('have the shape of the API, with what a boot into the newest kernel would cure told apart', () => {
    expect(listed('--state', 'all').map(({ vulnerability, packageFamily, state, verdict, nodes }) => [vulnerability, packageFamily, state, verdict, nodes])).toEqual([
      ['CVE-2023-20569', 'linux-azure', 'reboot-required', 'fixed-by-reboot', 1],
      ['CVE-2023-4911', 'glibc', 'open', 'unknown', 1],
      ['CVE-2024-0001', 'linux-azure', 'open', 'unknown', 1],
      ['CVE-2023-2975', 'openssl', 'no-fix', 'no-vendor-fix', 1],
    ]);
  });

  it('need no boot where the newest kernel runs', () => {
    expect(listed('--kernel', '5.15.0-1049-azure').map(({ vulnerability, state }) => [vulnerability, state])).toEqual([
      ['CVE-2023-4911', 'open'],
      ['CVE-2024-0001', 'open'],
    ]);
  });

  it.each([
    [[], ['CVE-2023-20569', 'CVE-2023-4911', 'CVE-2024-0001']],
    [['--state', 'no-fix'], ['CVE-2023-2975']],
    [['--search', 'GLIBC'], ['CVE-2023-4911']],
    [['--state', 'undetermined'], []],
    [['--state', 'resolved'], []],
  ])('with %j are %j', (words, vulnerabilities) => {
    expect(listed(...words).map(({ vulnerability }) => vulnerability)).toEqual(vulnerabilities);
  });

  it('end with 0, and with a table', () => {
    const { status, stdout, stderr } = findings();

    expect([status, stderr]).toEqual([0, '3 vulnerabilities\n']);
    expect(stdout).toMatch(/^CVE-2023-20569 +high +>=\d+ +linux-azure +5\.15\.0-1041\.48 +5\.15\.0-1049\.56 +reboot-required +1$/m);
  });

  it('end with 3 where the disk cannot be read, and with 4 where there are no advisories', () => {
    writeFileSync(at('noise.raw'), Buffer.alloc(1024 * 1024, 7));

    const noise = nodeward(['findings', at('noise.raw'), '--db', at('advisories')]);

    expect(noise.status).toBe(3);
    expect(noise.stderr).toMatch(/^nodeward: .*noise\.raw: not assessed/m);
    expect(nodeward(['findings', at('node.raw'), '--db', at('nowhere')])).toMatchObject({ status: 4, stdout: '' });
  });
});

function advisory(id: string, severity: string, name: string, fixed: string | undefined): object {
  const events = [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])];
  return { id: `UBUNTU-${id}`, upstream: [id], severity: [{ type: 'Ubuntu', score: severity }], affected: [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name }, ranges: [{ type: 'ECOSYSTEM', events }] }] };
}
