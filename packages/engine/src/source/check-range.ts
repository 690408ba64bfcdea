import { SourceReadError, SourceTruncatedError } from '../base/errors.ts';

/** Every source refuses the same ranges: what does not lie inside it, and what is no range. */
export function checkRange(size: number, offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new SourceReadError(`not a range: ${length} bytes from ${offset}`);
  }
  if (offset + length > size) throw new SourceTruncatedError(`${length} bytes from ${offset} reach past the end at ${size}`);
}
