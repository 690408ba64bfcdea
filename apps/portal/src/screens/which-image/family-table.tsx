import { CheckmarkCircle16Filled, ErrorCircle16Filled, QuestionCircle16Regular, SubtractCircle16Regular, Warning16Filled } from '@fluentui/react-icons';
import type { ImageFamilyAnswer } from '@nodeward/api';
import { useMessages, usePreferences } from '../../preferences.tsx';

type Image = NonNullable<ImageFamilyAnswer['newest']>;
const order: readonly ImageFamilyAnswer['state'][] = ['affected', 'clean', 'never', 'unknown'];

export function FamilyTable({ families }: { readonly families: readonly ImageFamilyAnswer[] }) {
  const m = useMessages();
  const c = m.whichImage.columns;
  const sorted = families.toSorted((left, right) => order.indexOf(left.state) - order.indexOf(right.state) || left.family.localeCompare(right.family));
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={c.family}>
      <table className="tbl" style={{ minWidth: 1150 }} aria-label={c.family}>
        <colgroup><col /><col style={{ width: 166 }} /><col style={{ width: 144 }} /><col style={{ width: 144 }} /><col style={{ width: 144 }} /><col style={{ width: 122 }} /><col style={{ width: 212 }} /></colgroup>
        <thead>
          <tr>
            <th scope="col">{c.family}</th>
            <th scope="col">{c.state}</th>
            <th scope="col">{c.first}</th>
            <th scope="col">{c.back}</th>
            <th scope="col">{c.gone}</th>
            <th scope="col">{c.newest}</th>
            <th scope="col" title={m.whichImage.opinionText}>{c.opinion}</th>
          </tr>
        </thead>
        <tbody>{sorted.map((answer) => <FamilyRow key={answer.family} answer={answer} />)}</tbody>
      </table>
    </div>
  );
}

function FamilyRow({ answer }: { readonly answer: ImageFamilyAnswer }) {
  const m = useMessages();
  const { family, operatingSystem, images, oldest, newest, state, firstFixed, cameBack, goneSince, undetermined } = answer;
  const words: Readonly<Record<string, string>> = { ...m.cause, ...m.coverageReason };
  const facts = [operatingSystem, images === 0 ? '' : m.whichImage.images(images), oldest === null || newest === null ? '' : m.whichImage.range(oldest.version, newest.version)].filter((fact) => fact !== '');
  const notYet = state === 'affected' ? <span className="dim">{m.whichImage.notYet}</span> : <NotSaid state={state} />;
  return (
    <tr className="two">
      <th scope="row">
        <div className="two-l"><b className="break">{family}</b>{facts.length > 0 && <span className="dim s12">{facts.join(' · ')}</span>}</div>
        {answer.failure !== null && <Failure failure={answer.failure} />}
        {answer.withoutFix.length > 0 && <div className="sub s12" title={answer.withoutFix.map(({ version }) => version).join(', ')}>{m.whichImage.withoutFix(answer.withoutFix.length)}</div>}
        {undetermined.length > 0 && (
          <details className="s12">
            <summary className="unk">{m.whichImage.undetermined(undetermined.length)}</summary>
            <ul className="refs">{undetermined.map((image) => <li key={image.version}><span className="mono">{image.version}</span> <span className="dim">{words[image.reason] ?? image.reason}</span></li>)}</ul>
          </details>
        )}
      </th>
      <td><FamilyState state={state} /></td>
      <td>{firstFixed === null ? notYet : <ImageName image={firstFixed} />}</td>
      <td>{cameBack.length === 0 ? <span className="dim">{m.unit.none}</span> : <CameBack images={cameBack} />}</td>
      <td>{goneSince === null ? notYet : <ImageName image={goneSince} />}</td>
      <td>{newest === null ? <span className="unk">{m.unit.unknown}</span> : <ImageName image={newest} />}</td>
      <td><Opinion answer={answer} /></td>
    </tr>
  );
}

/** Lists that nobody publishes are no failure; what went wrong says itself. */
function Failure({ failure }: { readonly failure: string }) {
  const m = useMessages();
  if (failure === 'no-packages') return <div className="unk s12">{m.whichImage.withoutPackages}</div>;
  if (failure === 'unknown-image') return <div className="unk s12">{m.whichImage.withoutLists}</div>;
  return <div className="bad s12">{m.whichImage.notListed} <span className="code">{failure}</span></div>;
}

/** No image is named: because none has it, or because nobody knows. */
function NotSaid({ state }: { readonly state: ImageFamilyAnswer['state'] }) {
  const m = useMessages();
  return state === 'unknown' ? <span className="unk">{m.unit.unknown}</span> : <span className="dim">{m.unit.none}</span>;
}

function ImageName({ image }: { readonly image: Image }) {
  const { time } = usePreferences();
  return <div className="two-l"><span className="mono break">{image.version}</span>{image.publishedAt !== null && <span className="dim s12">{time.date(image.publishedAt)}</span>}</div>;
}

const listed = 2;

function CameBack({ images }: { readonly images: readonly Image[] }) {
  const m = useMessages();
  const names = images.map(({ version }) => version);
  return (
    <div className="two-l" title={names.join(', ')}>
      <span className="warn s12">{m.whichImage.times(names.length)}</span>
      <span className="mono break">{names.slice(0, listed).join(', ')}</span>
      {names.length > listed && <span className="dim s12">{m.whichImage.moreImages(names.length - listed)}</span>}
    </div>
  );
}

function FamilyState({ state }: { readonly state: ImageFamilyAnswer['state'] }) {
  const m = useMessages();
  const word = m.whichImage.state[state];
  if (state === 'clean') return <span className="st ok"><CheckmarkCircle16Filled />{word}</span>;
  if (state === 'affected') return <span className="st bad"><ErrorCircle16Filled />{word}</span>;
  if (state === 'never') return <span className="st unk"><SubtractCircle16Regular />{word}</span>;
  return <span className="st unk"><QuestionCircle16Regular />{word}</span>;
}

/** The publisher's own data, beside ours and never in place of it. */
function Opinion({ answer: { secondOpinion } }: { readonly answer: ImageFamilyAnswer }) {
  const m = useMessages();
  if (secondOpinion === null) return <span className="dim">{m.whichImage.opinion.none}</span>;
  const { active, agrees, mitigatedIn } = secondOpinion;
  return (
    <div className="two-l" title={m.whichImage.opinionText}>
      <span><span className={`st ${agrees ? 'ok' : 'warn'}`}>{agrees ? <CheckmarkCircle16Filled /> : <Warning16Filled />}{agrees ? m.whichImage.opinion.agrees : m.whichImage.opinion.differs}</span></span>
      <span className="s12 dim">{active ? m.whichImage.opinionActive : m.whichImage.opinionGone}</span>
      {mitigatedIn.length > 0 && <span className="s12 dim break">{m.whichImage.mitigated(mitigatedIn.join(', '))}</span>}
    </div>
  );
}
