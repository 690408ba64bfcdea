import { LockClosed16Filled, Prohibited16Regular, QuestionCircle16Regular, Warning16Filled } from '@fluentui/react-icons';
import type { CoverageReason, EvidenceGrade, NotEvaluatedCause } from '@nodeward/api';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { reasonText, remedyText } from '../../parts/reason.tsx';
import { useMessages, usePreferences } from '../../preferences.tsx';

/** 証拠 / 未評価の理由: by what it was read, or why it was not; both where part of it was. */
export function EvidenceOrCause({ grade, cause, reason }: { readonly grade: EvidenceGrade | null; readonly cause: NotEvaluatedCause | null; readonly reason?: CoverageReason | null | undefined }) {
  const m = useMessages();
  if (cause === null) return <GradeTag grade={grade} />;
  const Icon = cause === 'encrypted' ? LockClosed16Filled : cause === 'unsupported' ? Prohibited16Regular : QuestionCircle16Regular;
  return (
    <span className="row wrap causes">
      <span className="st unk loose" title={[reasonText(m, cause, reason), remedyText(m, reason) ?? ''].join(' ').trim()}><Icon />{reason == null ? m.overview.causeShort[cause] : <span className="s12">{m.coverageReason[reason]}</span>}</span>
      {grade !== null && <GradeTag grade={grade} />}
    </span>
  );
}

/** The age of an image in days; 90 and more get a sign, and what nobody published is a word. */
export function ImageAge({ publishedAt }: { readonly publishedAt: string | null }) {
  const { m, time } = usePreferences();
  const days = publishedAt === null ? undefined : time.daysSince(publishedAt);
  if (publishedAt === null || days === undefined) return <span className="unk">{m.unit.unknown}</span>;
  const text = <span title={time.date(publishedAt)}>{m.unit.number(days)}</span>;
  return days >= 90 ? <span className="st warn" title={m.inventory.old}><Warning16Filled aria-hidden />{text}</span> : text;
}

/** A count that nobody knows is a word; where nodes are missing, a lower bound. */
export function CveCount({ n, lowerBound = false }: { readonly n: number | null; readonly lowerBound?: boolean }) {
  const m = useMessages();
  if (n === null || (lowerBound && n === 0)) return <span className="unk">{m.unit.unknown}</span>;
  return <>{lowerBound ? '≥ ' : ''}{m.unit.number(n)}</>;
}

/** The time of the newest assessment, short, with the full one on hover. */
export function AssessedAt({ at }: { readonly at: string | null }) {
  const { m, time } = usePreferences();
  return at === null ? <span className="dim">{m.unit.none}</span> : <time dateTime={at} title={time.full(at)}>{time.ago(at)}</time>;
}
