/**
 * Names and versions come from disks that nobody vouches for: control characters (terminal escape
 * sequences among them) and direction overrides are shown as their code points.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
