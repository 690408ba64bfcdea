import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { debScheme } from './deb/scheme.ts';
import { versionSchemeOf, versionSchemes } from './registry.ts';

interface Row {
  readonly a: string;
  readonly relation: string;
  readonly b: string;
}

/** `a < b`, `a = b` or `a > b`; some lines chain: `a < b < c`. */
function readRows(file: string | URL): Row[] {
  return readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#')).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    return words.flatMap((relation, index) =>
      index % 2 === 1 ? [{ a: words[index - 1] ?? '', relation, b: words[index + 1] ?? '' }] : []);
  });
}

function relationOf(a: string, b: string): string {
  const [left, right] = [debScheme.parse(a), debScheme.parse(b)];
  if (left === undefined || right === undefined) return 'unparsable';
  const order = debScheme.compare(left, right);
  return order < 0 ? '<' : order > 0 ? '>' : '=';
}

const mirrored: Record<string, string> = { '<': '>', '>': '<', '=': '=' };

function disagreements(rows: readonly Row[]): Row[] {
  return rows.filter(({ a, relation, b }) => relationOf(a, b) !== relation || relationOf(b, a) !== mirrored[relation]);
}

const here = new URL('.', import.meta.url);
const shared = process.env.NODEWARD_SHARED ?? fileURLToPath(new URL('../../../../../shared', here));

describe('the registry', () => {
  it('has one line per folder, and every folder its table', () => {
    const folders = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);

    expect(versionSchemes.map((scheme) => scheme.id)).toEqual(folders.toSorted());
    for (const folder of folders) expect(readRows(new URL(`${folder}/order.txt`, here)).length).toBeGreaterThan(10);
  });

  it.each([['Ubuntu:22.04:LTS', debScheme], ['Ubuntu:Pro:FIPS:20.04:LTS', debScheme], ['Go', undefined], ['', undefined]])(
    'gives %s its scheme', (ecosystem, scheme) => {
      expect(versionSchemeOf(ecosystem)).toBe(scheme);
    });
});

describe('the order of Debian versions', () => {
  it.each(readRows(new URL('deb/order.txt', here)))('has $a $relation $b', ({ a, relation, b }) => {
    expect(relationOf(a, b)).toBe(relation);
    expect(relationOf(b, a)).toBe(mirrored[relation]);
  });

  it('agrees with the public tables', (context) => {
    const files = ['debian-versions.txt', 'debian-versions-generated.txt'].map((name) => `${shared}/data/versions/${name}`);
    if (!files.every((file) => existsSync(file))) {
      console.log('SKIPPED (no data): Debian version tables');
      context.skip();
    }
    const rows = files.flatMap((file) => readRows(file));

    expect(rows.length).toBeGreaterThanOrEqual(14_472);
    expect(disagreements(rows)).toEqual([]);
  });

  it('agrees with dpkg on random pairs', (context) => {
    const pairs = randomPairs(2000);
    const answers = askDpkg(pairs);
    if (answers === undefined) {
      console.log('SKIPPED (no dpkg): random pairs against dpkg --compare-versions');
      context.skip();
    }

    expect(answers).toHaveLength(pairs.length);
    expect(pairs.flatMap(([a, b], index) => {
      const ours = relationOf(a, b);
      return ours === answers?.[index] ? [] : [{ a, b, ours, dpkg: answers?.[index] }];
    })).toEqual([]);
  }, 60_000);
});

describe('hostile versions', () => {
  it.each([
    ['nothing', ''], ['blanks only', ' \t'], ['a blank inside', '1 0'], ['no epoch before the colon', ':1.0'], ['a word as epoch', 'a:1'],
    ['a negative epoch', '-1:1'], ['an epoch beyond 2^31', '2147483648:1'], ['an epoch without end', `${'9'.repeat(4000)}:1`],
    ['nothing after the colon', '1:'], ['only a revision', '-1'], ['only an epoch and a revision', '1:-1'], ['an empty revision', '1.0-'],
    ['a letter that is not ASCII', '1é'], ['a digit that is not ASCII', '１'], ['a NUL', '1\u0000'], ['a lone surrogate', '1\ud800'],
    ['a megabyte of digits', '1'.repeat(1 << 20)],
  ])('refuses %s', (_what, text) => {
    expect(debScheme.parse(text)).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', '~', '~~~~', '0', '+', '....', '1.0-_', '2147483647:1'])('orders %s against itself as equal', (text) => {
    expect(relationOf(text, text)).toBe('=');
  });
});

/** A small fixed generator, so that a failure can be repeated. */
function randomPairs(count: number): (readonly [string, string])[] {
  let state = 20261124;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pieces = ['0', '1', '9', '10', '00', 'a', 'Z', 'rc', '.', '+', '~', '~~', '-', 'ubuntu', 'esm', '_'];
  const version = (): string => {
    const epoch = next(6) === 0 ? `${next(3)}:` : '';
    const body = Array.from({ length: 1 + next(7) }, () => pieces[next(pieces.length)]).join('');
    return `${epoch}${next(10)}${body}`;
  };
  return Array.from({ length: count }, () => {
    const a = version();
    const end = next(a.length + 1);
    return [a, next(2) === 0 ? version() : `${a.slice(0, end)}${pieces[next(pieces.length)]}${a.slice(end)}`] as const;
  });
}

/** One shell for all pairs. Status 2 of dpkg is a version that it refuses. */
function askDpkg(pairs: readonly (readonly [string, string])[]): string[] | undefined {
  if (spawnSync('dpkg', ['--version']).status !== 0) return undefined;
  const script = `while read -r a b; do
    dpkg --compare-versions "$a" lt "$b" 2>/dev/null; s=$?
    if [ $s = 0 ]; then echo '<'; elif [ $s = 2 ]; then echo unparsable
    elif dpkg --compare-versions "$a" eq "$b" 2>/dev/null; then echo '='; else echo '>'; fi; done`;
  const result = spawnSync('sh', ['-c', script], { input: `${pairs.map((pair) => pair.join(' ')).join('\n')}\n`, encoding: 'utf8' });
  return result.stdout.trim().split('\n');
}
