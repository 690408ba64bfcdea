import { createHash } from 'node:crypto';

const longest = 160;

/** The same names give the same id, different names never do, and every id can stand in an address. */
export function stableId(...names: readonly string[]): string {
  const text = names.map(escape).join(':');
  if (text.length <= longest) return text;
  return `${text.slice(0, longest - 33)}~${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

function escape(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, (sign) => `~${(sign.codePointAt(0) ?? 0).toString(16)}~`);
}
