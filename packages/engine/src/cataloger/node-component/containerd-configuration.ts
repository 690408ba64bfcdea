import { basename, dirname, join } from 'node:path/posix';
import { CorruptStructureError, LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { RootTree } from '../../filesystem/filesystem.ts';
import { cniFolder } from './component-name.ts';
import { numberAt, type Table, tableAt, tablesOf, textAt, textsAt } from './document.ts';

/** A program that containerd runs, and the file that says so. */
export interface NamedProgram {
  /** A path, or a name for the search path. */
  readonly program: string;
  readonly file: string;
  /** False for containerd's defaults: that such a program is missing says nothing. */
  readonly explicit: boolean;
}

export interface ContainerdConfiguration {
  readonly programs: readonly NamedProgram[];
  readonly cni: CniPlaces;
}

export interface CniPlaces {
  readonly binFolders: readonly string[];
  readonly confFolder: string;
  /** How many files of the folder are in use, the first ones; 0 means all. */
  readonly maximum: number;
}

/** What containerd and CRI-O take where nothing is configured. */
export const defaultCniPlaces: CniPlaces = { binFolders: [cniFolder], confFolder: '/etc/cni/net.d', maximum: 1 };

/** containerd, docs/cri/config.md: the plug-in that configures Kubernetes' runtimes, by configuration version 3, 2 and 1. */
const criPlugins = ['io.containerd.cri.v1.runtime', 'io.containerd.grpc.v1.cri', 'cri'] as const;
const defaultShim = 'containerd-shim-runc-v2';

interface Document {
  readonly path: string;
  readonly table: Table;
}

/** The configuration file and what it imports; containerd's defaults where there is none. Damage throws. */
export async function readContainerdConfiguration(root: RootTree, path: string): Promise<ContainerdConfiguration> {
  const documents = await readDocuments(root, path);
  const programs = documents.flatMap((document) => runtimesOf(document.table).flatMap((runtime) => programsOf(runtime, document.path)));
  if (programs.length > limits.components) throw new LimitExceededError(`containerd configuration: ${programs.length} programs`);
  const defaults = [defaultShim, 'runc'].map((program) => ({ program, file: documents[0]?.path ?? path, explicit: false }));
  return { programs: [...programs, ...defaults], cni: placesOf(documents) };
}

async function readDocuments(root: RootTree, path: string): Promise<readonly Document[]> {
  const documents: Document[] = [];
  const seen = new Set<string>();
  const waiting = [path];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (seen.size > limits.configurationFiles) throw new LimitExceededError(`containerd configuration: more than ${limits.configurationFiles} files`);
    const bytes = await root.readFile(next, limits.configurationBytes);
    if (bytes === undefined) continue;
    const table = await parseToml(Buffer.from(bytes).toString('utf8'), next);
    documents.push({ path: next, table });
    for (const pattern of textsAt(table, 'imports')) waiting.push(...(await expand(root, pattern, dirname(next))));
  }
  return documents;
}

/** Loaded when there is such a file: most commands read none. */
async function parseToml(text: string, path: string): Promise<Table> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) throw new CorruptStructureError(path, 0, { cause: error });
    throw error;
  }
}

/** Go's filepath.Glob, in the last part of the path. */
async function expand(root: RootTree, pattern: string, folder: string): Promise<readonly string[]> {
  const path = pattern.startsWith('/') ? pattern : join(folder, pattern);
  if (!/[*?[]/.test(path)) return [path];
  const name = new RegExp(`^${basename(path).replaceAll(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);
  const entries = (await root.readDirectory(dirname(path))) ?? [];
  return entries.map((entry) => entry.name).filter((entry) => name.test(entry)).toSorted().map((entry) => join(dirname(path), entry));
}

function runtimesOf(table: Table): readonly Table[] {
  return criPlugins.flatMap((plugin) => {
    const containerd = tableAt(table, 'plugins', plugin, 'containerd');
    const named = Object.values(tableAt(containerd, 'runtimes'));
    return tablesOf([...named, containerd.default_runtime, containerd.untrusted_workload_runtime]);
  });
}

function programsOf(runtime: Table, file: string): readonly NamedProgram[] {
  const shim = textAt(runtime, 'runtime_path') ?? shimOf(textAt(runtime, 'runtime_type'));
  const options = tableAt(runtime, 'options');
  // `runtime_engine` and `Runtime` are what version 1 calls it.
  const binary = textAt(options, 'BinaryName') ?? textAt(options, 'Runtime') ?? textAt(runtime, 'runtime_engine');
  return [shim, binary].filter((program) => program !== undefined).map((program) => ({ program, file, explicit: true }));
}

/** containerd, core/runtime/v2: `io.containerd.runc.v2` is run by `containerd-shim-runc-v2`; a path is the shim itself. */
function shimOf(type: string | undefined): string | undefined {
  if (type === undefined || type.startsWith('/')) return type;
  const [name, version] = type.split('.').slice(-2);
  return name === undefined || version === undefined || type.split('.').length < 3 ? undefined : `containerd-shim-${name}-${version}`;
}

/** Later files override earlier ones. */
function placesOf(documents: readonly Document[]): CniPlaces {
  return documents.flatMap(({ table }) => criPlugins.map((plugin) => tableAt(table, 'plugins', plugin, 'cni'))).reduce<CniPlaces>((places, cni) => {
    const folder = textAt(cni, 'bin_dir');
    const several = textsAt(cni, 'bin_dirs');
    return {
      binFolders: several.length > 0 ? several : folder === undefined ? places.binFolders : [folder],
      confFolder: textAt(cni, 'conf_dir') ?? places.confFolder,
      maximum: numberAt(cni, 'max_conf_num') ?? places.maximum,
    };
  }, defaultCniPlaces);
}
