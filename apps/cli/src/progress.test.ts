import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';

function terminal(isTTY: boolean): { stream: { isTTY: boolean; columns: number; write: (text: string) => void }; written: string[] } {
  const written: string[] = [];
  return { stream: { isTTY, columns: 12, write: (text) => written.push(text) }, written };
}

describe('progress', () => {
  it('says nothing where there is no terminal', () => {
    const { stream, written } = terminal(false);
    const progress = createProgress(stream, () => 0);

    progress.show('a');
    progress.clear();

    expect(written).toEqual([]);
  });

  it('overwrites one line, no longer than the terminal is wide, and not more often than the eye sees', () => {
    const { stream, written } = terminal(true);
    let now = 0;
    const progress = createProgress(stream, () => now);

    progress.show('first line that is long');
    progress.show('too soon');
    now = 100;
    progress.show('second');
    progress.clear();
    progress.clear();

    expect(written).toEqual(['\r\u001b[Kfirst line ', '\r\u001b[Ksecond', '\r\u001b[K']);
  });
});
