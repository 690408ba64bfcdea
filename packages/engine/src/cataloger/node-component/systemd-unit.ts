/** What a unit starts, once its file and its drop-ins are read together. */
export interface UnitCommand {
  /** First word of the command line, without systemd's prefixes. */
  readonly program: string;
  readonly parameters: readonly string[];
  /** File that the command stands in: the unit or a drop-in. */
  readonly file: string;
}

export interface UnitText {
  readonly path: string;
  readonly text: string;
}

const prefixes = /^[-@:+!|]*/;

/**
 * The commands of `ExecStart=` in the unit and then in its drop-ins, in their order; an empty
 * assignment forgets all before it (systemd.syntax(7), systemd.service(5)).
 */
export function readCommands(texts: readonly UnitText[]): readonly UnitCommand[] {
  let commands: UnitCommand[] = [];
  for (const { path, text } of texts) {
    for (const value of assignments(text, 'Service', 'ExecStart')) {
      if (value === '') commands = [];
      else commands.push(...parseCommandLine(value).map((command) => ({ ...command, file: path })));
    }
  }
  return commands;
}

/** Values of one key in one section, in their order. */
function assignments(text: string, section: string, key: string): readonly string[] {
  let current = '';
  return logicalLines(text).flatMap((line) => {
    const header = /^\[([^\]]*)\]$/.exec(line)?.[1];
    if (header !== undefined) current = header;
    const [, name, value = ''] = /^([^=]+?)\s*=\s*(.*)$/s.exec(line) ?? [];
    return current === section && name === key ? [value] : [];
  });
}

/** A backslash at its end joins a line with the next by a blank; comments are left out, inside such a line too. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  let open = '';
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (/^[#;]/.test(line)) continue;
    if (line.endsWith('\\')) {
      open += `${line.slice(0, -1)} `;
      continue;
    }
    lines.push((open + line).trim());
    open = '';
  }
  return [...lines, open.trim()].filter((line) => line !== '');
}

function parseCommandLine(value: string): readonly Omit<UnitCommand, 'file'>[] {
  const commands: Word[][] = [[]];
  for (const word of splitWords(value)) {
    if (word.raw === ';') commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands.flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const prefix = prefixes.exec(first.text)?.[0] ?? '';
    const program = first.text.slice(prefix.length);
    // After `@` the next word is what the program is told to be called.
    const parameters = (prefix.includes('@') ? rest.slice(1) : rest).map(({ text }) => text);
    return program === '' ? [] : [{ program, parameters }];
  });
}

interface Word {
  readonly raw: string;
  /** Without quotes and escapes. */
  readonly text: string;
}

/** systemd.service(5), "Command lines": blanks part words, quotes hold them together; `%%` is the sign itself. */
function splitWords(value: string): readonly Word[] {
  const words: Word[] = [];
  let [start, text, quote] = [-1, '', ''];
  for (let at = 0; at <= value.length; at++) {
    const character = value.charAt(at);
    const isEnd = character === '' || (quote === '' && /\s/.test(character));
    if (isEnd && start !== -1) {
      words.push({ raw: value.slice(start, at), text: text.replaceAll('%%', '%') });
      [start, text] = [-1, ''];
    }
    if (isEnd) continue;
    if (start === -1) start = at;
    if (character === '\\') {
      const escape = /^x[0-9a-fA-F]{2}/.exec(value.slice(at + 1, at + 4))?.[0] ?? value.charAt(at + 1);
      text += unescape(escape);
      at += escape.length;
    } else if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else text += character;
  }
  return words;
}

function unescape(escape: string): string {
  if (escape.length === 3) return String.fromCharCode(parseInt(escape.slice(1), 16));
  return { s: ' ', n: '\n', t: '\t' }[escape] ?? escape;
}
