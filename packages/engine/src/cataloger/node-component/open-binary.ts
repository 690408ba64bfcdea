import type { CoverageReason, CoverageState } from '../../base/coverage.ts';
import { notReadBecause } from '../../base/not-read.ts';
import type { RootTree } from '../../filesystem/filesystem.ts';
import type { GoModule } from '../../model/component.ts';
import type { FoundBinary } from '../component-evidence.ts';
import { builtVersion, type ComponentVersion } from './component-version.ts';
import { readGoBuildInfo } from './go-build-info.ts';
import { hasVersion, parseGoModuleText } from './go-module-text.ts';

/** What opening one binary gave. */
export interface OpenedBinary {
  readonly built?: ComponentVersion;
  readonly mainModule?: string;
  readonly goVersion?: string;
  /** Undefined where the binary does not say: it is no Go program, or was built without modules. */
  readonly modules?: readonly GoModule[];
  /** Why it could not be read as a Go program. */
  readonly problem?: { readonly state: CoverageState; readonly reason: CoverageReason };
  /** Modules that were replaced by a folder of somebody's build machine: their versions are nobody's. */
  readonly unversioned: readonly string[];
}

/** Reads the headers and the build information of a binary, some 100 KB of its 100 MB. */
export async function openBinary(root: RootTree, { path, family }: Pick<FoundBinary, 'path' | 'family'>): Promise<OpenedBinary> {
  try {
    const info = await readGoBuildInfo(async (offset, length) => (await root.readRange(path, offset, length)) ?? new Uint8Array(0));
    if (info === undefined) return { unversioned: [], problem: { state: 'unreadable', reason: 'component-not-a-go-binary' } };
    const text = parseGoModuleText(info.moduleText);
    const built = builtVersion(family, text);
    return {
      ...(built === undefined ? {} : { built }),
      goVersion: info.goVersion,
      ...(text.main === undefined ? {} : { mainModule: text.main.path, modules: text.dependencies }),
      unversioned: text.replacedByFolder.filter((asked) => !isOfSameSource(asked, text.main?.path ?? '')).map((asked) => asked.path),
    };
  } catch (error) {
    const why = notReadBecause(error);
    if (why === undefined) throw error;
    return { unversioned: [], problem: { state: why.state, reason: why.reason } };
  }
}

/**
 * Kubernetes and containerd keep some of their modules in their own repositories and replace them by
 * a folder of it (`k8s.io/api v0.0.0 => ./staging/src/k8s.io/api`): the component's version is theirs.
 */
function isOfSameSource(asked: GoModule, main: string): boolean {
  return !hasVersion(asked) || asked.version === 'v0.0.0' || asked.path.startsWith(`${main.replace(/\/v\d+$/, '')}/`);
}
