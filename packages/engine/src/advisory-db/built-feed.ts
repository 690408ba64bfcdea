import type { RefusalReason } from '../advisory/feed.ts';
import type { FeedKind } from './schema.ts';

export interface RefusedRecord {
  readonly name: string;
  readonly reason: RefusalReason | 'not-json' | 'duplicate-id' | 'ecosystem-unknown';
  readonly detail: string;
}

/** What a feed turned out to hold. */
export interface FeedSummary {
  readonly feed: string;
  readonly records: number;
  readonly rows: number;
  readonly newest: string;
  readonly ecosystems: readonly string[];
  readonly families: readonly string[];
  readonly licence: string;
  /** Of the model that computed scores, where there is one. */
  readonly model?: string;
  readonly refusedCount: number;
  /** The first few. */
  readonly refused: readonly RefusedRecord[];
}

/** A feed as it became a file. */
export interface BuiltFeed extends FeedSummary {
  readonly kind: FeedKind;
  readonly sha256: string;
  readonly bytes: number;
  readonly sourceSha256: string;
}

const refusedShown = 10;

/** Counts what is refused, and keeps the first few to show. */
export class Refusals {
  readonly #first: RefusedRecord[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get first(): readonly RefusedRecord[] {
    return this.#first;
  }

  add(refused: RefusedRecord): void {
    this.#count += 1;
    if (this.#first.length < refusedShown) this.#first.push(refused);
  }
}
