import type { Advisory } from '../model/advisory.ts';

/** One record of a feed: parsed, or refused with the reason that the builder counts and shows. An `index` speaks of the feed itself. */
export type ParsedRecord =
  | { readonly kind: 'advisory'; readonly advisory: Advisory }
  | { readonly kind: 'index'; readonly date?: string }
  | { readonly kind: 'refused'; readonly id: string; readonly reason: RefusalReason; readonly detail: string };

/**
 * `unknown-operator` speaks of a format that has moved on: the builder refuses the whole feed then,
 * since nobody knows what else is being misread. The others spoil one record.
 */
export const refusalReasons = ['unknown-operator', 'not-an-object', 'field-missing', 'field-malformed', 'bounds-out-of-order', 'bound-unsupported', 'no-bounds'] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/**
 * How one published format becomes advisories. Pure: bytes are read and fetched elsewhere. A record is
 * parsed JSON, or what the reader of a document (`oval/document.ts`) makes of one of its parts.
 */
export interface FeedFormat {
  readonly id: string;
  /** True where this record, the first one of a feed, is of this format. */
  recognises(record: unknown): boolean;
  parse(record: unknown): ParsedRecord;
  /** Families of ecosystems (`Ubuntu`) whose advisories are understood, each with its licence (SPDX). */
  readonly families: ReadonlyMap<string, string>;
  /** Name of a feed of these ecosystems, sorted, where one feed does not hold the whole family; undefined: its families in lower case. */
  readonly feedName?: (ecosystems: readonly string[]) => string;
}
