import { type Severity as SeverityCode, type SeverityCounts, type SeveritySource, severity as severities } from '@nodeward/api';
import { useMessages } from '../preferences.tsx';

const bars: Record<SeverityCode, number> = { critical: 4, high: 3, medium: 2, low: 1, negligible: 0, unknown: 0 };
export const severityColour: Record<SeverityCode, string> = { critical: 'crit', high: 'high', medium: 'med', low: 'low', negligible: 'none', unknown: 'none' };
export const severityOrder: readonly SeverityCode[] = severities.options;

/** Four rising bars: the order reads without colour. A stub of the first bar is more than none and less than one. */
function Bars({ lit, stub }: { readonly lit: number; readonly stub: boolean }) {
  return (
    <svg width="14" height="12" aria-hidden>
      {[0, 1, 2, 3].map((bar) => (
        <rect key={bar} x={bar * 3.5} y={9 - bar * 3} width="2.6" height={3 + bar * 3} rx=".6" fill="currentColor" opacity={bar < lit ? 1 : 0.22} />
      ))}
      {stub && <rect x="0" y="10.5" width="2.6" height="1.5" fill="currentColor" />}
    </svg>
  );
}

interface SeverityProps {
  readonly severity: SeverityCode;
  readonly count?: number;
  readonly source?: SeveritySource;
  readonly score?: number | null;
}

/** Severity as bars, word and colour; where the source is given, it is said on hover. */
export function Severity({ severity, count, source, score }: SeverityProps) {
  const m = useMessages();
  const title = source === undefined ? undefined : m.severityFrom(m.severitySource[source], score === null || score === undefined ? m.unit.unknown : score.toFixed(1));
  return (
    <span className={`sev ${severity}`} title={title}>
      <Bars lit={bars[severity]} stub={severity === 'negligible'} />
      {m.severity[severity]}
      {count !== undefined && <b>{m.unit.number(count)}</b>}
    </span>
  );
}

/** How many of each severity; what there is none of is left out. */
export function SeverityMix({ counts }: { readonly counts: SeverityCounts }) {
  return (
    <span className="sevmix">
      {severityOrder
        .filter((severity) => counts[severity] > 0)
        .map((severity) => (
          <Severity key={severity} severity={severity} count={counts[severity]} />
        ))}
    </span>
  );
}

/** Distinct vulnerabilities by severity, each counted once at its worst. */
export function countSeverities(rows: readonly { readonly vulnerability: string; readonly severity: SeverityCode }[]): SeverityCounts {
  const worst = new Map<string, SeverityCode>();
  for (const { vulnerability, severity } of rows) {
    const known = worst.get(vulnerability);
    if (known === undefined || severityOrder.indexOf(severity) < severityOrder.indexOf(known)) worst.set(vulnerability, severity);
  }
  const counts: SeverityCounts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  for (const severity of worst.values()) counts[severity] += 1;
  return counts;
}

export const countVulnerabilities = (rows: readonly { readonly vulnerability: string }[]): number => new Set(rows.map(({ vulnerability }) => vulnerability)).size;
