import { debScheme } from './deb/scheme.ts';

/** One line per folder, in alphabetical order. The test beside this file keeps it complete. */
export const versionSchemes = [debScheme] as const;

/** By the first word of an ecosystem's name, as OSV writes it: `Ubuntu:22.04:LTS`. */
const schemeOfFamily = new Map([['Ubuntu', debScheme]]);

/** The order that an ecosystem's versions live in; undefined where none is known yet. */
export function versionSchemeOf(ecosystem: string): (typeof versionSchemes)[number] | undefined {
  return schemeOfFamily.get(ecosystem.split(':', 1)[0] ?? '');
}
