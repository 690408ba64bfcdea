import { useSearchParams } from 'react-router';

/** What a list shows lives in the address, so that a link, Back and a reload show the same. */
export function useAddress() {
  const [search, setSearch] = useSearchParams();
  const change = (changes: Readonly<Record<string, string | undefined>>) =>
    setSearch(
      (previous) => {
        const next = new URLSearchParams(previous);
        for (const [name, value] of Object.entries(changes)) {
          if (value === undefined || value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  return {
    text: (name: string): string => search.get(name) ?? '',
    /** The value where it is one of these; an address that somebody mistyped filters nothing. */
    oneOf: <const Value extends string>(name: string, values: readonly Value[]): Value | undefined => values.find((value) => value === search.get(name)),
    change,
  };
}
