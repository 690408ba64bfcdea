import type { ReactNode } from 'react';

export type EssentialRow = readonly [label: string, value: ReactNode];

/** Key and value in columns. */
export function Essentials({ rows, columns = '' }: { readonly rows: readonly EssentialRow[]; readonly columns?: '' | 'two' | 'one' }) {
  return (
    <dl className={`ess ${columns}`}>
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A figure with its unit in small grey. */
export function Figure({ value, unit, large = false }: { readonly value: ReactNode; readonly unit: string; readonly large?: boolean }) {
  return (
    <span className={`num ${large ? 'l' : ''}`}>
      {value}
      <small>{unit}</small>
    </span>
  );
}

export interface SplitPart {
  readonly value: number;
  readonly colour: string;
  readonly hatched?: boolean;
}

/** One bar in proportion; a picture of numbers that stand beside it. */
export function SplitBar({ parts }: { readonly parts: readonly SplitPart[] }) {
  return (
    <div className="bar3" aria-hidden>
      {parts
        .filter(({ value }) => value > 0)
        .map(({ value, colour, hatched }) => (
          <i key={colour} className={hatched === true ? 'hatch' : ''} style={{ flex: `${value} 0 0`, backgroundColor: `var(--${colour})` }} />
        ))}
    </div>
  );
}
