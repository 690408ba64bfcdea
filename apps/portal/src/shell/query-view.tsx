import { Button, Skeleton, SkeletonItem } from '@fluentui/react-components';
import { ApiError, ApiUnreachableError, type Problem } from '@nodeward/api';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useMessages } from '../preferences.tsx';

interface QueryViewProps<Data> {
  readonly query: UseQueryResult<Data>;
  readonly children: (data: Data) => ReactNode;
  /** Where the server says that it is not there, and more can be said of that than of any page. */
  readonly notFound?: ReactNode;
}

/** What was read, or why it could not be: never an empty list in place of a failure. */
export function QueryView<Data>({ query, children, notFound }: QueryViewProps<Data>) {
  if (query.data !== undefined && !hasCode(query.error, 'unauthorized')) return children(query.data);
  if (notFound !== undefined && hasCode(query.error, 'not-found')) return notFound;
  if (query.error !== null) return <FailureView error={query.error} retry={() => void query.refetch()} />;
  return <LoadingView />;
}

const hasCode = (error: Error | null, code: Problem['code']): boolean => error instanceof ApiError && error.problem.code === code;

export function LoadingView() {
  const m = useMessages();
  return (
    <Skeleton aria-label={m.view.loading} className="skeleton">
      <SkeletonItem size={72} />
      {[1, 2, 3, 4, 5, 6].map((line) => (
        <SkeletonItem key={line} size={24} />
      ))}
    </Skeleton>
  );
}

export function FailureView({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const m = useMessages();
  const code = error instanceof ApiError ? error.problem.code : undefined;
  if (code === 'unauthorized') return <SignedOutView retry={retry} />;
  if (code === 'not-found') return <NotFoundView />;
  if (error instanceof ApiUnreachableError) {
    return <Message title={m.view.unreachable} text={m.view.unreachableText} retry={retry} />;
  }
  if (code === undefined) return <NotUnderstoodView error={error} />;
  return <Message title={m.view.failed} text={m.problem[code]} retry={retry} {...detailOf(error)} />;
}

const detailOf = (error: Error): { detail?: string } => (error instanceof ApiError && error.problem.detail !== undefined ? { detail: error.problem.detail } : {});

function Message({ title, text, detail, retry }: { readonly title: string; readonly text: string; readonly detail?: string; readonly retry: () => void }) {
  const m = useMessages();
  return (
    <div className="state-page" role="alert">
      <div>
        <h2>{title}</h2>
        <p className="sub">{text}</p>
      </div>
      {detail !== undefined && <p className="code">{detail}</p>}
      <Button appearance="primary" onClick={retry}>{m.view.retry}</Button>
    </div>
  );
}

/** An answer that breaks the contract: what the parser says of it is for a report, not for reading. */
function NotUnderstoodView({ error }: { readonly error: Error }) {
  const m = useMessages();
  return (
    <div className="state-page" role="alert">
      <div>
        <h2>{m.view.failed}</h2>
        <p className="sub">{m.view.notUnderstood}</p>
      </div>
      <Button appearance="primary" onClick={() => location.reload()}>{m.view.reload}</Button>
      <details>
        <summary className="dim">{m.view.details}</summary>
        <p className="code">{error.message.slice(0, 1000)}</p>
      </details>
    </div>
  );
}

function SignedOutView({ retry }: { readonly retry: () => void }) {
  const m = useMessages();
  return (
    <div className="state-page" role="alert">
      <div>
        <h2>{m.view.signedOut}</h2>
        <p className="sub">{m.view.signedOutText}</p>
      </div>
      <code className="command mono">nodeward link</code>
      <Button onClick={retry}>{m.view.retry}</Button>
    </div>
  );
}

export function NotFoundView() {
  const m = useMessages();
  return (
    <div className="state-page">
      <div>
        <h2>{m.view.notFound}</h2>
        <p className="sub">{m.view.notFoundText}</p>
      </div>
      <Link to="/recommendations">{m.view.toRecommendations}</Link>
    </div>
  );
}

/** One line for a command that the server refused. */
export function failureText(m: ReturnType<typeof useMessages>, error: Error): string {
  if (error instanceof ApiError) return [m.problem[error.problem.code], error.problem.detail ?? ''].join(' ').trim();
  return error instanceof ApiUnreachableError ? m.view.unreachable : error.message;
}
