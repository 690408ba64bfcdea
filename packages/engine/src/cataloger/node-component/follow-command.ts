import { basename } from 'node:path/posix';
import { limits } from '../../base/limits.ts';
import type { RootTree } from '../../filesystem/filesystem.ts';
import { componentNameOf } from './component-name.ts';
import type { UnitCommand } from './systemd-unit.ts';

/** Where a command line leads to. */
export interface Followed {
  /** Binaries of components, after all links; the name is the one by which they were called. */
  readonly binaries: readonly { readonly path: string; readonly calledAs: string }[];
  /** Binaries that are named and are not there. */
  readonly missing: readonly string[];
  /** True where a script or a variable hides which binary is meant. */
  readonly hidden: boolean;
}

/** systemd.exec(5), `$PATH`. */
export const searchPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh', 'busybox']);
/** Programs that run what their parameters say. */
const runners = new Set(['env', 'nice', 'ionice', 'taskset', 'chrt', 'numactl', 'setpriv', 'systemd-run', 'systemd-inhibit', 'flock', 'timeout', 'nsenter', 'unshare', 'stdbuf', 'sudo', 'su', 'chroot', 'setsid', 'nohup', 'runuser']);
/** Binaries with a kubelet or a containerd inside, and the launcher of snaps: the component has no file of its own. */
const embedding = new Set(['k3s', 'rke2', 'k0s', 'kubelite', 'hyperkube', 'microk8s', 'snap']);
const deepestScript = 3;
/** Binaries that one script names; each is looked up. */
const mostNames = 100;
const pattern = /[$*?]/;
const nothing: Followed = { binaries: [], missing: [], hidden: false };

/** From a unit's command to the binaries of components that it runs, through shells, launchers and scripts. */
export async function followCommand(root: RootTree, { program, parameters }: Pick<UnitCommand, 'program' | 'parameters'>): Promise<Followed> {
  const name = basename(program);
  if (embedding.has(name)) return { ...nothing, hidden: true };
  if (shells.has(name)) return followShell(root, parameters);
  if (runners.has(name)) return followText(root, parameters.join('\n'), deepestScript, true);
  return followProgram(root, program, deepestScript);
}

async function followShell(root: RootTree, parameters: readonly string[]): Promise<Followed> {
  const flag = parameters.findIndex((word) => /^-[a-z]*c$/.test(word));
  if (flag !== -1) return followText(root, parameters.slice(flag + 1).join('\n'), deepestScript, true);
  const script = parameters.find((word) => !word.startsWith('-') && !word.startsWith('+') && !shells.has(word));
  return script === undefined ? { ...nothing, hidden: true } : followProgram(root, script, deepestScript);
}

/** A binary, or a script that is read as far as `depth` allows. */
async function followProgram(root: RootTree, program: string, depth: number): Promise<Followed> {
  const path = await locate(root, program);
  const isComponent = componentNameOf(basename(program)) !== undefined;
  if (path === undefined) return isComponent ? { ...nothing, missing: [program] } : { ...nothing, hidden: true };
  const head = Buffer.from((await root.readRange(path, 0, 4)) ?? []).toString('latin1');
  if (!head.startsWith('#!')) return isComponent || componentNameOf(basename(path)) !== undefined ? { ...nothing, binaries: [{ path, calledAs: basename(program) }] } : nothing;
  if (depth === 0) return { ...nothing, hidden: true };
  const script = Buffer.from((await root.readFile(path, limits.configurationBytes)) ?? []).toString('utf8');
  return followText(root, withoutComments(script), depth - 1, false);
}

function withoutComments(script: string): string {
  return script.split('\n').filter((line) => !/^\s*#/.test(line)).join('\n');
}

/**
 * A shell's text is not run, only searched for what could be a component's binary: absolute paths,
 * and, where it is a command line, names that the search path finds. `/etc/default/kubelet` is no
 * binary, so each must begin as an ELF file or a script does.
 */
async function followText(root: RootTree, text: string, depth: number, isCommandLine: boolean): Promise<Followed> {
  const found: Followed[] = [];
  const words = [...new Set(wordsOf(text, isCommandLine))];
  const named = words.filter((word) => !pattern.test(word) && componentNameOf(basename(word)) !== undefined);
  for (const word of named.slice(0, mostNames)) {
    if (await isProgram(root, word)) found.push(await followProgram(root, word, depth));
  }
  const hidden = named.length > mostNames || words.some(isHidden);
  return {
    binaries: found.flatMap(({ binaries }) => binaries),
    missing: found.flatMap(({ missing }) => missing),
    hidden: hidden || found.some((each) => each.hidden),
  };
}

/** A path whose end a variable or a pattern makes: `/opt/bin/kubelet-${VERSION}`. */
function isHidden(word: string): boolean {
  return word.includes('/') && pattern.test(word) && /kubelet|containerd|runc/i.test(basename(word)) && !/\.(?:sock|ya?ml|toml|conf|json)/.test(word);
}

/** Absolute paths and paths that begin with a variable; of a command line and after `exec` plain names too. */
function wordsOf(text: string, isCommandLine: boolean): readonly string[] {
  const words = text.split(/[\s"'`;&|()<>=,]+/);
  return words.filter((word, index) => word.startsWith('/') || (word.startsWith('$') && word.includes('/')) || ((isCommandLine || words[index - 1] === 'exec') && !word.includes('/')));
}

async function isProgram(root: RootTree, word: string): Promise<boolean> {
  const path = await locate(root, word);
  const head = path === undefined ? '' : Buffer.from((await root.readRange(path, 0, 4)) ?? []).toString('latin1');
  return head === '\x7fELF' || head.startsWith('#!');
}

/** The real path of a program that exists: as given, or found by the search path. */
export async function locate(root: RootTree, program: string, folders: readonly string[] = searchPath): Promise<string | undefined> {
  const candidates = program.includes('/') ? [program] : folders.map((folder) => `${folder}/${program}`);
  for (const candidate of candidates) {
    if ((await root.status(candidate))?.kind === 'file') return root.realPath(candidate);
  }
  return undefined;
}
