import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { severityOf } from './severity-of.ts';

const critical31 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const low30 = 'CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:L';
const critical40 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
const none31 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N';

describe('the severity of an advisory', () => {
  it.each([
    ['is the vendor\'s word, whatever the score', 'low', [critical31], 'low', 'vendor'],
    ['is the band of CVSS v3.1 without a vendor\'s word', undefined, [critical31], 'critical', 'cvss-v3'],
    ['is the band of CVSS v3.0', undefined, [low30], 'low', 'cvss-v3'],
    ['is the band of the first vector', undefined, [critical40, low30], 'critical', 'cvss-v4'],
    ['is negligible where the score is zero', undefined, [none31], 'negligible', 'cvss-v3'],
    ['passes over a vendor\'s word that nobody knows', 'untriaged', [low30], 'low', 'cvss-v3'],
    ['is unknown with nothing to go by', undefined, [], 'unknown', 'none'],
    ['is unknown where the vendor says so', 'unknown', [], 'unknown', 'none'],
    ['passes over a vector that cannot be read', undefined, ['CVSS:3.1/AV:N/XX:L', low30], 'low', 'cvss-v3'],
    ['takes no score from a vector without a base', undefined, ['CVSS:3.1/AV:N/AC:L'], 'unknown', 'none'],
    ['takes no score from CVSS v2', undefined, ['AV:N/AC:L/Au:N/C:C/I:C/A:C'], 'unknown', 'none'],
    ['takes no score from an endless vector', undefined, [`CVSS:3.1/${'AV:N/'.repeat(1000)}`], 'unknown', 'none'],
  ] as const)('%s', (_what, word, vectors, severity, source) => {
    expect(severityOf(word, vectors)).toEqual({ severity, source });
  });

  it('agrees with the public tables of scores', (context) => {
    const folder = `${process.env.NODEWARD_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url))}/data/cvss`;
    if (!existsSync(folder)) {
      console.log('SKIPPED (no data): CVSS tables');
      context.skip();
    }
    const rows = ['vectors_simple3', 'vectors_simple31', 'vectors_simple4'].flatMap((name) => readFileSync(`${folder}/${name}`, 'utf8').trim().split('\n'));
    const wrong = rows.flatMap((row) => {
      const [vector = '', rest = ''] = row.split(' - ');
      const score = Number(/[\d.]+/.exec(rest)?.[0]);
      const band = score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'negligible';
      const ours = severityOf(undefined, [vector]).severity;
      return ours === band ? [] : [{ row, ours }];
    });

    expect(rows.length).toBeGreaterThan(6000);
    expect(wrong).toEqual([]);
  });
});
