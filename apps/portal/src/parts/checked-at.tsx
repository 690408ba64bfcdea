import { Info16Regular, QuestionCircle16Regular, Warning16Filled } from '@fluentui/react-icons';
import { usePreferences } from '../preferences.tsx';
import type { DataAge } from './data-age.ts';

/** When a source last answered, with a warning beside it once that is too long ago. */
export function CheckedAt({ at, age }: { readonly at: string | null; readonly age: DataAge }) {
  const { m, time } = usePreferences();
  if (age === 'sample') return <span className="st unk" title={m.sources.sampleText}><Info16Regular aria-hidden />{m.sources.sample}</span>;
  if (at === null) return <span className="st unk" title={m.sources.unknownAge}><QuestionCircle16Regular aria-hidden />{m.unit.unknown}</span>;
  const text = <time dateTime={at} title={time.full(at)}>{time.ago(at)}</time>;
  return age === 'old' ? <span className="st warn" title={m.sources.old}><Warning16Filled aria-hidden />{text}</span> : text;
}
