import { limits } from '../../base/limits.ts';

/** One paragraph of a control file (deb822(5)): field names in lower case, folded values joined by line feeds. */
export type Stanza = ReadonlyMap<string, string>;

export interface ControlFile {
  readonly stanzas: readonly Stanza[];
  /** What dpkg itself refuses, or never writes: a line that is none of deb822's, control characters, a field twice in a stanza, a field over the limit; or the last line has no end. */
  readonly damage?: 'corrupt-structure' | 'truncated';
}

/** Fields that a caller wants; all others are skipped without being kept. */
export type WantedFields = ReadonlySet<string>;

/** All but tab and the ends of lines: a block that never reached the disk is zeros, and may begin and end in the middle of folded values. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * Reads line by line, so that descriptions and file lists of megabytes cost nothing. Where blocks are
 * lost the head of one stanza runs into the tail of another: fields that stand twice give it away.
 */
export function parseStanzas(text: string, wanted: WantedFields): ControlFile {
  const stanzas: Stanza[] = [];
  let stanza = new Map<string, string>();
  const names = new Set<string>();
  let field = '';
  let whole = !control.test(text);
  let started = false;
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(at, text.charCodeAt(end - 1) === 13 && end > at ? end - 1 : end);
    at = end + 1;
    if (isBlank(line)) {
      if (started) stanzas.push(stanza);
      stanza = new Map();
      names.clear();
      started = false;
      field = '';
    } else if (isContinuation(line)) {
      whole &&= started && append(stanza, field, line);
    } else {
      started = true;
      const name = line.slice(0, Math.max(0, line.indexOf(':'))).toLowerCase();
      field = start(stanza, line, name, wanted) ?? '';
      whole &&= hasField(line) && !names.has(name);
      names.add(name);
    }
  }
  if (started) stanzas.push(stanza);
  if (!whole) return { stanzas, damage: 'corrupt-structure' };
  return text === '' || text.endsWith('\n') ? { stanzas } : { stanzas, damage: 'truncated' };
}

function isBlank(line: string): boolean {
  return line === '' || line.trim() === '';
}

function isContinuation(line: string): boolean {
  const first = line.charCodeAt(0);
  return first === 32 || first === 9;
}

/** deb822(5): a name is printable ASCII without space and colon, and does not begin with `#` or `-`. */
function hasField(line: string): boolean {
  return /^[!"$-,./0-9;-~][!-9;-~]*:/.test(line) && line.length <= limits.fieldBytes;
}

/** The field's name where it is wanted. */
function start(stanza: Map<string, string>, line: string, name: string, wanted: WantedFields): string | undefined {
  if (!wanted.has(name)) return undefined;
  stanza.set(name, line.slice(name.length + 1, name.length + 1 + limits.fieldBytes).trim());
  return name;
}

/** False where a wanted value grows over the limit. */
function append(stanza: Map<string, string>, field: string, line: string): boolean {
  const value = stanza.get(field);
  if (value === undefined) return true;
  if (value.length + line.length > limits.fieldBytes) return false;
  stanza.set(field, `${value}\n${line.trim()}`);
  return true;
}
