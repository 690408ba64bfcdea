import type { CoverageReason, NotEvaluatedCause } from '@nodeward/api';
import type { Messages } from '../i18n/messages.ts';
import { useMessages } from '../preferences.tsx';

/** The most exact sentence that there is: the reason's, else the cause's. */
export function reasonText(m: Messages, cause: NotEvaluatedCause, reason: CoverageReason | null | undefined): string {
  return reason == null ? m.cause[cause] : m.coverageReason[reason];
}

/** What to do about a reason, where something can be done. */
export function remedyText(m: Messages, reason: CoverageReason | null | undefined): string | undefined {
  const remedies: Readonly<Partial<Record<CoverageReason, string>>> = m.remedy;
  return reason == null ? undefined : remedies[reason];
}

/** Codes of a database that did not match: the cause's sentence says it, and 環境設定 shows the database as it is now. */
const saidByCause: ReadonlySet<string> = new Set(['absent', 'damaged', 'foreign', 'empty', 'made-for-sample', 'no-inventory', 'no-advisories-for-operating-system', 'database-made-for-sample']);

/** The fact behind a reason, for a reader; undefined where there is none beside the reason itself. */
export function factBehind(detail: string | null | undefined): string | undefined {
  return detail == null || detail === '' || saidByCause.has(detail) ? undefined : detail;
}

/** The detail of a coverage entry: a count of packages in the reader's language, anything else as the reader of the evidence wrote it. */
export function detailText(m: Messages, detail: string): string {
  const [, n, total] = /^(\d+) of (\d+) packages$/.exec(detail) ?? [];
  return n === undefined || total === undefined ? detail : m.ofPackages(Number(n), Number(total));
}

interface ReasonProps {
  readonly cause: NotEvaluatedCause;
  readonly reason: CoverageReason | null | undefined;
  /** The fact behind it, as the provider or reader said it. */
  readonly detail: string | null | undefined;
}

/** Why a node was not assessed, what to do about it, and the fact behind it. */
export function Reason({ cause, reason, detail }: ReasonProps) {
  const m = useMessages();
  const remedy = remedyText(m, reason);
  return (
    <>
      <span>{reasonText(m, cause, reason)}</span>
      {remedy !== undefined && <div className="sub">{remedy}</div>}
      {factBehind(detail) !== undefined && <div className="code">{detail}</div>}
    </>
  );
}
