/** Links that only a click follows; anything that is not HTTP stays a text. */
export function ReferenceList({ references }: { readonly references: readonly string[] }) {
  return (
    <ul className="refs">
      {references.map((reference) => (
        <li key={reference}>
          {/^https?:\/\//.test(reference) ? <a href={reference} target="_blank" rel="noreferrer noopener">{reference}</a> : reference}
        </li>
      ))}
    </ul>
  );
}
