import { QuestionCircle16Regular } from '@fluentui/react-icons';
import type { CoverageEntry, NodeEvidence } from '@nodeward/api';
import { CoverageSubject, CoverageTag } from '../../parts/coverage-tag.tsx';
import { GradeTag } from '../../parts/grade-tag.tsx';
import { detailText, remedyText } from '../../parts/reason.tsx';
import { useMessages, usePreferences } from '../../preferences.tsx';

/** Evidence is kept per fact class: yesterday's disk knows the packages best, today's Node object the kubelet. */
export function EvidenceTab({ evidence }: { readonly evidence: NodeEvidence }) {
  return (
    <div className="col g12 grow tabbody">
      <FactTable evidence={evidence} />
      <div className="cards halves short">
        <ComponentTable evidence={evidence} />
        <CoverageTable evidence={evidence} />
      </div>
    </div>
  );
}

function FactTable({ evidence: { factClasses } }: { readonly evidence: NodeEvidence }) {
  const { m, time } = usePreferences();
  const c = m.node.factColumns;
  return (
    <section className="card col flush" aria-label={m.node.facts}>
      <div className="cardhead"><h2>{m.node.facts}</h2></div>
      <div className="tw" role="region" tabIndex={0} aria-label={m.node.facts}>
        <table className="tbl" style={{ minWidth: 900 }} aria-label={m.node.facts}>
          <colgroup><col style={{ width: 170 }} /><col style={{ width: 150 }} /><col style={{ width: 170 }} /><col style={{ width: 190 }} /><col /><col style={{ width: 92 }} /></colgroup>
          <thead>
            <tr>
              <th scope="col">{c.fact}</th>
              <th scope="col">{c.coverage}</th>
              <th scope="col">{c.grade}</th>
              <th scope="col">{c.at}</th>
              <th scope="col">{c.path}</th>
              <th scope="col" className="r">{c.cves}</th>
            </tr>
          </thead>
          <tbody>
            {factClasses.map(({ factClass, grade, assessedAt, path, openVulnerabilities, coverage }) => {
              const entry = coverage.find(({ subject }) => subject === factClass) ?? coverage[0];
              return (
                <tr key={factClass}>
                  <th scope="row">{m.fact[factClass]}</th>
                  <td>{entry === undefined ? <span className="st unk"><QuestionCircle16Regular />{m.unit.unknown}</span> : <CoverageTag entry={entry} />}</td>
                  <td><GradeTag grade={grade} /></td>
                  <td>{assessedAt === null ? <span className="unk">{m.node.neverRead}</span> : time.full(assessedAt)}</td>
                  <td className="code">{path ?? <span className="dim">{m.unit.none}</span>}</td>
                  <td className="r">{openVulnerabilities === null ? <span className="unk">{m.unit.unknown}</span> : m.unit.number(openVulnerabilities)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ComponentTable({ evidence: { components, node } }: { readonly evidence: NodeEvidence }) {
  const m = useMessages();
  const c = m.node.componentColumns;
  const sources: Readonly<Record<string, string>> = m.node.versionFrom;
  const sorted = components.toSorted((left, right) => Number(left.state === 'staged') - Number(right.state === 'staged') || left.name.localeCompare(right.name));
  return (
    <section className="card col flush" aria-label={m.node.components}>
      <div className="cardhead"><h2>{m.node.components}</h2></div>
      {components.length === 0 ? (
        <p className="sub" style={{ padding: '0 16px 12px' }}>{node.grade === null ? m.node.componentsUnknown : m.node.noComponents}</p>
      ) : (
        <div className="tw" role="region" tabIndex={0} aria-label={m.node.components}>
          <table className="tbl" style={{ minWidth: 560 }} aria-label={m.node.components}>
            <colgroup><col /><col style={{ width: 118 }} /><col style={{ width: 118 }} /><col style={{ width: 84 }} /><col style={{ width: 84 }} /></colgroup>
            <thead>
              <tr>
                <th scope="col">{c.name}</th>
                <th scope="col">{c.version}</th>
                <th scope="col">{c.from}</th>
                <th scope="col" className="r">{c.modules}</th>
                <th scope="col">{c.state}</th>
              </tr>
            </thead>
            <tbody>
              {sorted.map((component) => (
                <tr key={`${component.path} ${component.name}`} className="two">
                  <th scope="row"><div className="two-l"><b>{component.name}</b><span className="code dim">{component.path === '' ? m.unit.none : `/${component.path.replace(/^\//, '')}`}</span></div></th>
                  <td className="mono">{component.version ?? <span className="unk">{m.unit.unknown}</span>}</td>
                  <td className="dim s12">{component.versionFrom === null ? m.unit.none : (sources[component.versionFrom] ?? component.versionFrom)}</td>
                  <td className="r">{component.modules === null ? <span className="unk">{m.unit.unknown}</span> : m.unit.number(component.modules)}</td>
                  <td className={component.state === 'active' ? 'ok' : 'dim'}>{m.node.componentState[component.state]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface CoverageLine {
  readonly entry: CoverageEntry;
  readonly details: readonly string[];
}

/** `package adduser` is one of the packages, `component kubelet` one of the components. */
function partOf(subject: string): readonly [subject: string, name: string | undefined] {
  const [, kind, name] = /^(package|component) (.+)$/.exec(subject) ?? [];
  return kind === undefined ? [subject, undefined] : [kind, name];
}

/** What is the same of many things is one line: of a package list without source names that is hundreds of packages. What was read comes last. */
function linesOf(coverage: readonly CoverageEntry[]): readonly CoverageLine[] {
  const same = Map.groupBy(coverage, ({ subject, state, reason }) => `${partOf(subject)[0]} ${state} ${reason}`).values();
  const lines = [...same].flatMap((entries): readonly CoverageLine[] => {
    const [entry] = entries;
    if (entry === undefined) return [];
    const details = entries.flatMap(({ subject, detail }) => [partOf(subject)[1], detail].filter((text) => text !== undefined).join(': ') || []);
    return [{ entry: { ...entry, subject: partOf(entry.subject)[0] }, details }];
  });
  return lines.toSorted((left, right) => Number(left.entry.state === 'read') - Number(right.entry.state === 'read'));
}

/** Details that stand in the line itself; more of them are unfolded. */
const detailsAtOnce = 2;

function Details({ details }: { readonly details: readonly string[] }) {
  const m = useMessages();
  if (details.length <= detailsAtOnce) return details.map((detail) => <div key={detail} className="code dim">{detailText(m, detail)}</div>);
  return (
    <details>
      <summary className="dim">{m.node.coverageDetails(details.length)}</summary>
      {details.map((detail, index) => <div key={`${index} ${detail}`} className="code dim">{detailText(m, detail)}</div>)}
    </details>
  );
}

function CoverageTable({ evidence: { coverage } }: { readonly evidence: NodeEvidence }) {
  const m = useMessages();
  const c = m.node.coverageColumns;
  const lines = linesOf(coverage);
  return (
    <section className="card col flush" aria-label={m.node.coverage}>
      <div className="cardhead">
        <h2>{m.node.coverage}</h2>
        {coverage.length > 0 && <span className="lbl">{m.node.coverageCount(lines.filter(({ entry }) => entry.state === 'read').length, lines.length)}</span>}
      </div>
      {coverage.length === 0 ? (
        <p className="unk" style={{ padding: '0 16px 12px' }}>{m.node.noCoverage}</p>
      ) : (
        <div className="tw" role="region" tabIndex={0} aria-label={m.node.coverage}>
          <table className="tbl" style={{ minWidth: 480 }} aria-label={m.node.coverage}>
            <colgroup><col style={{ width: 180 }} /><col style={{ width: 136 }} /><col /></colgroup>
            <thead>
              <tr>
                <th scope="col">{c.subject}</th>
                <th scope="col">{c.state}</th>
                <th scope="col">{c.reason}</th>
              </tr>
            </thead>
            <tbody>
              {lines.map(({ entry, details }) => (
                <tr key={`${entry.subject} ${entry.state} ${entry.reason}`}>
                  <th scope="row"><CoverageSubject subject={entry.subject} /></th>
                  <td><CoverageTag entry={entry} /></td>
                  <td className="s12">{m.coverageReason[entry.reason]}{remedyText(m, entry.reason) !== undefined && <div className="dim">{remedyText(m, entry.reason)}</div>}{details.length > 0 && <Details details={details} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
