/** One measured number beside its bound; `print` writes one JSON line, which `bench/run.ts` collects. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Largest value that holds. */
  readonly bound: number;
}

export function print(name: string, value: number, unit: string, bound: number): void {
  const figure: Figure = { name, value: Math.round(value * 100) / 100, unit, bound };
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

export function printSkipped(name: string, reason: string): void {
  process.stdout.write(`${JSON.stringify({ skipped: name, reason })}\n`);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
