import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { debScheme } from './deb/scheme.ts';
import { versionSchemeOf, versionSchemes } from './registry.ts';
import { rpmScheme } from './rpm/scheme.ts';
import type { VersionScheme } from './scheme.ts';
import { semverScheme } from './semver/scheme.ts';

interface Row {
  readonly a: string;
  readonly relation: string;
  readonly b: string;
}

/** `a < b`, `a = b` or `a > b`; some lines chain: `a < b < c`. */
function readRows(file: string | URL): Row[] {
  return readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() !== '' && !/^(#|\/\/)/.test(line)).flatMap((line) => {
    const words = line.trim().split(/\s+/);
    return words.flatMap((relation, index) =>
      index % 2 === 1 ? [{ a: words[index - 1] ?? '', relation, b: words[index + 1] ?? '' }] : []);
  });
}

type Relation = (a: string, b: string) => string;

function relationBy<Parsed>(scheme: VersionScheme<Parsed>): Relation {
  return (a, b) => {
    const [left, right] = [scheme.parse(a), scheme.parse(b)];
    if (left === undefined || right === undefined) return 'unparsable';
    const order = scheme.compare(left, right);
    return order < 0 ? '<' : order > 0 ? '>' : '=';
  };
}

const debRelation = relationBy(debScheme);
const rpmRelation = relationBy(rpmScheme);
const semverRelation = relationBy(semverScheme);

const mirrored: Record<string, string> = { '<': '>', '>': '<', '=': '=' };

function disagreements(rows: readonly Row[], relationOf: Relation): Row[] {
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

  it.each([['Ubuntu:22.04:LTS', debScheme], ['Ubuntu:Pro:FIPS:20.04:LTS', debScheme], ['Azure Linux:3', rpmScheme], ['Go', semverScheme], ['kubernetes', semverScheme], ['npm', undefined], ['', undefined]])(
    'gives %s its scheme', (ecosystem, scheme) => {
      expect(versionSchemeOf(ecosystem)).toBe(scheme);
    });
});

describe('the order of Debian versions', () => {
  it.each(readRows(new URL('deb/order.txt', here)))('has $a $relation $b', ({ a, relation, b }) => {
    expect(debRelation(a, b)).toBe(relation);
    expect(debRelation(b, a)).toBe(mirrored[relation]);
  });

  it('agrees with the public tables', (context) => {
    const files = ['debian-versions.txt', 'debian-versions-generated.txt'].map((name) => `${shared}/data/versions/${name}`);
    if (!files.every((file) => existsSync(file))) {
      console.log('SKIPPED (no data): Debian version tables');
      context.skip();
    }
    const rows = files.flatMap((file) => readRows(file));

    expect(rows.length).toBeGreaterThanOrEqual(14_472);
    expect(disagreements(rows, debRelation)).toEqual([]);
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
      const ours = debRelation(a, b);
      return ours === answers?.[index] ? [] : [{ a, b, ours, dpkg: answers?.[index] }];
    })).toEqual([]);
  });
});

describe('the order of rpm versions', () => {
  it.each(readRows(new URL('rpm/order.txt', here)))('has $a $relation $b', ({ a, relation, b }) => {
    expect(rpmRelation(a, b)).toBe(relation);
    expect(rpmRelation(b, a)).toBe(mirrored[relation]);
  });

  it('agrees with the public table', (context) => {
    const file = `${shared}/data/versions/redhat-versions.txt`;
    if (!existsSync(file)) {
      console.log('SKIPPED (no data): Red Hat version table');
      context.skip();
    }
    const rows = readRows(file);

    expect(rows.length).toBeGreaterThanOrEqual(165);
    expect(disagreements(rows, rpmRelation)).toEqual([]);
  });

  it('agrees with rpm on random pairs', (context) => {
    const pairs = randomRpmPairs(4000);
    const answers = askRpm(pairs);
    if (answers === undefined) {
      console.log('SKIPPED (no rpm): random pairs against rpm.vercmp');
      context.skip();
    }

    expect(answers).toHaveLength(pairs.length);
    const asked = pairs.map(([a, b], index) => ({ a, b, ours: rpmRelation(a, b), rpm: answers?.[index] }));
    const accepted = asked.filter(({ ours }) => ours !== 'unparsable');
    expect(accepted.length).toBeGreaterThan(3900);
    expect(accepted.filter(({ ours, rpm }) => ours !== rpm)).toEqual([]);
  });

  it.each([
    ['nothing', ''], ['what a program writes for no version', 'null'], ['the same with an epoch', '0:null'], ['a blank', '1.20.10 -1'], ['a blank after the epoch', '0: 1.20.10-1'],
    ['several versions', '1.17.13-2,1.18.8-2,1.21.6-1'], ['no version before the release', '-1'], ['only an epoch', '1:'], ['an epoch beyond 2^32', '4294967296:1'],
    ['an epoch without end', `${'9'.repeat(4000)}:1`], ['a NUL', '1\u0000'], ['a newline', '1\n'], ['a megabyte of digits', '1'.repeat(1 << 20)],
  ])('refuses %s', (_what, text) => {
    expect(rpmScheme.parse(text)).toBeUndefined();
  });
});

describe('the order of semantic versions', () => {
  it.each(readRows(new URL('semver/order.txt', here)))('has $a $relation $b', ({ a, relation, b }) => {
    expect(semverRelation(a, b)).toBe(relation);
    expect(semverRelation(b, a)).toBe(mirrored[relation]);
  });

  it('agrees with the public table', (context) => {
    const file = `${shared}/data/versions/semver-versions.txt`;
    if (!existsSync(file)) {
      console.log('SKIPPED (no data): semantic version table');
      context.skip();
    }
    const rows = readRows(file);

    expect(rows.length).toBeGreaterThanOrEqual(86);
    expect(disagreements(rows, semverRelation)).toEqual([]);
  });

  it('agrees with Go on random pairs', (context) => {
    const pairs = randomSemverPairs(8000);
    const answers = askGo(pairs);
    if (answers === undefined) {
      console.log('SKIPPED (no Go toolchain): random pairs against golang.org/x/mod/semver');
      context.skip();
    }

    const wrong = pairs.flatMap(([a, b], index) => {
      const [go, ours] = [answers?.[index], semverRelation(a, b)];
      return go === 'unparsable' || go === ours ? [] : [{ a, b, ours, go }];
    });
    expect(answers).toHaveLength(pairs.length);
    expect(answers?.filter((answer) => answer !== 'unparsable').length).toBeGreaterThan(2000);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['nothing', ''], ['a blank', ' '], ['a blank in front', ' 1.2.3'], ['a word', 'latest'], ['an upper-case V', 'V1.2.3'], ['two v', 'vv1.2.3'],
    ['no major number', 'v.1.2'], ['a dot at the end', '1.2.'], ['an empty pre-release', '1.2.3-'], ['an empty identifier', '1.2.3-a..b'],
    ['empty metadata', '1.2.3+'], ['two pieces of metadata', '1.2.3+a+b'], ['an underscore', '1.2.3-a_b'], ['a negative number', '-1.2.3'],
    ['a digit that is not ASCII', '１.2.3'], ['a NUL', '1.2.3\u0000'], ['a newline', '1.2.3\n'], ['a development toolchain', 'devel go1.22-0a1b2c3 Mon Jan 1'],
    ['what a linker says who knows no version', '(devel)'], ['a toolchain of letters', 'gocc1.2'], ['a prototype key', '__proto__'],
    ['a megabyte of digits', '1'.repeat(1 << 20)], ['a megabyte of hyphens', `1.2.3-${'-'.repeat(1 << 20)}`], ['a thousand dots', `1${'.1'.repeat(1000)}!`],
  ])('refuses %s', (_what, text) => {
    expect(semverScheme.parse(text)).toBeUndefined();
  });
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
    expect(debRelation(text, text)).toBe('=');
  });
});

/** A small fixed generator, so that a failure can be repeated. */
function fixedRandom(): (below: number) => number {
  let state = 20261124;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomSemverPairs(count: number): (readonly [string, string])[] {
  const next = fixedRandom();
  const pieces = ['0', '1', '9', '10', 'a', 'Z', 'rc', 'rc1', 'alpha', '-', '0-1', '20230101000000-abcdef123456'];
  const pick = (): string => pieces[next(pieces.length)] ?? '';
  const version = (): string => {
    const numbers = Array.from({ length: 1 + next(3) }, () => next(3) === 0 ? next(200) : next(3)).join('.');
    const preRelease = next(2) === 0 ? '' : `-${Array.from({ length: 1 + next(4) }, pick).join('.')}`;
    return `v${numbers}${preRelease}${next(4) === 0 ? '+incompatible' : ''}`;
  };
  return Array.from({ length: count }, () => {
    const a = version();
    return [a, next(3) > 0 ? version() : `${a.split('+', 1)[0] ?? ''}${next(2) === 0 ? '.' : '-'}${pick()}`] as const;
  });
}

function randomPairs(count: number): (readonly [string, string])[] {
  const next = fixedRandom();
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

function randomRpmPairs(count: number): (readonly [string, string])[] {
  const next = fixedRandom();
  const pieces = ['0', '1', '9', '10', '00', 'a', 'Z', 'rc', '.', '..', '+', '_', '~', '~~', '^', '^git', '-', 'azl', 'cm2'];
  const version = (): string => `${next(6) === 0 ? `${next(3)}:` : ''}${next(10)}${Array.from({ length: 1 + next(7) }, () => pieces[next(pieces.length)]).join('')}`;
  return Array.from({ length: count }, () => {
    const a = version();
    const end = 1 + next(a.length);
    return [a, next(2) === 0 ? version() : `${a.slice(0, end)}${pieces[next(pieces.length)]}${a.slice(end)}`] as const;
  });
}

/** One rpm for all pairs, whose own interpreter reads them from a file and prints one character each. */
function askRpm(pairs: readonly (readonly [string, string])[]): string[] | undefined {
  if (spawnSync('rpm', ['--version']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-rpm-'));
  try {
    const file = join(folder, 'pairs');
    writeFileSync(file, `${pairs.map((pair) => pair.join(' ')).join('\n')}\n`);
    const script = `for line in io.lines("${file}") do local at = line:find(" "); print(({"<", "=", ">"})[rpm.vercmp(line:sub(1, at - 1), line:sub(at + 1)) + 2]) end`;
    const result = spawnSync('rpm', ['--eval', `%{lua:${script}}`], { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
    return result.stdout.match(/[<=>]/g) ?? [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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

/** The toolchain carries `golang.org/x/mod/semver` for its own use; a copy outside of it is one that a program may import. */
function askGo(pairs: readonly (readonly [string, string])[]): string[] | undefined {
  const root = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8' });
  const go = root.status === 0 ? root.stdout.trim() : '/usr/local/go';
  const source = `${go}/src/cmd/vendor/golang.org/x/mod/semver/semver.go`;
  if (!existsSync(source)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-semver-'));
  try {
    mkdirSync(join(folder, 'semver'));
    copyFileSync(source, join(folder, 'semver/semver.go'));
    writeFileSync(join(folder, 'go.mod'), 'module oracle\n\ngo 1.21\n');
    writeFileSync(join(folder, 'main.go'), `package main
import ("bufio"; "fmt"; "os"; "oracle/semver"; "strings")
func main() {
  lines := bufio.NewScanner(os.Stdin)
  for lines.Scan() {
    p := strings.Fields(lines.Text())
    if !semver.IsValid(p[0]) || !semver.IsValid(p[1]) { fmt.Println("unparsable"); continue }
    fmt.Println([]string{"<", "=", ">"}[semver.Compare(p[0], p[1])+1])
  }
}
`);
    const environment = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '-mod=mod' };
    const input = `${pairs.map((pair) => pair.join(' ')).join('\n')}\n`;
    const result = spawnSync(`${go}/bin/go`, ['run', '.'], { cwd: folder, input, encoding: 'utf8', env: environment });
    if (result.status !== 0) throw new Error(result.stderr);
    return result.stdout.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
