import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Invocation } from '../invocation.ts';
import { runDatabaseStatus } from './db-status.ts';
import { type DatabaseUpdateOptions, runDatabaseUpdate } from './db-update.ts';

const kev = (date: string): string => JSON.stringify({ catalogVersion: '1', dateReleased: `${date}T17:04:19.9796Z`, vulnerabilities: [{ cveID: 'CVE-2023-4911', dateAdded: '2023-11-21' }] });
const epss = '#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\nCVE-2023-4911,0.8,0.9\n';

describe('db update', () => {
  let root = '';
  let mirror = '';
  let printed = '';
  let today = '2026-11-24';
  const notes: string[] = [];
  const environment: Record<string, string> = {};
  const invocation: Invocation = {
    environment,
    now: () => new Date(`${today}T12:00:00Z`),
    color: false,
    print: (text) => (printed += text),
    note: (line) => notes.push(line),
    say: () => undefined,
    progress: { show: () => undefined, clear: () => undefined },
    exitOnInterrupt: () => undefined,
    abortOnInterrupt: () => new AbortController().signal,
  };
  beforeEach(() => {
    printed = '';
    today = '2026-11-24';
    notes.length = 0;
    root = mkdtempSync(join(tmpdir(), 'nodeward-update-'));
    mirror = join(root, 'mirror');
    mkdirSync(mirror);
    writeFileSync(join(mirror, 'kev.json'), kev('2025-08-25'));
    writeFileSync(join(mirror, 'epss.csv.gz'), epss);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function update(named: readonly string[], options: DatabaseUpdateOptions = {}): Promise<number> {
    return runDatabaseUpdate(named, { db: join(root, 'db'), mirror, ...options }, invocation);
  }

  it('prints one line per source, and ends with 0 where all have answered', async () => {
    expect(await update(['kev', 'epss'])).toBe(0);
    expect(printed.replace(/[0-9a-f]{64}/, 'HASH').replaceAll(root, '')).toBe(
      'kev: updated, 1 record, newest 2025-08-25, from /mirror/kev.json\nepss: updated, 1 record, newest 2026-08-16, from /mirror/epss.csv.gz\nrevision HASH in /db\n',
    );
    printed = '';

    expect(await update(['kev'])).toBe(0);
    expect(printed).toMatch(/^kev: unchanged, 1 record, /);
  });

  it('ends with 3 where one has failed, and says which data stays', async () => {
    await update(['kev']);
    printed = '';
    writeFileSync(join(mirror, 'kev.json'), '<html>sign in</html>');

    expect(await update(['kev', 'go'])).toBe(3);
    expect(printed).toMatch(/^go: failed \(not-found\): .*; nothing of it is here yet$/m);
    expect(printed).toMatch(/^kev: failed \(not-usable\): .*; what came on 2026-11-24 stays in use$/m);
  });

  it('takes the mirror from the environment', async () => {
    environment.NODEWARD_ADVISORY_MIRROR = mirror;
    onTestFinished(() => {
      delete environment.NODEWARD_ADVISORY_MIRROR;
    });

    expect(await runDatabaseUpdate(['kev'], { db: join(root, 'db') }, invocation)).toBe(0);
  });

  it.each([
    ['a source that there is not', ['nonsense'], {}, /^nonsense is not a source; there are: ubuntu, /],
    ['a mirror that is none', ['kev'], { mirror: 'ftp://user:secret@mirror/' }, /^mirror: is neither an http\(s\) address nor a folder$/],
    ['a file of certificates that is not there', ['kev'], { caFile: '/absent/ca.pem' }, /^\/absent\/ca\.pem: certificates cannot be read/],
  ])('calls %s wrong use', async (_, named, options, expected) => {
    await expect(update(named, options)).rejects.toThrow(expected);
  });

  it('shows in db status when the sources were asked and what went wrong', async () => {
    await update(['kev', 'epss']);
    today = '2026-11-26';
    rmSync(join(mirror, 'epss.csv.gz'));
    await update(['kev', 'epss']);
    printed = '';

    expect(await runDatabaseStatus({ db: join(root, 'db'), format: 'table' }, invocation)).toBe(0);
    const rows = printed.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows).toContainEqual(['SOURCE', 'STATE', 'ASKED', 'CHANGED', 'FROM']);
    expect(rows).toContainEqual(['kev', 'ok', 'today', '2 days ago', join(mirror, 'kev.json')]);
    expect(rows).toContainEqual(['epss', 'failed', '2 days ago', '2 days ago', mirror]);
    expect(printed).toMatch(/^epss at 2026-11-26T12:00:00\.000Z: not-found: /m);
  });

  it('gives the same as JSON as the schema describes it', async () => {
    await update(['kev', 'go']);
    printed = '';
    await runDatabaseStatus({ db: join(root, 'db'), format: 'json' }, invocation);
    const schema: unknown = JSON.parse(readFileSync(new URL('../../../../docs/schemas/db-status.schema.json', import.meta.url), 'utf8'));
    if (typeof schema !== 'object' || schema === null) throw new Error('the schema is no object');
    const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);
    const document: unknown = JSON.parse(printed);

    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(document).toMatchObject({ sources: [{ name: 'go', state: 'failed', failure: { code: 'not-found' } }, { name: 'kev', state: 'ok', failure: null }] });
  });

  it('ends with 130 at Ctrl-C, and leaves nothing behind', async () => {
    const started = Promise.withResolvers<undefined>();
    const silent = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
      started.resolve(undefined);
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const address: AddressInfo | string | null = silent.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const folder = join(root, 'db');
    const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'db', 'update', 'kev', '--db', folder, '--mirror', `http://127.0.0.1:${address.port}`], { stdio: 'pipe', env: { PATH: process.env.PATH } });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await started.promise;
    child.kill('SIGINT');

    expect(await ended).toBe(130);
    expect(said).toBe('');
    expect(readdirSync(folder)).toEqual(['update.lock']);
  });
});
