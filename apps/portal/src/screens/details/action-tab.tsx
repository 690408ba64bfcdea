import { Button } from '@fluentui/react-components';
import { Wrench16Regular } from '@fluentui/react-icons';
import type { RecommendationDetails } from '@nodeward/api';
import { useNavigate } from 'react-router';
import { Reassess } from '../../parts/reassess.tsx';
import { fixPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';

/** 対処: what can be done here, in the order that makes sense. */
export function ActionTab({ details: { recommendation } }: { readonly details: RecommendationDetails }) {
  const m = useMessages();
  const navigate = useNavigate();
  return (
    <div className="col g12" style={{ padding: '14px 20px', borderTop: '1px solid var(--colorNeutralStroke2)' }}>
      <h2>{m.details.remediate}</h2>
      <div style={{ display: 'grid', gridTemplateColumns: 'fit-content(50%) minmax(0, 1fr)', gap: 12, placeItems: 'center start' }}>
        <Button appearance="primary" size="small" icon={<Wrench16Regular />} aria-label={`${m.recommendation.fixName}: ${m.details.remediate}`} onClick={() => void navigate(fixPath(recommendation.poolId))}>
          {m.recommendation.fix}
        </Button>
        <p className="sub">{m.details.actionText.fix}</p>
        <Reassess scope={{ kind: 'pool', id: recommendation.poolId }} label={m.details.reassess} accessibleName={`${m.details.reassess}: ${recommendation.pool}`} appearance="secondary" />
        <p className="sub">{m.details.actionText.reassess}</p>
      </div>
      <div className="band flat">
        <b>{m.details.auto}</b>
        <span>{m.details.autoText}</span>
      </div>
    </div>
  );
}
