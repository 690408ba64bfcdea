import { usePreferences } from '../preferences.tsx';

/** A time with its zone, and how long ago it was. */
export function Instant({ at, relative = true }: { readonly at: string; readonly relative?: boolean }) {
  const { time } = usePreferences();
  return (
    <time dateTime={at} title={time.relative(at)}>
      {time.full(at)}
      {relative && <span className="dim"> ({time.relative(at)})</span>}
    </time>
  );
}
