import { Button, MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import type { Connection } from '@nodeward/api';
import { Link, useNavigate } from 'react-router';
import { rightsPath } from '../../paths.ts';
import { useMessages } from '../../preferences.tsx';
import { ConnectionTestResult, type useConnectionTest } from './connection-test.tsx';

interface TestedConnectionProps {
  readonly connection: Connection;
  readonly title: string;
  readonly text: string;
  readonly test: ReturnType<typeof useConnectionTest>;
}

/** After a connection was added or changed: what its test says, and the way on. */
export function TestedConnection({ connection, title, text, test }: TestedConnectionProps) {
  const m = useMessages();
  const navigate = useNavigate();
  return (
    <>
      <MessageBar intent="success" layout="multiline"><MessageBarBody><MessageBarTitle>{title}</MessageBarTitle> {text}</MessageBarBody></MessageBar>
      <section className="card col g12" aria-label={m.connect.testOf(connection.name)}>
        {test.isPending ? <span role="status" className="sub">{m.connect.testing}</span> : <ConnectionTestResult result={test.data} error={test.error} />}
        <div className="row wrap">
          <Button appearance="primary" onClick={() => void navigate('/settings')}>{m.connect.toSettings}</Button>
          <Button disabled={test.isPending} onClick={() => test.mutate(connection.id)}>{m.connect.test}</Button>
          {connection.kind !== 'images' && <Link to={rightsPath(connection.kind)}>{m.connect.rights}</Link>}
        </div>
      </section>
    </>
  );
}
