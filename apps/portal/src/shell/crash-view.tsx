import { Button } from '@fluentui/react-components';
import { useRouteError } from 'react-router';
import { useMessages } from '../preferences.tsx';

/** The last net: an error of the portal's own is shown as one, with its text. */
export function CrashView() {
  const m = useMessages();
  const error = useRouteError();
  return (
    <div className="state-page" role="alert">
      <h1>{m.view.crashed}</h1>
      <p className="sub">{m.view.crashedText}</p>
      <p className="code">{error instanceof Error ? error.message : String(error)}</p>
      <Button appearance="primary" onClick={() => location.reload()}>{m.view.reload}</Button>
    </div>
  );
}
