import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../base/errors.ts';
import { createRandom, loadFixture } from '../../source/load-fixture-for-tests.ts';
import type { ReadFileRange } from './elf-sections.ts';
import { readGoBuildInfo } from './go-build-info.ts';
import { parseGoModuleText } from './go-module-text.ts';

const load = (name: string): Uint8Array => loadFixture(new URL(`fixtures/${name}.zst`, import.meta.url));

function rangesOf(bytes: Uint8Array, onRead: (length: number) => void = () => undefined): ReadFileRange {
  return (offset, length) => {
    const piece = bytes.slice(offset, offset + length);
    onRead(piece.length);
    return Promise.resolve(piece);
  };
}

/** The lines of `go version -m` without its indentation, its own spacing of replacements and trailing blanks. */
function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
}

const programs = ['stamped', 'trimpath', 'forked', 'other', 'stamped-386', 'stamped-mips', 'stamped-s390x', 'pointers', 'no-sections'];

describe('the build information of a Go program', () => {
  it.each(programs)('%s is what `go version -m` prints', async (name) => {
    const [first = '', ...rest] = linesOf(readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8'));

    const info = await readGoBuildInfo(rangesOf(load(name)));

    expect(`${name}: ${info?.goVersion}`).toBe(first);
    expect(linesOf(info?.moduleText ?? '')).toEqual(rest);
  });

  it.each(programs)('%s is read in a few pieces, never whole', async (name) => {
    let [bytes, requests] = [0, 0];
    await readGoBuildInfo(rangesOf(load(name), (length) => ((bytes += length), (requests += 1))));

    expect(requests).toBeLessThan(30);
    expect(bytes).toBeLessThan(128 * 1024);
  });

  it.each([
    ['a program of another linker', load('not-go')],
    ['a script', Buffer.from('#!/bin/sh\nexec /opt/bin/kubelet\n')],
    ['an empty file', new Uint8Array(0)],
    ['three bytes', Buffer.from('\x7fEL', 'latin1')],
    ['zeros', new Uint8Array(100_000)],
  ])('is not found in %s', async (_, bytes) => {
    expect(await readGoBuildInfo(rangesOf(bytes))).toBeUndefined();
  });

  it.each([
    ['cut inside its header', (bytes: Uint8Array) => bytes.subarray(0, 40)],
    ['cut before its section table', (bytes: Uint8Array) => bytes.subarray(0, 0x1000)],
    ['cut inside its module text', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 4096)],
    ['of an unknown class', (bytes: Uint8Array) => bytes.with(4, 7)],
    ['of an unknown byte order', (bytes: Uint8Array) => bytes.with(5, 7)],
    ['with 65535 sections', (bytes: Uint8Array) => bytes.with(60, 0xff).with(61, 0xff)],
    ['with sections of one byte', (bytes: Uint8Array) => bytes.with(58, 1).with(59, 0)],
    ['whose section names lie nowhere', (bytes: Uint8Array) => bytes.with(62, 0xf0)],
    ['whose section table is at the end of the world', (bytes: Uint8Array) => bytes.with(47, 0x7f)],
  ])('%s throws what becomes coverage', async (_, damage) => {
    await expect(readGoBuildInfo(rangesOf(damage(load('stamped'))))).rejects.toThrow(DomainError);
  });

  it.each([
    ['a length without end', 'Go version', [0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a version of megabytes', 'Go version', [0xff, 0xff, 0xff, 0x01]],
  ])('with %s allocates nothing', async (_, __, length) => {
    const bytes = load('stamped');
    const at = Buffer.from(bytes).indexOf(Buffer.from('\xff Go buildinf:', 'latin1'));
    bytes.set(length, at + 32);

    await expect(readGoBuildInfo(rangesOf(bytes))).rejects.toThrow(DomainError);
  });

  it('whose pointers point nowhere throws what becomes coverage', async () => {
    const bytes = load('pointers');
    const at = Buffer.from(bytes).indexOf(Buffer.from('\xff Go buildinf:', 'latin1'));
    bytes.set([0xff, 0xff, 0xff, 0xff], at + 16);

    await expect(readGoBuildInfo(rangesOf(bytes))).rejects.toThrow(DomainError);
  });

  it('ends every round of damaged bytes in an answer or in a domain error', async () => {
    const random = createRandom(11);
    for (const name of ['stamped', 'pointers', 'stamped-s390x']) {
      const whole = load(name);
      const information = Buffer.from(whole).indexOf(Buffer.from('\xff Go buildinf:', 'latin1'));
      for (let round = 0; round < 300; round++) {
        const bytes = whole.slice();
        for (let flips = 1 + random(8); flips > 0; flips--) bytes[[random(64), random(2048), information + random(700)][random(3)] ?? 0] = random(256);
        try {
          const info = await readGoBuildInfo(rangesOf(bytes));
          if (info !== undefined) parseGoModuleText(info.moduleText);
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
        }
      }
    }
    expect.hasAssertions();
  });
});
