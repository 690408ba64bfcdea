import { CheckmarkCircle16Filled, LockClosed16Filled, QuestionCircle16Regular, SubtractCircle16Regular } from '@fluentui/react-icons';
import type { CoverageEntry } from '@nodeward/api';
import { useMessages } from '../preferences.tsx';

/** Coverage as icon and word; only what was read is green. */
export function CoverageTag({ entry }: { readonly entry: CoverageEntry }) {
  const m = useMessages();
  const title = [m.coverageReason[entry.reason], entry.detail ?? ''].join(' ').trim();
  return (
    <span className={`st ${entry.state === 'read' ? 'ok' : 'unk'}`} title={title}>
      {entry.state === 'read' ? <CheckmarkCircle16Filled /> : entry.state === 'encrypted' ? <LockClosed16Filled /> : entry.state === 'out-of-scope' ? <SubtractCircle16Regular /> : <QuestionCircle16Regular />}
      {m.coverageState[entry.state]}
    </span>
  );
}

/** The subject of a coverage entry in the reader's language where it has a name of its own. */
export function CoverageSubject({ subject }: { readonly subject: string }) {
  const m = useMessages();
  const facts: Readonly<Record<string, string>> = m.fact;
  const [, partition] = /^partition (\d+)$/.exec(subject) ?? [];
  return partition === undefined ? (facts[subject] ?? <span className="mono">{subject}</span>) : m.partition(Number(partition));
}
