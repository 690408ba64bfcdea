import type { RangeRow } from '../model/advisory-lookup.ts';
import type { MatchReason, MatchRule, MatchState } from '../model/match.ts';
import type { VersionScheme } from '../version/scheme.ts';

/** What one range says of one installed version; undefined where it is not affected. */
export interface Verdict {
  readonly state: MatchState;
  readonly rule: MatchRule;
  readonly reason?: MatchReason;
}

export type NotAffected = 'before-introduced' | 'fixed' | 'after-last-affected';

/** Compares against ranges; a bound is parsed once, however many inventories meet it. */
export class RangeChecker<Parsed> {
  readonly #scheme: VersionScheme<Parsed>;
  readonly #bounds = new WeakMap<RangeRow, Bounds<Parsed> | 'unparsable'>();

  constructor(scheme: VersionScheme<Parsed>) {
    this.#scheme = scheme;
  }

  parse(version: string): Parsed | undefined {
    return this.#scheme.parse(version);
  }

  compare(a: Parsed, b: Parsed): number {
    return this.#scheme.compare(a, b);
  }

  /** `installed` is undefined where it could not be parsed: then nothing is known, not "not affected". */
  check(installed: Parsed | undefined, range: RangeRow): Verdict | undefined {
    if (installed === undefined) return notComparable('installed-version-unparsable');
    const bounds = this.#boundsOf(range);
    if (bounds === 'unparsable') return notComparable('advisory-version-unparsable');
    const { introduced, above, fixed, lastAffected } = bounds;
    if (introduced !== undefined && this.#scheme.compare(installed, introduced) < 0) return undefined;
    if (above !== undefined && this.#scheme.compare(installed, above) <= 0) return undefined;
    if (fixed !== undefined) {
      return this.#scheme.compare(installed, fixed) < 0 ? { state: 'affected-fix-available', rule: 'source-older-than-fixed' } : undefined;
    }
    if (lastAffected === undefined) return { state: 'affected-no-fix', rule: 'source-in-range-without-fix' };
    return this.#scheme.compare(installed, lastAffected) <= 0 ? { state: 'affected-no-fix', rule: 'source-up-to-last-affected' } : undefined;
  }

  /** Why `check` found a version unaffected. */
  whyNot(installed: Parsed | undefined, range: RangeRow): NotAffected {
    const bounds = this.#boundsOf(range);
    if (installed === undefined || bounds === 'unparsable') throw new TypeError('only a version that was compared is unaffected');
    const { introduced, above, fixed } = bounds;
    if (introduced !== undefined && this.#scheme.compare(installed, introduced) < 0) return 'before-introduced';
    if (above !== undefined && this.#scheme.compare(installed, above) <= 0) return 'before-introduced';
    return fixed === undefined ? 'after-last-affected' : 'fixed';
  }

  #boundsOf(range: RangeRow): Bounds<Parsed> | 'unparsable' {
    let bounds = this.#bounds.get(range);
    if (bounds === undefined) {
      bounds = this.#parseBounds(range);
      this.#bounds.set(range, bounds);
    }
    return bounds;
  }

  #parseBounds({ introduced, above, fixed, lastAffected }: RangeRow): Bounds<Parsed> | 'unparsable' {
    const parsed: { -readonly [K in keyof Bounds<Parsed>]: Bounds<Parsed>[K] } = {};
    for (const [name, text] of [['introduced', introduced], ['above', above], ['fixed', fixed], ['lastAffected', lastAffected]] as const) {
      if (text === undefined) continue;
      const version = this.#scheme.parse(text);
      if (version === undefined) return 'unparsable';
      parsed[name] = version;
    }
    return parsed;
  }
}

interface Bounds<Parsed> {
  readonly introduced?: Parsed;
  readonly above?: Parsed;
  readonly fixed?: Parsed;
  readonly lastAffected?: Parsed;
}

function notComparable(reason: MatchReason): Verdict {
  return { state: 'undetermined', rule: 'version-not-comparable', reason };
}
