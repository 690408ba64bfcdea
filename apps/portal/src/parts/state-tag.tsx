import { CheckmarkCircle16Filled, CircleHalfFill16Regular, ErrorCircle16Filled, QuestionCircle16Regular, SubtractCircle16Regular, Warning16Filled } from '@fluentui/react-icons';
import type { JobState, NodeState, RecommendationState } from '@nodeward/api';
import { useMessages } from '../preferences.tsx';

export const stateColour: Record<RecommendationState, string> = { unhealthy: 'bad', healthy: 'ok', 'not-evaluated': 'unk', 'not-applicable': 'unk' };

/** State as icon shape, word and colour; unknown is outlined, never solid. */
export function StateTag({ state }: { readonly state: RecommendationState }) {
  const m = useMessages();
  return (
    <span className={`st ${stateColour[state]}`}>
      {state === 'unhealthy' && <ErrorCircle16Filled />}
      {state === 'healthy' && <CheckmarkCircle16Filled />}
      {state === 'not-evaluated' && <QuestionCircle16Regular />}
      {state === 'not-applicable' && <SubtractCircle16Regular />}
      {m.recommendationState[state]}
    </span>
  );
}

export function NodeStateTag({ state }: { readonly state: NodeState }) {
  return <StateTag state={state === 'not-assessed' ? 'not-evaluated' : state} />;
}

export function JobStateTag({ state, strong = false }: { readonly state: JobState; readonly strong?: boolean }) {
  const word = useMessages().jobState[state];
  const text = strong ? <b>{word}</b> : word;
  if (state === 'succeeded') return <span className="st ok"><CheckmarkCircle16Filled />{text}</span>;
  if (state === 'succeeded-with-residual') return <span className="st warn"><Warning16Filled />{text}</span>;
  if (state === 'failed' || state === 'preflight-failed') return <span className="st bad"><ErrorCircle16Filled />{text}</span>;
  if (state === 'cancelled') return <span className="st unk"><SubtractCircle16Regular />{text}</span>;
  return <span className="st brandc"><CircleHalfFill16Regular />{text}</span>;
}
