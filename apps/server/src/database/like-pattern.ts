/** For `ilike`: the text anywhere, its own wildcards taken as plain letters. */
export function containing(text: string): string {
  return `%${escaped(text)}%`;
}

/** For `ilike`: the text at the start. */
export function startingWith(text: string): string {
  return `${escaped(text)}%`;
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, (sign) => `\\${sign}`);
}
