import { MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import type { ImageAnswer } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { imageAnswerQuery } from '../../api/queries.ts';
import { vulnerabilityPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';
import { FamilyTable } from './family-table.tsx';

/** "Which image fixes this?": one row for each family of node images, over every image whose contents are known. */
export function WhichImagePage() {
  const m = useMessages();
  const { cve = '' } = useParams();
  const query = useQuery(imageAnswerQuery(cve));
  return (
    <Page
      trail={[['Nodeward', '/overview'], [m.shell.vulnerabilities, '/vulnerabilities'], [cve, vulnerabilityPath(cve)], [m.whichImage.open]]}
      title={m.whichImage.title(cve)}
      subtitle={m.whichImage.subtitle}
      {...(query.data?.advisoryDatabaseRevision == null ? {} : { right: <span className="lbl" title={query.data.advisoryDatabaseRevision}>{m.whichImage.revision(query.data.advisoryDatabaseRevision.slice(0, 12))}</span> })}
    >
      <QueryView query={query}>{(answer) => (answer.families.length === 0 && answer.reading === null ? <NoLists /> : <Answer answer={answer} />)}</QueryView>
    </Page>
  );
}

function NoLists() {
  const m = useMessages();
  return (
    <div className="state-page">
      <div>
        <h2>{m.whichImage.empty}</h2>
        <p className="sub">{m.whichImage.emptyText}</p>
      </div>
      <Link to="/settings">{m.recommendation.toSettings}</Link>
    </div>
  );
}

function Answer({ answer: { families, untold, reading } }: { readonly answer: ImageAnswer }) {
  const m = useMessages();
  const count = (state: ImageAnswer['families'][number]['state']): number => families.filter((family) => family.state === state).length;
  const disagreeing = families.filter(({ secondOpinion }) => secondOpinion?.agrees === false).length;
  return (
    <>
      {reading !== null && <div className="row gap12" role="status"><progress aria-label={m.whichImage.open} {...(reading.of === null ? {} : { max: reading.of, value: reading.done })} /><span className="sub">{m.whichImage.reading(reading.done, reading.of)}</span></div>}
      {disagreeing > 0 && <MessageBar intent="warning" layout="multiline"><MessageBarBody><MessageBarTitle>{m.whichImage.disagreement(disagreeing)}</MessageBarTitle> {m.whichImage.opinionText}</MessageBarBody></MessageBar>}
      {untold.length > 0 && <MessageBar layout="multiline"><MessageBarBody>{untold.map((part) => <div key={part}>{m.whichImage.untold[part]}</div>)}</MessageBarBody></MessageBar>}
      {reading === null && count('never') === families.length && <p className="sub">{m.whichImage.neverAll}</p>}
      <div className="col grow bleed listing fullbleed">
        <div className="listhead"><span className="lbl" role="status">{m.whichImage.counts(count('clean'), count('affected'), count('never'), count('unknown'))}</span></div>
        <FamilyTable families={families} />
      </div>
    </>
  );
}
