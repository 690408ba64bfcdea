import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { MatchRow } from './nodeward-process.ts';

const line = z.object({
  family: z.string(),
  version: z.string(),
  relation: z.string(),
  cves: z.number(),
  fixable: z.array(z.tuple([z.string(), z.string()])),
});

export interface ParityImage {
  readonly version: string;
  readonly manifestPath: string;
  /** Vulnerabilities, not pairs. */
  readonly cves: number;
  /** "CVE source", sorted. */
  readonly fixable: readonly string[];
}

/** The Ubuntu 22.04 images whose set is known exactly, in the order of their release. */
export function parityImages(data: string): readonly ParityImage[] {
  return readFileSync(join(data, 'parity/fixable.jsonl'), 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => line.parse(JSON.parse(text)))
    .filter(({ relation }) => relation === 'equal')
    .map(({ family, version, cves, fixable }) => ({
      version,
      manifestPath: join(data, 'node-images', family, `${version}.txt`),
      cves,
      fixable: fixable.map(([cve, source]) => `${cve} ${source}`).toSorted(),
    }));
}

/** The same notation for what came out of an assessment: rows of packages with a fix, on the kernel that runs. */
export function fixablePairs(rows: readonly MatchRow[]): readonly string[] {
  const open = rows.filter(({ state, kernel, component }) => component === null && state === 'affected-fix-available' && (kernel === null || kernel === 'running'));
  return open.map(({ vulnerability, sourcePackage }) => `${vulnerability} ${sourcePackage}`).toSorted();
}

/** Sources of one kernel line are one family. */
export function familyOf(source: string): string {
  return /^linux-azure(-|$)/.test(source) ? 'linux-azure' : source;
}
