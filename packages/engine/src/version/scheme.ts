/**
 * How one ecosystem reads and orders its version strings.
 *
 * `parse` is the only place a version can be refused. `compare` is total: two parsed versions
 * always have an order, so the matcher never guesses.
 */
export interface VersionScheme<Parsed> {
  readonly id: string;
  /** Undefined when the text is not a version of this scheme. */
  parse(text: string): Parsed | undefined;
  /** Negative when `a` is older, zero when equivalent, positive when newer. */
  compare(a: Parsed, b: Parsed): number;
}
