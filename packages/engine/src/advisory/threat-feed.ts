import type { RefusalReason } from './feed.ts';

/** One record of a feed of threat data (KEV, EPSS): about a vulnerability itself, whatever package it is in. */
export type ThreatRecord<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'refused'; readonly name: string; readonly reason: RefusalReason; readonly detail: string };
