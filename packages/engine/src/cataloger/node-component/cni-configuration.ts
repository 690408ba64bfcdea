import { extname, join } from 'node:path/posix';
import { LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { RootTree } from '../../filesystem/filesystem.ts';
import { isTable, type Table, tablesOf, textAt } from './document.ts';

export interface CniConfiguration {
  /** `type` of a plug-in, which is its binary's name, and the file that names it. */
  readonly plugins: readonly { readonly type: string; readonly file: string; readonly explicit: boolean }[];
  /** Files that come first and cannot be understood. */
  readonly unreadable: readonly string[];
}

const extensions = new Set(['.conf', '.conflist', '.json']);
/** flannel hands over to these unless its configuration says otherwise. */
const flannelDelegates = ['bridge', 'host-local'];
/** A plug-in in a plug-in in a plug-in: real chains are two deep. */
const deepest = 8;

/** The configuration in use: the first `maximum` files in the order of their names (0: all of them). */
export async function readCniConfiguration(root: RootTree, folder: string, maximum: number): Promise<CniConfiguration> {
  const entries = (await root.readDirectory(folder)) ?? [];
  const names = entries.map(({ name }) => name).filter((name) => extensions.has(extname(name))).toSorted();
  const plugins: CniConfiguration['plugins'][number][] = [];
  const unreadable: string[] = [];
  let used = 0;
  for (const name of names.slice(0, limits.configurationFiles)) {
    if (maximum > 0 && used >= maximum) break;
    const file = join(folder, name);
    const bytes = await root.readFile(file, limits.configurationBytes);
    const types = bytes === undefined ? [] : typesOf(parse(Buffer.from(bytes).toString('utf8')));
    if (types.length === 0) unreadable.push(file);
    else used += 1;
    if (plugins.length + types.length > limits.components) throw new LimitExceededError(`${file}: more than ${limits.components} plug-ins`);
    plugins.push(...types.map((found) => ({ ...found, file })));
  }
  return { plugins, unreadable };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** CNI specification, "Configuration format": a list has `plugins`; a file of the old kind is one plug-in. */
function typesOf(document: unknown): readonly { readonly type: string; readonly explicit: boolean }[] {
  if (!isTable(document)) return [];
  const listed = tablesOf(document.plugins);
  return (listed.length > 0 ? listed : [document]).flatMap((plugin) => typesOfPlugin(plugin, deepest));
}

function typesOfPlugin(plugin: Table, depth: number): readonly { readonly type: string; readonly explicit: boolean }[] {
  const type = textAt(plugin, 'type');
  if (type === undefined || depth === 0 || type.includes('/')) return [];
  const inner = [plugin.ipam, plugin.delegate].filter(isTable);
  const delegates = [...inner, ...tablesOf(plugin.delegates), ...tablesOf(plugin.plugins)].flatMap((each) => typesOfPlugin(each, depth - 1));
  const implied = type === 'flannel' ? flannelDelegates.map((name) => ({ type: name, explicit: false })) : [];
  return [{ type, explicit: true }, ...delegates, ...implied];
}
