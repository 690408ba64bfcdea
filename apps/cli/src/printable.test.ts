import { describe, expect, it } from 'vitest';
import { printable } from './printable.ts';

describe('text from a disk on a terminal', () => {
  it.each([
    ['a plain name', 'linux-image-5.15.0-1041-azure', 'linux-image-5.15.0-1041-azure'],
    ['a letter of another script', 'パッケージ', 'パッケージ'],
    ['an escape sequence', 'a\u001b[2Jb', 'a\\u{1b}[2Jb'],
    ['a new line', 'a\nCVE-2023-1 fixed', 'a\\u{a}CVE-2023-1 fixed'],
    ['an eight-bit control character', 'a\u009b2J', 'a\\u{9b}2J'],
    ['a direction override', 'a\u202eb', 'a\\u{202e}b'],
    ['a zero-width joiner', 'a\u200db', 'a\\u{200d}b'],
  ])('shows %s harmlessly', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });
});
