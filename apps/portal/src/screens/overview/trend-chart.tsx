import type { Overview } from '@nodeward/api';
import { useState } from 'react';
import { usePreferences } from '../../preferences.tsx';

type Trend = Overview['trend'];

const margin = { left: 44, right: 12, top: 16, bottom: 22 };

/** A round number at or above `n`, so that the axis has round steps. */
function ceiling(n: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(n, 4)));
  return [1, 2, 3, 4, 6, 8, 10].map((factor) => factor * power).find((step) => step >= n) ?? n;
}

/** What the value at the end takes of the line below it, in px. */
const valueWidth = 56;

const severe = ({ severities }: Trend[number]): number => severities.critical + severities.high;
const dayNumber = ({ day }: Trend[number]): number => Date.parse(day) / 86_400_000;

/** Days at their true distance: a gap in the record stays a gap in width. */
function places(trend: Trend, width: number, height: number) {
  const from = Math.min(...trend.map(dayNumber));
  const days = Math.max(1, Math.max(...trend.map(dayNumber)) - from);
  const top = ceiling(Math.max(...trend.map(({ open }) => open)));
  return {
    top,
    x: (at: Trend[number]) => margin.left + ((dayNumber(at) - from) / days) * (width - margin.left - margin.right),
    y: (n: number) => height - margin.bottom - (n / top) * (height - margin.top - margin.bottom),
  };
}

/** Days that carry a label: as many as fit, the last one always. */
function labelled(trend: Trend, width: number): ReadonlySet<string> {
  const every = Math.max(1, Math.ceil(trend.length / Math.max(2, Math.floor(width / 90))));
  return new Set(trend.filter((_, index) => (trend.length - 1 - index) % every === 0).map(({ day }) => day));
}

/** Lines and areas in SVG, as wide as their place; the table beside it says the same in numbers. */
export function TrendChart({ trend }: { readonly trend: Trend }) {
  const { m, time } = usePreferences();
  const [[width, height], setSize] = useState<readonly [number, number]>([520, 180]);
  const watch = (element: HTMLDivElement | null) => {
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setSize([Math.round(entry.contentRect.width), Math.round(entry.contentRect.height)]);
    });
    observer.observe(element);
    return () => observer.disconnect();
  };
  const { x, y, top } = places(trend, width, height);
  const line = (value: (at: Trend[number]) => number) => `M${trend.map((at) => `${x(at).toFixed(1)},${y(value(at)).toFixed(1)}`).join('L')}`;
  const area = (value: (at: Trend[number]) => number) => `${line(value)}L${width - margin.right},${y(0)}L${margin.left},${y(0)}Z`;
  const [first, last] = [trend[0], trend.at(-1)];
  const labels = labelled(trend, width);
  if (first === undefined || last === undefined) return null;
  return (
    <div className="trend" ref={watch}>
      <svg width={width} height={height} role="img" aria-label={m.overview.trendPicture(trend.length, first.open, last.open)}>
        <defs>
          <pattern id="severe" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="3" height="7" fill="var(--high)" opacity=".45" /></pattern>
        </defs>
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <g key={part}>
            <line x1={margin.left} x2={width - margin.right} y1={y(top * part)} y2={y(top * part)} className="gridline" />
            <text className="axis" x={margin.left - 6} y={y(top * part) + 4} textAnchor="end">{m.unit.number(top * part)}</text>
          </g>
        ))}
        <path d={area(({ open }) => open)} className="open area" />
        <path d={area(severe)} fill="url(#severe)" />
        <path d={line(severe)} className="severe line" />
        <path d={line(({ open }) => open)} className="open line" />
        {trend.map((at) => labels.has(at.day) && (
          <text key={at.day} className="axis" x={x(at)} y={height - 5} textAnchor={at === last ? 'end' : at === first ? 'start' : 'middle'}>{time.day(at.day)}</text>
        ))}
        <circle cx={x(last)} cy={y(last.open)} r="4" className="open dot" />
        <End x={x(last)} y={Math.min(...trend.filter((at) => x(at) > x(last) - valueWidth).map(({ open }) => y(open)))} text={m.unit.number(last.open)} />
        <End x={x(last)} y={y(severe(last))} text={`${m.overview.trendSevere} ${m.unit.number(severe(last))}`} severe />
      </svg>
    </div>
  );
}

/** The value of the last day, above the upper line and below the lower one. */
function End({ x, y, text, severe: ofSevere = false }: { readonly x: number; readonly y: number; readonly text: string; readonly severe?: boolean }) {
  return <text x={x - 8} y={ofSevere ? y + 17 : Math.max(12, y - 7)} textAnchor="end" className={`ending ${ofSevere ? 'severe' : ''}`}>{text}</text>;
}

