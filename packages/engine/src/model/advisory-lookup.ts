import type { Advisory, AffectedRange } from './advisory.ts';
import type { Severity, SeveritySource } from './severity.ts';
import type { Threat } from './threat.ts';

export type AdvisoryDatabasePurpose = 'production' | 'sample';

/** A range with the handle by which its advisories are fetched once it has hit. */
export interface RangeRow extends Omit<AffectedRange, 'ecosystem'> {
  readonly packageId: number;
  readonly sequence: number;
}

/** What a match needs of an advisory, without its prose. */
export interface AdvisoryHead {
  readonly id: string;
  readonly vulnerabilities: readonly string[];
  readonly severity: Severity;
  readonly severitySource: SeveritySource;
  readonly cvss: readonly string[];
}

/**
 * The port that `advisory-db` implements and `matcher` uses: ranges first, advisories only for
 * ranges that hit.
 */
export interface AdvisoryLookup {
  /** SHA-256 of the manifest, hexadecimal. */
  readonly revision: string;
  readonly purpose: AdvisoryDatabasePurpose;
  hasEcosystem(ecosystem: string): boolean;
  /** True where the feed of this ecosystem lists binaries at all (design.md §5, unknown sources). */
  listsBinaries(ecosystem: string): boolean;
  /** The source package whose advisories list this binary, where the feed says so unambiguously. */
  sourceOfBinary(ecosystem: string, binary: string): string | undefined;
  ranges(ecosystem: string, source: string): readonly RangeRow[];
  advisories(range: RangeRow): readonly AdvisoryHead[];
  /** By vulnerability (CVE). */
  threat(vulnerability: string): Threat;
  /** Every advisory that has this id or speaks of this vulnerability, prose and withdrawn ones included. */
  about(name: string): readonly Advisory[];
  /** The whole advisory, prose included; undefined where the id is not known. */
  advisory(id: string): Advisory | undefined;
}
