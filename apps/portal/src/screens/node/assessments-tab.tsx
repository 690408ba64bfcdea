import type { AssessmentSummary } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { nodeAssessmentsQuery } from '../../api/queries.ts';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { reasonText } from '../../parts/reason.tsx';
import { useMessages, usePreferences } from '../../preferences.tsx';
import { QueryView } from '../../shell/query-view.tsx';

/** The node's assessments, newest first. */
export function AssessmentsTab({ nodeId }: { readonly nodeId: string }) {
  const m = useMessages();
  const query = useQuery(nodeAssessmentsQuery(nodeId));
  return <QueryView query={query}>{({ assessments }) => (assessments.length === 0 ? <div className="state-page"><p className="sub">{m.node.noAssessments}</p></div> : <AssessmentTable assessments={assessments} />)}</QueryView>;
}

const colours: Record<AssessmentSummary['state'], string> = { queued: 'unk', reading: 'brandc', matching: 'brandc', succeeded: 'ok', partial: 'warn', failed: 'bad', cancelled: 'unk' };

function AssessmentTable({ assessments }: { readonly assessments: readonly AssessmentSummary[] }) {
  const { m, time } = usePreferences();
  const c = m.node.assessmentColumns;
  return (
    <div className="tw" role="region" tabIndex={0} aria-label={m.node.assessments}>
      <table className="tbl" style={{ minWidth: 1040 }} aria-label={m.node.assessments}>
        <colgroup><col style={{ width: 196 }} /><col style={{ width: 160 }} /><col style={{ width: 100 }} /><col style={{ width: 170 }} /><col style={{ width: 110 }} /><col style={{ width: 100 }} /><col style={{ width: 80 }} /><col /></colgroup>
        <thead>
          <tr>
            <th scope="col">{c.started}</th>
            <th scope="col">{c.trigger}</th>
            <th scope="col">{c.state}</th>
            <th scope="col">{c.grade}</th>
            <th scope="col" className="r">{c.packages}</th>
            <th scope="col" className="r">{c.bytes}</th>
            <th scope="col" className="r">{c.took}</th>
            <th scope="col">{c.detail}</th>
          </tr>
        </thead>
        <tbody>
          {assessments.map((row) => (
            <tr key={row.id}>
              <th scope="row" title={time.relative(row.startedAt)}>{time.full(row.startedAt)}</th>
              <td>{m.trigger[row.trigger]}</td>
              <td className={colours[row.state]}>{m.assessmentState[row.state]}</td>
              <td><GradeTag grade={row.grade} /></td>
              <td className="r">{row.packages === null ? <span className="unk">{m.unit.unknown}</span> : m.unit.number(row.packages)}</td>
              <td className="r">{m.unit.bytes(row.bytesRead)}</td>
              <td className="r">{row.finishedAt === null ? m.unit.none : time.took(row.startedAt, row.finishedAt)}</td>
              <td className="s12">{row.cause === null ? '' : reasonText(m, row.cause, row.reason)}{row.detail !== null && <div className="code dim">{row.detail}</div>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
