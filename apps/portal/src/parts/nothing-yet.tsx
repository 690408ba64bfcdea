import { Button } from '@fluentui/react-components';
import { useNavigate } from 'react-router';
import { useMessages } from '../preferences.tsx';

/** Before the first assessment: why a screen is empty, and what makes it fill. */
export function NothingYet({ title, text }: { readonly title: string; readonly text: string }) {
  const m = useMessages();
  const navigate = useNavigate();
  return (
    <div className="state-page">
      <EmptyPicture />
      <div>
        <h2>{title}</h2>
        <p className="sub">{text}</p>
      </div>
      <div className="cards three">
        {m.recommendation.steps.map(([step, words], index) => (
          <div key={step} className="card col g4">
            <span className="lbl">{m.recommendation.step(index + 1)}</span>
            <h3>{step}</h3>
            <p className="sub s12">{words}</p>
          </div>
        ))}
      </div>
      <Button appearance="primary" onClick={() => void navigate('/settings')}>{m.recommendation.toSettings}</Button>
    </div>
  );
}

function EmptyPicture() {
  return (
    <svg width="168" height="84" viewBox="0 0 168 84" aria-hidden fill="none" stroke="var(--colorNeutralStroke1)" strokeWidth="1.5">
      {[0, 1, 2].map((place) => (
        <g key={place} transform={`translate(${14 + place * 50} 12)`}>
          <path d="M20 0 40 11v24L20 46 0 35V11z" fill="var(--colorNeutralBackground1)" strokeDasharray="4 3" />
          <text x="20" y="29" textAnchor="middle" fontSize="15" fill="var(--unk)" stroke="none">?</text>
        </g>
      ))}
      <path d="M10 74h148" strokeDasharray="2 4" />
    </svg>
  );
}
