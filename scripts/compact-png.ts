import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const paletteSize = 256;
/** The surfaces of a page differ by little and must not be mixed up. */
const kept = 24;
/** Squared distance of two colours. */
const hardlyTold = 400;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue of every pixel, row by row. */
  readonly rgb: Buffer;
}

/** A browser's screenshot with 256 colours: a page of text looks the same at a third of the bytes. */
export function compactPng(png: Buffer): Buffer {
  const { width, height, rgb } = decode(png);
  const palette = mostFrequent(rgb);
  const near = new Map(palette.map((color, index) => [color, index]));
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = nearest(colorAt(rgb, (y * width + x) * 3), palette, near);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // bit depth, colour type 3: palette (PNG, 11.2.1)
  const colors = Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('PLTE', colors), chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function colorAt(rgb: Buffer, offset: number): number {
  return rgb.readUIntBE(offset, 3);
}

/** By frequency, without those that are hardly to be told from one that is taken: so rare colours that mean something are kept. */
function mostFrequent(rgb: Buffer): readonly number[] {
  const counts = new Map<number, number>();
  for (let offset = 0; offset < rgb.length; offset += 3) counts.set(colorAt(rgb, offset), (counts.get(colorAt(rgb, offset)) ?? 0) + 1);
  const taken: number[] = [];
  for (const [color] of [...counts].toSorted(([, a], [, b]) => b - a)) {
    if (taken.length === paletteSize) break;
    if (taken.length < kept || !taken.some((other) => distance(color, other) < hardlyTold)) taken.push(color);
  }
  return taken;
}

function distance(one: number, other: number): number {
  return [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
}

function nearest(color: number, palette: readonly number[], known: Map<number, number>): number {
  const found = known.get(color);
  if (found !== undefined) return found;
  const distances = palette.map((other) => distance(color, other));
  const index = distances.indexOf(Math.min(...distances));
  known.set(color, index);
  return index;
}

/** What Chromium writes: 8 bits, RGB or RGBA, not interlaced. */
function decode(png: Buffer): Picture {
  const [width, height, depth, type, interlace] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25], png[28]];
  if (!png.subarray(0, 8).equals(signature) || depth !== 8 || (type !== 2 && type !== 6) || interlace !== 0) throw new Error('not a PNG as a browser writes it');
  const channels = type === 6 ? 4 : 3;
  const packed: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') packed.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const pixels = unfilter(inflateSync(Buffer.concat(packed)), width * channels, channels);
  const rgb = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) pixels.copy(rgb, pixel * 3, pixel * channels, pixel * channels + 3);
  return { width, height, rgb };
}

/** PNG, chapter 9: every byte is told as its difference from neighbours. */
function unfilter(data: Buffer, stride: number, channels: number): Buffer {
  const rows = data.length / (stride + 1);
  const out = Buffer.alloc(rows * stride);
  for (let y = 0; y < rows; y += 1) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x < channels ? 0 : (out[at - channels] ?? 0);
      const up = y === 0 ? 0 : (out[at - stride] ?? 0);
      const corner = x < channels || y === 0 ? 0 : (out[at - stride - channels] ?? 0);
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] ?? 0;
      out[at] = (data[y * (stride + 1) + 1 + x] ?? 0) + predicted;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
