import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { buildDisk, missingDiskTools } from './build-disk.ts';
import { bootLine, nodeFiles, type StatusEntry } from './build-node-disk.ts';
import { hostNode } from './host-node.ts';
import { nodeward, nodewardCommand, parseAssessments, parseForecast, type ProcessResult } from './nodeward-process.ts';
import { noteSkipped, repository } from './shared-data.ts';

const jammy = 'PRETTY_NAME="Ubuntu 22.04.3 LTS"\nNAME="Ubuntu"\nID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\n';
const focal = jammy.replaceAll('22.04', '20.04').replace('jammy', 'focal');

/** Versions of the AKS images 202309.06.0 (old) and 202310.04.0 (new). */
const packages = {
  openssl: entry('libssl3', '3.0.2-0ubuntu1.10', 'openssl'),
  glibcOld: entry('libc6', '2.35-0ubuntu3.1', 'glibc'),
  glibcNew: entry('libc6', '2.35-0ubuntu3.4', 'glibc'),
  kernelOld: entry('linux-image-5.15.0-1041-azure', '5.15.0-1041.48', 'linux-signed-azure'),
  kernelNew: entry('linux-image-5.15.0-1049-azure', '5.15.0-1049.56', 'linux-signed-azure'),
};

const advisories = [
  advisory('CVE-2023-4911', 'high', 'glibc', '2.35-0ubuntu3.4'),
  advisory('CVE-2023-20569', 'high', 'linux-azure', '5.15.0-1049.56'),
  advisory('CVE-2023-5678', 'low', 'openssl', '3.0.2-0ubuntu1.14'),
  advisory('CVE-2023-2975', 'low', 'openssl', undefined),
];

const missing = missingDiskTools();
if (missing.length > 0) noteSkipped('the command line on real disks', `no ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('nodeward on disks', () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const assess = (...words: readonly string[]): ProcessResult => nodeward(['assess', ...words, '--db', at('advisories')]);
  const disk = (name: string, osRelease: string, entries: readonly StatusEntry[], more: Readonly<Record<string, string>> = {}): void =>
    buildDisk({ out: at(name), files: { ...nodeFiles(osRelease, entries), ...more } });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nodeward-cli-'));
    writeFileSync(at('feed.json'), JSON.stringify(advisories));
    const many = Array.from({ length: 40_000 }, (_, index) => advisory(`CVE-2023-${index + 10_000}`, 'low', 'openssl', '3.0.2-0ubuntu1.14'));
    writeFileSync(at('many.json'), JSON.stringify(many));
    const built = nodeward(['db', 'build', at('feed.json'), '-o', at('advisories')]);
    if (built.status !== 0) throw new Error(built.stderr);
    disk('old.raw', jammy, [packages.openssl, packages.glibcOld, packages.kernelOld]);
    disk('new.raw', jammy, [packages.openssl, packages.glibcNew, packages.kernelNew]);
    disk('not-rebooted.raw', jammy, [packages.glibcNew, packages.kernelOld, packages.kernelNew], { 'var/log/kern.log': bootLine('5.15.0-1041-azure') });
    disk('two-kernels.raw', jammy, [packages.glibcNew, packages.kernelOld, packages.kernelNew]);
    disk('focal.raw', focal, [packages.kernelOld]);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('assesses a disk and prints rows and a summary that names what was left out', () => {
    const { status, stdout, stderr } = assess(at('old.raw'));

    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^CVE-2023-4911 +high +glibc +2\.35-0ubuntu3\.1 +2\.35-0ubuntu3\.4 +fix available$/m);
    expect(stdout).toContain('3 packages, running kernel 5.15.0-1041-azure');
    expect(stdout).toContain('container images — out-of-scope');
    expect(stdout).toContain('3 vulnerabilities with a fix available (2 high, 1 low; 3 rows)');
    expect(stdout).not.toContain('CVE-2023-2975');
  });

  it('shows every state with --all', () => {
    expect(assess(at('old.raw'), '--all').stdout).toMatch(/^CVE-2023-2975 +low +openssl .* no fix yet$/m);
  });

  it('prints JSON that its schema describes, and the summary beside it', () => {
    const { status, stdout, stderr } = assess(at('old.raw'), at('not-rebooted.raw'), '--format', 'json', '--all');

    expect(status).toBe(0);
    expect(schemaErrors('assess', stdout)).toEqual([]);
    expect(stderr).toContain('container images');
    expect(parseAssessments(stdout).map(({ target, grade, complete, inventory }) => [target, grade, complete, inventory?.packages])).toEqual([
      [at('old.raw'), 'disk', true, 3],
      [at('not-rebooted.raw'), 'disk', true, 3],
    ]);
  });

  it('lets only the running kernel open rows, and shows the other with --all', () => {
    const rows = (...words: readonly string[]): unknown =>
      parseAssessments(assess(at('not-rebooted.raw'), '--format', 'json', ...words).stdout)[0]?.matches.map(({ vulnerability, kernel }) => [vulnerability, kernel]);

    expect(rows()).toEqual([['CVE-2023-20569', 'running']]);
    expect(rows('--kernel', '5.15.0-1049-azure')).toEqual([]);
    expect(rows('--kernel', '5.15.0-1049-azure', '--all')).toEqual([['CVE-2023-20569', 'stale']]);
  });

  it('does not guess which of two kernels runs', () => {
    const { status, stdout, stderr } = assess(at('two-kernels.raw'), '--format', 'json');
    const [assessment] = parseAssessments(stdout);

    expect(status).toBe(3);
    expect(assessment).toMatchObject({ complete: false, matches: [{ vulnerability: 'CVE-2023-20569', state: 'undetermined' }] });
    expect(stderr).toMatch(/^nodeward: .*two-kernels\.raw: only partly assessed: 1 row is undetermined$/m);
  });

  it('foretells what a newer image fixes and leaves', () => {
    const { status, stdout } = nodeward(['forecast', at('old.raw'), at('new.raw'), '--db', at('advisories'), '--format', 'json']);
    const forecast = parseForecast(stdout);

    expect(status).toBe(0);
    expect(schemaErrors('forecast', stdout)).toEqual([]);
    expect(forecast.fixed.map((row) => row.vulnerability)).toEqual(['CVE-2023-20569', 'CVE-2023-4911']);
    expect(forecast.remaining.map((row) => row.vulnerability)).toEqual(['CVE-2023-5678']);
    expect([forecast.introduced, forecast.undetermined]).toEqual([[], []]);
  });

  it('says which vulnerabilities of a patched node wait for a reboot only', () => {
    const { stdout } = nodeward(['forecast', at('not-rebooted.raw'), at('not-rebooted.raw'), '--db', at('advisories')]);

    expect(stdout).toContain('Fixed: 1 vulnerability\n');
    expect(stdout).toContain('1 vulnerability of today needs only a reboot');
  });

  it('does not call fixed what the other side could not tell', () => {
    disk('no-packages.raw', jammy, []);
    const { status, stdout, stderr } = nodeward(['forecast', at('old.raw'), at('no-packages.raw'), '--db', at('advisories'), '--format', 'json']);

    expect(status).toBe(3);
    expect(stderr).toContain('assessed:');
    expect(stdout === '' || parseForecast(stdout).fixed.length === 0).toBe(true);
  });

  describe('exit status', () => {
    it.each([
      ['0 below the floor', ['--fail-on', 'critical'], 0],
      ['1 at the floor', ['--fail-on', 'high'], 1],
      ['1 above the floor', ['--fail-on', 'low'], 1],
    ] as const)('%s', (_, words, expected) => {
      expect(assess(at('old.raw'), ...words).status).toBe(expected);
    });

    it('3 goes before 1, and 4 before 3', () => {
      expect(assess(at('old.raw'), at('two-kernels.raw'), '--fail-on', 'low').status).toBe(3);
      expect(assess(at('old.raw'), at('two-kernels.raw'), at('focal.raw'), '--fail-on', 'low').status).toBe(4);
    });

    it.each([
      ['an option that does not exist', ['assess', 'x', '--nope'], /unknown option '--nope'/],
      ['a command that does not exist', ['asses'], /unknown command 'asses'/],
      ['no path', ['assess'], /missing required argument/],
      ['a severity that does not exist', ['assess', 'x', '--fail-on', 'huge'], /huge/],
      ['a file that does not exist', ['assess', '/nonexistent.raw'], /cannot open \/nonexistent\.raw: ENOENT/],
      ['a folder', ['assess', '/'], /\/ is not a file/],
      ['a feed that does not exist', ['db', 'build', '/nonexistent.zip', '-o', join(tmpdir(), 'nodeward-never')], /\/nonexistent\.zip/],
      ['an advisory database that would be a file', ['db', 'build', nodewardCommand, '-o', nodewardCommand], /cannot write to the folder .*nodeward\.js: EEXIST$/m],
      ['a data folder that is a file', ['connections', '--data-dir', nodewardCommand], /ENOTDIR/],
      ['a data folder to connect through that is a file', ['connect', 'images', tmpdir(), '--data-dir', nodewardCommand], /ENOTDIR/],
      ['a database to move to that is none', ['database', 'move', '--to', 'nodeward'], /no address of a PostgreSQL database/],
      ['db without a command', ['db'], /command is missing; see nodeward db --help/],
      ['a command of db that does not exist', ['db', 'biuld'], /unknown command 'biuld' \(Did you mean build\?\); see nodeward db --help/],
      ['a command of connections that does not exist', ['connections', 'tset', 'prod'], /unknown command 'tset'; see nodeward connections --help/],
      ['help on a command that does not exist', ['help', 'asess'], /unknown command 'asess'; see nodeward --help/],
      ['an option that a command of db does not have', ['db', 'status', '--nope'], /unknown option '--nope'; see nodeward db status --help/],
      ['a port that is none', ['connect', 'kubernetes', '--port', '70000'], /'70000' is invalid.*; see nodeward connect kubernetes --help/],
    ] as const)('2 for %s, in one line', (_, words, message) => {
      const { status, stdout, stderr } = nodeward(words);

      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^nodeward: [^\n]+\n$/);
    });

    it('3 where the data folder of a database to move is a file, in one line', () => {
      const { status, stderr } = nodeward(['database', 'move', '--to', 'postgresql://127.0.0.1:9/nodeward', '--data-dir', nodewardCommand]);

      expect([status, stderr]).toEqual([3, expect.stringMatching(/^nodeward: ENOTDIR[^\n]+\n$/)]);
    });

    it('4 without advisories for the operating system, and it is no clean report', () => {
      const { status, stdout, stderr } = assess(at('focal.raw'));

      expect(status).toBe(4);
      expect(stdout).toContain('not assessed: the advisory database has no rows for this operating system');
      expect(stdout).not.toContain('0 vulnerabilities');
      expect(stderr).toMatch(/^nodeward: .*focal\.raw: not assessed/);
    });

    it('4 without an advisory database', () => {
      const { status, stdout, stderr } = nodeward(['assess', at('old.raw')]);

      expect(status).toBe(4);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^nodeward: [^\n]+\n$/);
      expect(nodeward(['db', 'status']).status).toBe(4);
    });

    it('4 with a damaged one', () => {
      mkdirSync(at('damaged'));
      for (const file of execFileSync('ls', [at('advisories')], { encoding: 'utf8' }).trim().split('\n')) {
        const bytes = readFileSync(join(at('advisories'), file));
        if (file.endsWith('.sqlite')) bytes.set([(bytes[5000] ?? 0) ^ 1], 5000);
        writeFileSync(join(at('damaged'), file), bytes);
      }

      const { status, stdout } = nodeward(['assess', at('old.raw'), '--db', at('damaged')]);

      expect([status, stdout]).toEqual([4, '']);
      expect(nodeward(['db', 'status', '--db', at('damaged')]).status).toBe(4);
    });

    it('4 where a damaged one would be built on, and it stays as it is', () => {
      mkdirSync(at('cut'));
      writeFileSync(join(at('cut'), 'current.json'), '{');
      writeFileSync(at('kev.json'), '{}');

      for (const words of [['build', at('feed.json'), '-o', at('cut')], ['update', 'kev', '--mirror', folder, '--db', at('cut')]]) {
        const { status, stderr } = nodeward(['db', ...words]);

        expect([words[0], status, stderr]).toEqual([words[0], 4, `nodeward: ${at('cut')}: the manifest of the advisory database is damaged (no JSON object)\n`]);
      }
      expect(readFileSync(join(at('cut'), 'current.json'), 'utf8')).toBe('{');
    });

    it.each([
      ['an unknown file', (path: string) => writeFileSync(path, 'this is not a disk\n'.repeat(100_000))],
      ['an empty file', (path: string) => writeFileSync(path, '')],
      ['a disk of zeros', (path: string) => truncate(path, '', 8 << 20)],
      ['a truncated image', (path: string) => truncate(path, at('old.raw'), 6 << 20)],
    ] as const)('3 for %s: one line on standard error, never a clean report', (name, make) => {
      const path = at(`${name.replaceAll(' ', '-')}.raw`);
      make(path);

      const { status, stdout, stderr } = assess(path, '--format', 'json');
      const [assessment] = parseAssessments(stdout);

      expect(status).toBe(3);
      expect(schemaErrors('assess', stdout)).toEqual([]);
      expect(assessment?.complete).toBe(false);
      expect(stderr.split('\n').filter((line) => line.startsWith('nodeward: '))).toHaveLength(1);
      expect(assess(path).stdout).not.toMatch(/^\s*Result\s+\d+ vulnerabilit/m);
    });
  });

  it.skipIf(!existsSync('/usr/sbin/cryptsetup') && !existsSync('/sbin/cryptsetup'))('says that an encrypted disk is encrypted', () => {
    truncate(at('luks.raw'), '', 32 << 20);
    execFileSync('cryptsetup', ['luksFormat', '--batch-mode', '--type', 'luks2', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', at('luks.raw'), '-'], {
      input: 'passphrase',
      env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
    });
    const { status, stderr } = assess(at('luks.raw'));

    expect(status).toBe(3);
    expect(stderr).toMatch(/^nodeward: .*luks\.raw: not assessed: .*encrypted inside the guest/);
  });

  it('ends with 130, no stack and no half-built feed when it is interrupted', async () => {
    mkdirSync(at('interrupted'));
    const child = spawn(process.execPath, [nodewardCommand, 'db', 'build', at('many.json'), '-o', at('interrupted')], { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'exit');
    for await (const { filename } of watch(at('interrupted'))) if (filename?.startsWith('.building') === true) break;
    child.kill('SIGINT');
    await ended;

    expect([child.exitCode, child.stderr.read()]).toEqual([130, null]);
    expect(readdirSync(at('interrupted'))).toEqual([]);
  });

  it('keeps its exit status when nobody reads to the end', () => {
    const script = `"${process.execPath}" "${nodewardCommand}" assess "${at('old.raw')}" --all --db "${at('advisories')}" --fail-on low | true; echo "\${PIPESTATUS[0]}"`;

    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).toBe('1\n');
  });

  const host = hostNode();
  if (host === undefined) noteSkipped('the command on the Node of the host', 'the host has no other Node');

  it.skipIf(host === undefined)('runs on the pinned Node whatever Node the host has, and passes status and output on', () => {
    const words = ['assess', at('old.raw'), '--db', at('advisories'), '--fail-on', 'high', '--format', 'json'];
    const [onHost, onPinned] = [nodeward(words, { node: host?.path ?? '' }), nodeward(words)];

    expect(onHost).toEqual(onPinned);
    expect(onHost.status).toBe(1);
  });

  it.skipIf(host === undefined)('passes a signal on to it', async () => {
    mkdirSync(at('signalled'));
    const child = spawn(host?.path ?? '', [nodewardCommand, 'db', 'build', at('many.json'), '-o', at('signalled')], { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'exit');
    for await (const { filename } of watch(at('signalled'))) if (filename?.startsWith('.building') === true) break;
    child.kill('SIGINT');
    await ended;

    expect([child.exitCode, child.stderr.read()]).toEqual([130, null]);
  });

  it('colours only where it is wanted', () => {
    const colored = nodeward(['assess', at('old.raw'), '--db', at('advisories')], { environment: { FORCE_COLOR: '1' } }).stdout;
    const plain = nodeward(['assess', at('old.raw'), '--db', at('advisories')], { environment: { FORCE_COLOR: '1', NO_COLOR: '1' } }).stdout;

    expect(colored).toContain('\u001b[31mhigh\u001b[39m');
    expect(plain).not.toContain('\u001b');
  });
});

function entry(name: string, version: string, source: string): StatusEntry {
  return { name, version, architecture: 'amd64', source };
}

/** A record in the shape of Canonical's OSV export; the facts are public, the words are ours. */
function advisory(cve: string, severity: string, source: string, fixed: string | undefined): object {
  return {
    schema_version: '1.7.0',
    id: `UBUNTU-${cve}`,
    details: `A flaw in ${source}.`,
    upstream: [cve],
    published: '2023-10-01T00:00:00Z',
    modified: '2024-02-01T00:00:00Z',
    severity: [{ type: 'Ubuntu', score: severity }],
    affected: [
      {
        package: { ecosystem: 'Ubuntu:22.04:LTS', name: source, purl: `pkg:deb/ubuntu/${source}@0?arch=source&distro=jammy` },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])] }],
      },
    ],
  };
}

function truncate(path: string, from: string, size: number): void {
  if (from === '') writeFileSync(path, '');
  else copyFileSync(from, path);
  truncateSync(path, size);
}

function schemaErrors(name: 'assess' | 'forecast', output: string): readonly unknown[] {
  const schema: unknown = JSON.parse(readFileSync(join(repository, `docs/schemas/${name}.schema.json`), 'utf8'));
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  if (typeof schema !== 'object' || schema === null) throw new Error('the schema is no object');
  const validate = ajv.compile(schema);
  return validate(JSON.parse(output)) ? [] : (validate.errors ?? ['invalid']);
}
