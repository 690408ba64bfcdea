import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAdvisoryDatabase } from '@nodeward/engine';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Invocation } from '../invocation.ts';
import { runDatabaseStatus } from './db-status.ts';

const feeds = [
  [{ id: 'CVE-2023-2431', modified: '2023-06-15T14:42:32Z', affected: [{ package: { ecosystem: 'kubernetes', name: 'k8s.io/kubelet' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }] }] }],
  { catalogVersion: '1', dateReleased: '2025-08-25T17:04:19.9796Z', vulnerabilities: [{ cveID: 'CVE-2023-4911', dateAdded: '2023-11-21' }] },
  '#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\nCVE-2023-4911,0.8,0.9\nrubbish\n',
];

describe('db status', () => {
  let folder = '';
  let printed = '';
  const notes: string[] = [];
  const invocation: Invocation = {
    environment: {},
    now: () => new Date('2026-08-17T12:00:00Z'),
    color: false,
    print: (text) => (printed += text),
    note: (line) => notes.push(line),
    say: () => undefined,
    progress: { show: () => undefined, clear: () => undefined },
    exitOnInterrupt: () => undefined,
    abortOnInterrupt: () => new AbortController().signal,
  };
  beforeEach(async () => {
    printed = '';
    notes.length = 0;
    folder = mkdtempSync(join(tmpdir(), 'nodeward-status-'));
    const paths = feeds.map((content, index) => {
      const path = join(folder, `feed-${index}`);
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      return { path };
    });
    await buildAdvisoryDatabase({ feeds: paths, folder: join(folder, 'db'), purpose: 'production' });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function status(format: 'table' | 'json'): Promise<number> {
    return runDatabaseStatus({ db: join(folder, 'db'), format }, invocation);
  }

  it('shows each feed with records, newest date, age and licence', async () => {
    expect(await status('table')).toBe(0);
    const rows = printed.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows).toContainEqual(['FEED', 'RECORDS', 'ROWS', 'REFUSED', 'SIZE', 'NEWEST', 'AGE', 'LICENCE', 'STATE']);
    expect(rows).toContainEqual(['epss v2025.03.14', '1', '1', '1', expect.stringMatching(/kB$/), '2026-08-16', '1 day', 'LicenseRef-FIRST-EPSS', 'good']);
    expect(rows).toContainEqual(['kev', '1', '1', '0', expect.stringMatching(/kB$/), '2025-08-25', '356 days', 'CC0-1.0', 'good']);
    expect(rows).toContainEqual(['kubernetes', '1', '1', '0', expect.stringMatching(/kB$/), '2023-06-15', '1158 days', 'Apache-2.0', 'good']);
    expect(printed).toContain('\nkubernetes: kubernetes\n');
    expect(notes).toEqual([]);
  });

  it.each(['sound', 'damaged'])('gives JSON as the schema describes it when a file is %s', async (state) => {
    const file = join(folder, 'db', readdirSync(join(folder, 'db')).find((name) => name.startsWith('kev-')) ?? '');
    if (state === 'damaged') {
      chmodSync(file, 0o644);
      truncateSync(file, 100);
    }
    const code = await status('json');
    const schema: unknown = JSON.parse(readFileSync(new URL('../../../../docs/schemas/db-status.schema.json', import.meta.url), 'utf8'));
    if (typeof schema !== 'object' || schema === null) throw new Error('the schema is no object');
    const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);
    const document: unknown = JSON.parse(printed);

    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(code).toBe(state === 'sound' ? 0 : 4);
    expect(document).toMatchObject({
      purpose: 'production',
      feeds: [
        { name: 'epss', kind: 'epss', model: 'v2025.03.14', ageDays: 1, refused: 1 },
        state === 'sound' ? { name: 'kev', state: 'good', rows: 1 } : { name: 'kev', state: 'damaged', rows: null, licence: null },
        { name: 'kubernetes', ecosystems: ['kubernetes'], newest: '2023-06-15T14:42:32Z' },
      ],
    });
  });

  it('ends with 4, and says so, where there is no database', async () => {
    rmSync(join(folder, 'db'), { recursive: true });

    expect(await status('json')).toBe(4);
    expect(printed).toBe('');
    expect(notes).toHaveLength(1);
  });
});
