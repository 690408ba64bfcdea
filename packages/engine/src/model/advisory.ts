/** One version range of one package, as the publisher gives it; versions stay text until compared. */
export interface AffectedRange {
  readonly ecosystem: string;
  readonly package: string;
  /** Inclusive; undefined = from the beginning. */
  readonly introduced?: string;
  /** Exclusive lower bound ("greater than"). */
  readonly above?: string;
  /** Exclusive upper bound: the first fixed version. */
  readonly fixed?: string;
  /** Inclusive upper bound without a fix. */
  readonly lastAffected?: string;
  /** When given, only these binary packages are affected (design.md §6). */
  readonly binaries?: readonly string[];
  /** When given, it holds on nodes of these systems only. */
  readonly operatingSystems?: readonly ('linux' | 'windows')[];
}

/** A publisher's statement about packages and version ranges, parsed and checked. */
export interface Advisory {
  readonly id: string;
  /** CVE ids that people talk about; the advisory's own id where there is none. */
  readonly vulnerabilities: readonly string[];
  readonly related: readonly string[];
  readonly summary?: string;
  readonly details: string;
  /** RFC 3339. */
  readonly published?: string;
  readonly modified?: string;
  readonly withdrawn?: string;
  /** The vendor's own word, lower case, where it gives one. */
  readonly vendorSeverity?: string;
  /** CVSS vector strings, best version first. */
  readonly cvss: readonly string[];
  readonly references: readonly string[];
  readonly affected: readonly AffectedRange[];
}
