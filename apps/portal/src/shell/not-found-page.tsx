import { useMessages } from '../preferences.tsx';
import { Page } from './page.tsx';
import { NotFoundView } from './query-view.tsx';

export function NotFoundPage() {
  const m = useMessages();
  return (
    <Page gray trail={[['Nodeward', '/overview'], [m.view.notFound]]} title={m.view.notFound}>
      <NotFoundView />
    </Page>
  );
}
