import { CorruptStructureError } from './errors.ts';

/** The one place where on-disk integers are read; every access is checked against the bounds. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;

  /** `what` names the structure in errors: "ext4 superblock". */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get length(): number {
    return this.#bytes.length;
  }

  u8(offset: number): number {
    return this.#view.getUint8(this.#at(offset, 1));
  }

  u16(offset: number): number {
    return this.#view.getUint16(this.#at(offset, 2), true);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#at(offset, 4), true);
  }

  u16be(offset: number): number {
    return this.#view.getUint16(this.#at(offset, 2), false);
  }

  u32be(offset: number): number {
    return this.#view.getUint32(this.#at(offset, 4), false);
  }

  /** Throws where the value does not fit a safe integer: no disk is that large. */
  u64(offset: number): number {
    const value = this.#view.getBigUint64(this.#at(offset, 8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new CorruptStructureError(`${this.#what}: number out of range`, offset);
    return Number(value);
  }

  bytes(offset: number, length: number): Uint8Array {
    this.#at(offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }

  latin1(offset: number, length: number): string {
    return Buffer.from(this.bytes(offset, length)).toString('latin1');
  }

  #at(offset: number, length: number): number {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > this.#bytes.length) {
      throw new CorruptStructureError(`${this.#what}: read of ${length} bytes past the end`, offset);
    }
    return offset;
  }
}
