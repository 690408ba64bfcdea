import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useScopedPath } from './fleet-scope.ts';
import { useMessages } from '../preferences.tsx';

interface CountLinkProps {
  readonly n: number;
  readonly to: string;
  /** What the number counts, for those who hear the link without its surroundings. */
  readonly label: string;
  readonly unit?: string;
  readonly size?: 'large' | 'plain';
  readonly children?: ReactNode;
}

/** A number that opens the list of what it counts; `data-count` lets a test compare both. */
export function CountLink({ n, to, label, unit, size = 'plain', children }: CountLinkProps) {
  const m = useMessages();
  const number = m.unit.number(n);
  const path = useScopedPath(to);
  return (
    <Link className={size === 'large' ? 'count num l' : 'count'} to={path} data-count={n} aria-label={m.overview.opens(label, unit === undefined ? number : `${number} ${unit}`)}>
      {children}
      <b>{number}</b>
      {unit !== undefined && size === 'large' && <small> {unit}</small>}
    </Link>
  );
}
