/** What is known of a vulnerability's use by attackers, whatever the package. Missing is not "no". */
export interface Threat {
  /** In CISA's catalogue of known exploited vulnerabilities; undefined where the database carries no such feed. */
  readonly exploited: boolean | undefined;
  /** Day on which it was added to the catalogue, `2023-11-21`. */
  readonly exploitedSince?: string;
  readonly ransomware?: boolean;
  /** FIRST's EPSS: probability of exploitation within 30 days, 0 to 1; undefined where no feed gives one. */
  readonly epss: number | undefined;
  readonly epssPercentile?: number;
  /** Day of the scores. */
  readonly epssDate?: string;
}
