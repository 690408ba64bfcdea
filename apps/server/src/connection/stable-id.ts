import { createHash } from 'node:crypto';

const longest = 160;

/** The same names give the same id, different names never do, and every id can stand in an address. */
export function stableId(...names: readonly string[]): string {
  return bounded(names.map(escape).join(':'));
}

/** The same for what lies under something that has such an id already, which stays in it as it is. */
export function stableIdUnder(parentId: string, ...names: readonly string[]): string {
  return bounded([parentId, ...names.map(escape)].join(':'));
}

function bounded(text: string): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest - 33)}~${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

function escape(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/gu, (sign) => `~${(sign.codePointAt(0) ?? 0).toString(16)}~`);
}
