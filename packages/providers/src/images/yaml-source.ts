import { type Alias, type Document, isMap, isNode, isScalar, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import type { z } from 'zod';
import { InvalidConfigurationError } from '../errors.ts';

/** Where in the file a thing stands: keys and indexes from the top. */
export type Place = readonly PropertyKey[];

/** One YAML file that can say on which line a thing stands. */
export class YamlSource {
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;
  readonly content: unknown;

  constructor(file: string, text: string) {
    this.#file = file;
    const documents = parseAllDocuments(text, { lineCounter: this.#lines, prettyErrors: false, merge: false });
    const [first, second] = Array.isArray(documents) ? documents : [];
    if (first === undefined || first.contents === null) throw new InvalidConfigurationError(file, 1, 'the file is empty');
    if (second !== undefined) throw this.#at(second.range[0], 'a second document is not allowed');
    const error = first.errors[0] ?? first.warnings[0];
    if (error !== undefined) throw this.#at(error.pos[0], `not YAML: ${error.message}`, error);
    this.#document = first;
    const wrong = wrongAlias(first);
    if (wrong !== undefined) throw this.#at(wrong.alias.range?.[0] ?? 0, wrong.what);
    this.content = this.#toContent();
  }

  wrong(place: Place, what: string): InvalidConfigurationError {
    return this.#at(this.#offset(place), what);
  }

  wrongContent(error: z.ZodError): InvalidConfigurationError {
    const issue = error.issues[0];
    const place = issue?.path ?? [];
    const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const where = unknownKey === undefined ? place : [...place, unknownKey];
    const subject = where.length === 0 ? '' : `${describePlace(where)}: `;
    return this.#at(this.#offset(where), `${subject}${issue?.message ?? 'wrong'}`, error);
  }

  /** Aliases are expanded up to a bound only: a short file must not become gigabytes. */
  #toContent(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      throw new InvalidConfigurationError(this.#file, 1, cause instanceof Error ? cause.message : 'not YAML', { cause });
    }
  }

  #at(offset: number, what: string, cause?: unknown): InvalidConfigurationError {
    return new InvalidConfigurationError(this.#file, this.#lines.linePos(offset).line, what.replaceAll(/\s+/g, ' '), { cause });
  }

  /** The key where the last step is one, else the nearest node around it that the file has. */
  #offset(place: Place): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const step of place) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
        if (pair === undefined || !isNode(pair.key)) return offset;
        offset = pair.key.range?.[0] ?? offset;
        node = isNode(pair.value) ? pair.value : null;
      } else {
        node = this.#item(node, step);
        offset = node?.range?.[0] ?? offset;
      }
    }
    return offset;
  }

  #item(node: Node | null, step: PropertyKey): Node | null {
    const items: readonly unknown[] = node !== null && 'items' in node && Array.isArray(node.items) ? node.items : [];
    const item = items[Number(step)];
    return isNode(item) ? item : null;
  }
}

/** To look one up takes time in proportion to the file, and the library gives up at as many. */
const mostAliases = 100;

/** The library notices a missing anchor too, but without its place. */
function wrongAlias(document: Document.Parsed): { alias: Alias; what: string } | undefined {
  const aliases: Alias[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      aliases.push(alias);
    },
  });
  const tooMany = aliases[mostAliases];
  if (tooMany !== undefined) return { alias: tooMany, what: `more than ${mostAliases} aliases` };
  const loose = aliases.find((alias) => alias.resolve(document) === undefined);
  return loose === undefined ? undefined : { alias: loose, what: `the alias *${loose.source} has no anchor before it` };
}

function describePlace(place: Place): string {
  return place.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('').replace(/^\./, '');
}

const expectedWords = new Map<string, string>([
  ['string', 'text'],
  ['array', 'a list'],
  ['object', 'keys and values'],
]);

/** Words an issue for somebody who wrote the file by hand; undefined leaves zod's own words. */
export const describeIssue: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys') return 'unknown key';
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'is missing';
  const expected = expectedWords.get(issue.expected) ?? issue.expected;
  return typeof issue.input === 'number' ? `must be ${expected}: put it into quotes` : `must be ${expected}`;
};
