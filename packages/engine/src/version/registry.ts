import { debScheme } from './deb/scheme.ts';
import { rpmScheme } from './rpm/scheme.ts';
import { semverScheme } from './semver/scheme.ts';

/** One line per folder, in alphabetical order. The test beside this file keeps it complete. */
export const versionSchemes = [debScheme, rpmScheme, semverScheme] as const;

/** By the first word of an ecosystem's name, as OSV writes it: `Ubuntu:22.04:LTS`. */
const schemeOfFamily = new Map<string, (typeof versionSchemes)[number]>([['Azure Linux', rpmScheme], ['Go', semverScheme], ['Ubuntu', debScheme], ['kubernetes', semverScheme]]);

/** The order that an ecosystem's versions live in; undefined where none is known yet. */
export function versionSchemeOf(ecosystem: string): (typeof versionSchemes)[number] | undefined {
  return schemeOfFamily.get(ecosystem.split(':', 1)[0] ?? '');
}
