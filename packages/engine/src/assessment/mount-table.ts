import type { RootTree } from '../filesystem/filesystem.ts';

/** One thing to be mounted, as fstab(5) or systemd.mount(5) names it. */
export interface MountEntry {
  /** `UUID=…`, `LABEL=…`, `PARTUUID=…`, `/dev/…`, or what no disk carries. */
  readonly what: string;
  /** Absolute, without a trailing slash. */
  readonly where: string;
  readonly type: string;
  readonly options: readonly string[];
}

const tableLimit = 1024 * 1024;
const unitFolder = '/etc/systemd/system';

/** What the tree says about further filesystems: `/etc/fstab` and the administrator's mount units. */
export async function readMountTable(root: RootTree): Promise<readonly MountEntry[]> {
  const table = await root.readFile('/etc/fstab', tableLimit);
  const entries = table === undefined ? [] : parseFstab(Buffer.from(table).toString('utf8'));
  const units = (await root.readDirectory(unitFolder)) ?? [];
  const fromUnits: MountEntry[] = [];
  for (const { name } of units.filter((unit) => unit.name.endsWith('.mount'))) {
    const unit = await root.readFile(`${unitFolder}/${name}`, tableLimit);
    const entry = unit === undefined ? undefined : parseMountUnit(Buffer.from(unit).toString('utf8'));
    if (entry !== undefined) fromUnits.push(entry);
  }
  return [...entries, ...fromUnits];
}

export function parseFstab(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [what, where, type = 'auto', options = ''] = line.trim().split(/[ \t]+/);
    if (what === undefined || where === undefined || what.startsWith('#')) return [];
    return entry(unescape(what), unescape(where), type, options);
  });
}

export function parseMountUnit(text: string): MountEntry | undefined {
  const value = (key: string): string => new RegExp(`^\\s*${key}\\s*=\\s*(.*?)\\s*$`, 'm').exec(text)?.[1] ?? '';
  return entry(value('What'), value('Where'), value('Type') || 'auto', value('Options'))[0];
}

function entry(what: string, where: string, type: string, options: string): readonly MountEntry[] {
  const names = where.split('/').filter((name) => name !== '' && name !== '.');
  if (what === '' || !where.startsWith('/') || names.includes('..')) return [];
  return [{ what, where: `/${names.join('/')}`, type, options: options.split(',') }];
}

/** fstab(5): spaces and tabs are written as octal numbers. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
