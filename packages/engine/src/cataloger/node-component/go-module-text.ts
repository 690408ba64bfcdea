import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { GoModule } from '../../model/component.ts';

/** The module text of a Go binary, as `go version -m` prints it (Go, runtime/debug.BuildInfo). */
export interface GoModuleText {
  /** Import path of the main package: `k8s.io/kubernetes/cmd/kubelet`. */
  readonly mainPackage?: string;
  /** Undefined in binaries that were built without modules (GOPATH mode): nobody can tell their dependencies. */
  readonly main?: GoModule;
  /** What was compiled in; replaced modules under what replaced them. */
  readonly dependencies: readonly GoModule[];
  /** Modules that were replaced by a folder of the build machine, as they were asked for. */
  readonly replacedByFolder: readonly GoModule[];
  /** `-ldflags` → its value, and the other settings of the build. */
  readonly settings: ReadonlyMap<string, string>;
}

interface Dependency {
  readonly asked: GoModule;
  readonly used: GoModule;
}

/** Longer than any module's path; and what a linker wrote has no control characters in it. */
const longestField = 1000;
const control = /[^\P{Cc}\t\n]/u;

export function parseGoModuleText(text: string): GoModuleText {
  if (control.test(text)) throw new CorruptStructureError('Go module text: control characters', 0);
  let [mainPackage, main]: [string | undefined, GoModule | undefined] = [undefined, undefined];
  const dependencies: Dependency[] = [];
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [kind, path = '', version = ''] = line.split('\t');
    if (Math.max(path.length, version.length) > longestField && kind !== 'build') throw new CorruptStructureError(`Go module text: a field of ${Math.max(path.length, version.length)} characters`, 0);
    if (kind === 'path') mainPackage = path;
    else if (kind === 'mod') main = { path, version };
    else if (kind === 'dep') dependencies.push({ asked: { path, version }, used: { path, version } });
    else if (kind === '=>') replaceLast(dependencies, { path, version });
    else if (kind === 'build') setting(settings, line.slice('build\t'.length));
    if (dependencies.length > limits.goModules) throw new LimitExceededError(`Go modules: more than ${limits.goModules}`);
  }
  return {
    ...(mainPackage === undefined ? {} : { mainPackage }),
    ...(main === undefined ? {} : { main }),
    dependencies: dependencies.map(({ used }) => used).filter((used) => hasVersion(used)),
    replacedByFolder: dependencies.filter(({ used }) => !hasVersion(used)).map(({ asked }) => asked),
    settings,
  };
}

/** A `=>` line belongs to the `dep` before it; one of the main module's stands where no dependency is yet. */
function replaceLast(dependencies: Dependency[], used: GoModule): void {
  const last = dependencies.pop();
  if (last !== undefined) dependencies.push({ ...last, used });
}

/** A folder has no version: Go writes `(devel)` or nothing. */
export function hasVersion({ version }: GoModule): boolean {
  return version !== '' && version !== '(devel)';
}

/** `key=value`; either may be quoted as a Go string. */
function setting(settings: Map<string, string>, text: string): void {
  const [, key, value] = /^("(?:[^"\\]|\\.)*"|`[^`]*`|[^="`]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) settings.set(unquote(key), unquote(value));
}

function unquote(text: string): string {
  if (/^`[^`]*`$/.test(text)) return text.slice(1, -1);
  if (!/^"(?:[^"\\]|\\.)*"$/.test(text)) return text;
  return text.slice(1, -1).replaceAll(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[0-7]{3}|.)/gi, (_, escape: string) => unescape(escape));
}

const plainEscapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Go, "String literals". */
function unescape(escape: string): string {
  const [first = '', digits] = [escape[0], escape.slice(1)];
  if (/^[xuU]$/.test(first) && digits !== '') return character(parseInt(digits, 16));
  if (/^[0-7]{3}$/.test(escape)) return character(parseInt(escape, 8));
  return plainEscapes[first] ?? escape;
}

function character(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}
