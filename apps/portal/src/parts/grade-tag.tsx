import { Cube16Regular, DocumentBulletList16Regular, type FluentIcon, HardDrive16Regular, Image16Regular, Info16Regular } from '@fluentui/react-icons';
import type { EvidenceGrade } from '@nodeward/api';
import { useMessages } from '../preferences.tsx';

const icons: Record<EvidenceGrade, FluentIcon> = {
  disk: HardDrive16Regular,
  pod: Cube16Regular,
  'reference-image': Image16Regular,
  manifest: DocumentBulletList16Regular,
  'node-status': Info16Regular,
};
const pips: Record<EvidenceGrade, number> = { disk: 5, pod: 4, 'reference-image': 3, manifest: 2, 'node-status': 1 };

export function GradeIcon({ grade }: { readonly grade: EvidenceGrade }) {
  const Icon = icons[grade];
  return <Icon aria-hidden />;
}

/** Evidence grade: icon, word and five pips; the strongest evidence has five. */
export function GradeTag({ grade }: { readonly grade: EvidenceGrade | null }) {
  const m = useMessages();
  if (grade === null) return <span className="unk">{m.noGrade}</span>;
  return (
    <span className="grade" title={m.gradeOf(pips[grade])}>
      <GradeIcon grade={grade} />
      {m.grade[grade]}
      <span className="pips" role="img" aria-label={m.gradeOf(pips[grade])}>
        {[1, 2, 3, 4, 5].map((pip) => (
          <i key={pip} className={pip <= pips[grade] ? 'on' : ''} />
        ))}
      </span>
    </span>
  );
}
