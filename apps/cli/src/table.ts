import Table from 'cli-table3';
import { printable } from './printable.ts';

const noBorders = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
} as const;

export interface Cell {
  readonly text: string;
  /** Applied after the text has been made printable. */
  readonly paint?: ((text: string) => string) | undefined;
}

/** Plain columns that line up, as `kubectl` prints them: easy to read, easy to cut. */
export function formatTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: [...head],
    chars: noBorders,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map(({ text, paint }) => (paint === undefined ? printable(text) : paint(printable(text)))));
  return `${table.toString().split('\n').map((line) => line.trimEnd()).join('\n')}\n`;
}
