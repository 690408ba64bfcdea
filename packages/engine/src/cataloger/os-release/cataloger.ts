import type { Coverage } from '../../base/coverage.ts';
import type { OperatingSystem } from '../../model/operating-system.ts';
import type { Cataloger } from '../cataloger.ts';

/** os-release(5): the first one that exists counts. */
const paths = ['/etc/os-release', '/usr/lib/os-release'] as const;
const sizeLimit = 256 * 1024;

/** Which operating system the tree holds. */
export const osReleaseCataloger: Cataloger = {
  id: 'os-release',
  subject: 'operating-system',
  catalog: async (root, coverage) => {
    for (const path of paths) {
      const bytes = await root.readFile(path, sizeLimit);
      if (bytes === undefined) continue;
      const operatingSystem = parseOsRelease(Buffer.from(bytes).toString('utf8'));
      if (operatingSystem !== undefined) return { operatingSystem, evidencePath: path };
      noteUnknown(coverage, path);
      return undefined;
    }
    noteUnknown(coverage);
    return undefined;
  },
};

function noteUnknown(coverage: Coverage, detail?: string): void {
  coverage.add('operating-system', 'unreadable', 'operating-system-unknown', detail);
}

/** Undefined where there is no ID: "linux" would be the specification's default, and no vendor's. */
export function parseOsRelease(text: string): OperatingSystem | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, unquote(value));
  }
  const id = fields.get('ID') ?? '';
  if (!/^[a-z0-9._-]+$/.test(id)) return undefined;
  const versionId = fields.get('VERSION_ID') ?? '';
  const codename = fields.get('VERSION_CODENAME') ?? fields.get('UBUNTU_CODENAME');
  const prettyName = fields.get('PRETTY_NAME') ?? `${fields.get('NAME') ?? id} ${versionId}`.trim();
  return { id, versionId, prettyName, ...(codename === undefined ? {} : { codename }) };
}

/** Shell quoting: in double quotes a backslash guards `$`, `"`, `\` and the back quote; in single quotes nothing does. */
function unquote(value: string): string {
  const [, single] = /^'([^']*)'$/.exec(value) ?? [];
  if (single !== undefined) return single;
  const [, double] = /^"((?:[^"\\]|\\.)*)"$/.exec(value) ?? [];
  if (double !== undefined) return double.replaceAll(/\\([$"\\`])/g, '$1');
  return value.replaceAll(/\\(.)/g, '$1');
}
