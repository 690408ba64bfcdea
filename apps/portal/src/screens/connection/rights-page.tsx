import { Button, Tab, TabList } from '@fluentui/react-components';
import { Add16Regular } from '@fluentui/react-icons';
import type { ConnectionKind, ConnectionRights } from '@nodeward/api';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';
import { connectionRightsQuery } from '../../api/queries.ts';
import { CodeBlock } from '../../parts/code-block.tsx';
import { addConnectionPath, listPath, rightsPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { NotFoundPage } from '../../shell/not-found-page.tsx';
import { Page } from '../../shell/page.tsx';
import { QueryView } from '../../shell/query-view.tsx';

const kinds = ['kubernetes', 'aks', 'images'] as const satisfies readonly ConnectionKind[];

/** What a kind of connection needs, each right with its purpose, and the files that grant exactly that. */
export function RightsPage() {
  const { kind: named } = useParams();
  const kind = kinds.find((one) => one === named);
  return kind === undefined ? <NotFoundPage /> : <KindPage kind={kind} />;
}

function KindPage({ kind }: { readonly kind: (typeof kinds)[number] }) {
  const m = useMessages();
  const navigate = useNavigate();
  const query = useQuery(connectionRightsQuery(kind));
  return (
    <Page
      gray
      trail={[['Nodeward', '/overview'], [m.shell.settings, '/settings'], [m.connect.rights]]}
      title={m.connect.rightsTitle(m.connectionKind[kind])}
      subtitle={m.connect.rightsText}
      commands={<Button appearance="subtle" icon={<Add16Regular />} onClick={() => void navigate(listPath(addConnectionPath, { kind }))}>{m.connect.add}</Button>}
    >
      <TabList size="small" style={{ marginInlineStart: -10 }} selectedValue={kind} aria-label={m.connect.kind} onTabSelect={(_, { value }) => void navigate(rightsPath(String(value)))}>
        {kinds.map((one) => <Tab key={one} value={one}>{m.connectionKind[one]}</Tab>)}
      </TabList>
      <QueryView query={query}>{(rights) => <Rights rights={rights} />}</QueryView>
      {kind === 'aks' && <p className="sub measure">{m.connect.keyText}</p>}
    </Page>
  );
}

function Rights({ rights: { rights, files } }: { readonly rights: ConnectionRights }) {
  const m = useMessages();
  const c = m.connect.rightColumns;
  if (rights.length === 0 && files.length === 0) return <p className="sub">{m.connect.noRights}</p>;
  return (
    <>
      <section className="card col flush" aria-label={m.connect.rightsList}>
        <div className="cardhead"><h2>{m.connect.rightsList} <span className="dim" style={{ fontWeight: 400 }}>{m.unit.number(rights.length)}</span></h2></div>
        <div className="tw" role="region" tabIndex={0} aria-label={m.connect.rightsList}>
          <table className="tbl" style={{ minWidth: 720 }} aria-label={m.connect.rightsList}>
            <colgroup><col style={{ width: '50%' }} /><col /><col style={{ width: 100 }} /></colgroup>
            <thead><tr><th scope="col">{c.right}</th><th scope="col">{c.purpose}</th><th scope="col">{c.need}</th></tr></thead>
            <tbody>
              {rights.map((right) => (
                <tr key={`${right.right} ${right.purpose}`}>
                  <th scope="row" className="mono">{right.right}</th>
                  <td>{m.connect.purpose[right.purpose]}</td>
                  <td className={right.optional ? 'dim' : ''}>{right.optional ? m.connect.optional : m.connect.required}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      {files.length > 0 && (
        <section className="card col g12" aria-label={m.connect.files}>
          <h2>{m.connect.files}</h2>
          {files.map((file) => (
            <div key={file.name} className="col g8">
              <CodeBlock name={file.name} text={file.text} />
              <CodeBlock name={`${m.connect.applyWith}: ${file.name}`} text={file.applyWith} />
            </div>
          ))}
        </section>
      )}
    </>
  );
}
