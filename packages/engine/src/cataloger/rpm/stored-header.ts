/** Bytes of which only as many are fetched as somebody asks for: a header's end is mostly file lists. */
export interface Payload {
  readonly length: number;
  /** The first `count` bytes; more than `length` is a `CorruptStructureError`. */
  read(count: number): Promise<Uint8Array>;
}

/** One entry of a package database. What is wrong with it alone comes out of `open`, and the next one can still be read; damage of the database is thrown between two of them. */
export interface StoredHeader {
  /** The database's own number. */
  readonly number: number;
  open(): Promise<Payload>;
}
