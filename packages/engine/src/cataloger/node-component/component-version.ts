import type { ComponentFamily, ComponentVersionSource } from '../../model/component.ts';
import { type GoModuleText, hasVersion } from './go-module-text.ts';

export interface ComponentVersion {
  /** Without a leading `v`. */
  readonly version: string;
  readonly versionFrom: ComponentVersionSource;
}

/** The variable that each publisher's build stamps, by the end of its name (forks and vendoring change what stands before). */
const stamped: Readonly<Record<ComponentFamily, readonly string[]>> = {
  kubelet: ['k8s.io/component-base/version.gitVersion', 'k8s.io/kubernetes/pkg/version.gitVersion', 'k8s.io/client-go/pkg/version.gitVersion'],
  containerd: ['github.com/containerd/containerd/version.Version', 'github.com/containerd/containerd/v2/version.Version'],
  runc: ['main.version'],
  'cni-plugins': ['github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion'],
};
/** Of a publisher that is not in the table: a variable of such a name in its own code, never in a library's. */
const versionVariable = /\.(?:git|build)?version$/i;
const likeVersion = /^v?\d+\.\d+[\w.+~-]{0,100}$/;

/** What the build itself says of a binary: its linker flags, else its main module (design.md §5). */
export function builtVersion(family: ComponentFamily, text: GoModuleText): ComponentVersion | undefined {
  const { main } = text;
  const stamp = stampedVersion(family, main?.path, text.settings.get('-ldflags') ?? '');
  if (stamp !== undefined) return { version: withoutV(stamp), versionFrom: 'linker-flags' };
  // `v0.0.0-20230614…` counts from no release: it orders before every fix, whatever it contains.
  if (main === undefined || !hasVersion(main) || !likeVersion.test(main.version) || /^v0\.0\.0(-|\+|$)/.test(main.version)) return undefined;
  return { version: withoutV(main.version), versionFrom: 'main-module' };
}

function stampedVersion(family: ComponentFamily, mainModule: string | undefined, linkerFlags: string): string | undefined {
  const variables = linkerVariables(linkerFlags).filter(([, value]) => likeVersion.test(value));
  const known = variables.find(([name]) => stamped[family].some((end) => name === end || name.endsWith(`/${end}`)));
  const own = (name: string): boolean => name.startsWith('main.') || (mainModule !== undefined && name.startsWith(mainModule.replace(/\/v\d+$/, '')));
  return (known ?? variables.find(([name]) => versionVariable.test(name) && own(name)))?.[1];
}

/** `-X name=value` and `-X=name=value`; a later one wins, as in the linker. */
function linkerVariables(flags: string): readonly (readonly [string, string])[] {
  const words = splitQuoted(flags);
  const assigned = words.flatMap((word, index) => {
    const text = /^--?X$/.test(word) ? (words[index + 1] ?? '') : (/^--?X=(.*)$/s.exec(word)?.[1] ?? '');
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return assigned.toReversed();
}

/** Go, cmd/internal/quoted: words between blanks; one that begins with a quote ends with the next, and nothing is escaped. */
function splitQuoted(text: string): readonly string[] {
  return Array.from(text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g), ([, single, double, plain]) => single ?? double ?? plain ?? '');
}

export function withoutV(version: string): string {
  return version.replace(/^v(?=\d)/, '');
}
