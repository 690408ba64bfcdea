import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@nodeward/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultDataDir, readConfig, type ServeOptions } from './config.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodeward-config-'));
  await mkdir(join(folder, 'clone', 'apps', 'cli'), { recursive: true });
  await writeFile(join(folder, 'clone', 'package.json'), '{ "name": "nodeward-workspace" }');
  await writeFile(join(folder, 'clone', 'apps', 'cli', 'package.json'), '{ "name": "@nodeward/cli" }');
  await writeFile(join(folder, 'cert.pem'), '');
});

afterAll(() => rm(folder, { recursive: true }));

describe('the data directory', () => {
  it.each([
    ['of a clone, from its root', 'clone', {}, 'clone/.nodeward'],
    ['of a clone, from inside it', 'clone/apps/cli', {}, 'clone/.nodeward'],
    ['elsewhere', '.', { HOME: '/home/user' }, '/home/user/.local/state/nodeward'],
    ['elsewhere with a state folder', '.', { HOME: '/home/user', XDG_STATE_HOME: '/var/state' }, '/var/state/nodeward'],
    ['elsewhere with a relative state folder, which does not count', '.', { HOME: '/home/user', XDG_STATE_HOME: 'state' }, '/home/user/.local/state/nodeward'],
  ])('%s is where it should be', (_, cwd, environment, expected) => {
    expect(defaultDataDir(environment, join(folder, cwd))).toBe(expected.startsWith('/') ? expected : join(folder, expected));
  });
});

describe('the configuration', () => {
  const read = (options: ServeOptions, environment = {}) => readConfig(options, environment, folder);

  it('leaves the sample fleet open, on the loopback address, where nothing is said', () => {
    expect(read({})).toMatchObject({ sample: undefined, images: [], host: '127.0.0.1', port: 7700, loopback: true, tls: undefined, databaseUrl: undefined, failpoint: undefined });
  });

  it('keeps old assessments for 90 days, for as many as it is told, or for ever', () => {
    expect(read({}).assessmentHistoryDays).toBe(90);
    expect(read({}, { NODEWARD_ASSESSMENT_HISTORY_DAYS: '7' }).assessmentHistoryDays).toBe(7);
    expect(read({}, { NODEWARD_ASSESSMENT_HISTORY_DAYS: '0' }).assessmentHistoryDays).toBeNull();
    for (const wrong of ['-1', '1.5', 'x']) expect(() => read({}, { NODEWARD_ASSESSMENT_HISTORY_DAYS: wrong })).toThrow(`NODEWARD_ASSESSMENT_HISTORY_DAYS=${wrong}: a number of days, 0 for ever`);
  });

  it('leaves the sample fleet out where there are image folders, unless it is asked for', () => {
    expect(read({ images: ['disks'] })).toMatchObject({ sample: false, images: [join(folder, 'disks')] });
    expect(read({ images: ['disks'], sample: true }).sample).toBe(true);
  });

  it.each([
    ['another address without TLS', { host: '0.0.0.0' }, /--tls-cert/],
    ['half of a TLS pair', { tlsCertificate: 'cert.pem' }, /together/],
    ['a TLS file that is not there', { tlsCertificate: 'cert.pem', tlsKey: 'no.pem' }, /no\.pem: no such file/],
    ['a proxy without a name', { behindProxy: true }, /--host-name/],
    ['a port that is none', { port: 70_000 }, /--port 70000/],
    ['a log level that is none', { logLevel: 'loud' }, /loud/],
  ])('refuses %s in one line', (_, options, message) => {
    expect(() => read(options)).toThrow(InvalidInputError);
    expect(() => read(options)).toThrow(message);
  });

  it.each([
    ['loopback by another name', { host: 'localhost' }, { loopback: true }],
    ['the IPv6 loopback', { host: '::1' }, { loopback: true }],
    ['another address with TLS', { host: '10.0.0.1', tlsCertificate: 'cert.pem', tlsKey: 'cert.pem' }, { loopback: false }],
    ['another address behind a proxy', { host: '10.0.0.1', behindProxy: true, hostNames: ['nodeward.example'] }, { loopback: false, hostNames: ['nodeward.example'] }],
  ])('takes %s', (_, options, expected) => {
    expect(read(options)).toMatchObject(expected);
  });

  it('takes the database from the environment; the option wins', () => {
    const environment = { DATABASE_URL: 'postgresql://environment/db' };

    expect(read({}, environment).databaseUrl).toBe('postgresql://environment/db');
    expect(read({ databaseUrl: 'postgresql://option/db' }, environment).databaseUrl).toBe('postgresql://option/db');
    expect(read({}, { DATABASE_URL: '' }).databaseUrl).toBeUndefined();
  });

  it('takes the programs that a kubeconfig may run from options and environment, each once', () => {
    expect(read({}).allowExec).toEqual([]);
    expect(read({ allowExec: ['kubelogin'] }, { NODEWARD_ALLOW_EXEC: 'aws, kubelogin gke-gcloud-auth-plugin' }).allowExec).toEqual(['kubelogin', 'aws', 'gke-gcloud-auth-plugin']);
  });

  it.each([[{ allowExec: ['/opt/kubelogin'] }, {}], [{ allowExec: [''] }, {}], [{}, { NODEWARD_ALLOW_EXEC: 'C:\\bin\\aws.exe' }]])('refuses a program by its path: %j %j', (options, environment) => {
    expect(() => read(options, environment)).toThrow(/--allow-exec .*without its folder/);
  });

  it.each([
    ['upgrade:after-start', { name: 'upgrade:after-start', occurrence: 1 }],
    ['upgrade:before-poll:3', { name: 'upgrade:before-poll', occurrence: 3 }],
  ])('reads the failpoint %s', (text, failpoint) => {
    expect(read({}, { NODEWARD_FAILPOINT: text }).failpoint).toEqual(failpoint);
  });
});
