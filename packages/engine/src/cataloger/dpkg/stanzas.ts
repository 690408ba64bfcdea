import { limits } from '../../base/limits.ts';

/** One paragraph of a control file (deb822(5)): field names in lower case, folded values joined by line feeds. */
export type Stanza = ReadonlyMap<string, string>;

export interface ControlFile {
  readonly stanzas: readonly Stanza[];
  /** A line is none of deb822's, or a field is over the limit; or the last line has no end. */
  readonly damage?: 'corrupt-structure' | 'truncated';
}

/** Fields that a caller wants; all others are skipped without being kept. */
export type WantedFields = ReadonlySet<string>;

/** Reads line by line, so that descriptions and file lists of megabytes cost nothing. */
export function parseStanzas(text: string, wanted: WantedFields): ControlFile {
  const stanzas: Stanza[] = [];
  let stanza = new Map<string, string>();
  let field = '';
  let whole = true;
  let started = false;
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(at, text.charCodeAt(end - 1) === 13 && end > at ? end - 1 : end);
    at = end + 1;
    if (isBlank(line)) {
      if (started) stanzas.push(stanza);
      stanza = new Map();
      started = false;
      field = '';
    } else if (isContinuation(line)) {
      whole &&= started && append(stanza, field, line);
    } else {
      started = true;
      field = start(stanza, line, wanted) ?? '';
      whole &&= hasField(line);
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

/** The field's name where it is wanted; a field given twice keeps its last value, as dpkg does. */
function start(stanza: Map<string, string>, line: string, wanted: WantedFields): string | undefined {
  const colon = line.indexOf(':');
  if (colon < 0) return undefined;
  const name = line.slice(0, colon).toLowerCase();
  if (!wanted.has(name)) return undefined;
  stanza.set(name, line.slice(colon + 1, colon + 1 + limits.fieldBytes).trim());
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
