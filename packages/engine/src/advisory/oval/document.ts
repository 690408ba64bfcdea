import { SaxesParser } from 'saxes';
import { InvalidInputError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

/** One comparison of a definition, its references resolved: test, object and state of OVAL's linux schema. */
export interface OvalComparison {
  readonly package: string;
  /** OVAL's OperationEnumeration, as it stands: `less than`, `less than or equal`, `greater than`. */
  readonly operation: string;
  readonly evr: string;
}

/** One `<definition>`. A class, so that no JSON record can be taken for one. */
export class OvalDefinition {
  readonly id: string;
  /** Texts of the metadata by element name: `title`, `platform`, `severity`, `patchable`, … */
  readonly metadata: ReadonlyMap<string, string>;
  readonly references: readonly { readonly id: string; readonly url: string }[];
  readonly comparisons: readonly OvalComparison[];
  /** What this reader does not understand of its criteria: a format that has moved on. */
  readonly unknown: string | undefined;
  /** References to tests, objects or states that are not there. */
  readonly missing: string | undefined;
  /** When the document was made, RFC 3339; empty where it does not say. */
  readonly documentDate: string;

  constructor(raw: RawDefinition, comparisons: readonly OvalComparison[], missing: string | undefined, documentDate: string) {
    this.id = raw.id;
    this.metadata = raw.metadata;
    this.references = raw.references;
    this.comparisons = comparisons;
    this.unknown = raw.unknown;
    this.missing = missing;
    this.documentDate = documentDate;
  }
}

/** When the document was made, RFC 3339. */
export class OvalTimestamp {
  readonly date: string;

  constructor(date: string) {
    this.date = date;
  }
}

interface RawDefinition {
  id: string;
  readonly metadata: Map<string, string>;
  readonly references: { id: string; url: string }[];
  readonly tests: string[];
  unknown?: string;
}

/**
 * OVAL 5.11 (https://oval.mitre.org/language/version5.11/): definitions come first and name tests,
 * tests name an object (a package) and a state (a comparison). Throws `InvalidInputError` where the
 * text is no such document. Entities of the document's own are not expanded: a DOCTYPE is refused.
 */
export function readOvalDocument(text: string, what: string): readonly (OvalTimestamp | OvalDefinition)[] {
  const reader = new OvalReader(what);
  try {
    reader.read(text);
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new InvalidInputError(`${what} is damaged`, { cause: error });
  }
  return reader.records();
}

/** Those of the linux schema's rpminfo parts that Microsoft uses; anything else would change what a test means. */
const partsRead: Readonly<Record<string, readonly string[]>> = {
  rpminfo_test: ['object', 'state'],
  rpminfo_object: ['name'],
  rpminfo_state: ['evr'],
};

const deepest = 32;

type Attributes = Readonly<Record<string, string>>;

class OvalReader {
  readonly #what: string;
  readonly #path: string[] = [];
  readonly #definitions: RawDefinition[] = [];
  readonly #tests = new Map<string, { object: string; state: string }>();
  readonly #objects = new Map<string, string>();
  readonly #states = new Map<string, { operation: string; evr: string }>();
  /** Of tests, objects and states: what they hold and this reader does not know. */
  readonly #unknown = new Map<string, string>();
  /** Elements of the current part that were met. */
  readonly #partsMet = new Set<string>();
  #part = '';
  #text = '';
  #operation = '';
  #timestamp = '';

  constructor(what: string) {
    this.#what = what;
  }

  read(text: string): void {
    const parser = new SaxesParser();
    parser.on('doctype', () => { throw new InvalidInputError(`${this.#what} has a DOCTYPE, which no feed needs`); });
    parser.on('opentag', ({ name, attributes }) => this.#open(localName(name), attributes));
    parser.on('closetag', ({ name }) => this.#close(localName(name)));
    parser.on('text', (piece) => { this.#text += piece; });
    parser.on('cdata', (piece) => { this.#text += piece; });
    parser.write(text).close();
  }

  records(): readonly (OvalTimestamp | OvalDefinition)[] {
    const definitions = this.#definitions.map((raw) => this.#resolve(raw));
    return this.#timestamp === '' ? definitions : [new OvalTimestamp(this.#timestamp), ...definitions];
  }

  #open(name: string, attributes: Attributes): void {
    if (this.#path.length === 0 && name !== 'oval_definitions') throw new InvalidInputError(`${this.#what} is XML (${name.slice(0, 40)}), and no OVAL`);
    if (this.#path.length >= deepest) throw new InvalidInputError(`${this.#what} is nested deeper than ${deepest} elements`);
    const parent = this.#path.at(-1) ?? '';
    this.#path.push(name);
    this.#text = '';
    if (this.#path[1] === 'definitions') this.#openInDefinition(name, parent, attributes);
    else if (this.#path.length === 3 && this.#path[1] !== 'generator') this.#openPart(name, attributes);
    else if (this.#path.length === 4) this.#openInPart(name, parent, attributes);
  }

  #openInDefinition(name: string, parent: string, attributes: Attributes): void {
    if (name === 'definition') {
      if (this.#definitions.length >= limits.feedEntries) throw new InvalidInputError(`${this.#what} has more than ${limits.feedEntries} definitions`);
      this.#definitions.push({ id: attributes.id ?? '', metadata: new Map(), references: [], tests: [] });
      return;
    }
    const definition = this.#definitions.at(-1);
    if (definition === undefined) return;
    if (name === 'reference') definition.references.push({ id: attributes.ref_id ?? '', url: attributes.ref_url ?? '' });
    else if (name === 'criterion') definition.tests.push(attributes.test_ref ?? '');
    const isOtherCriteria = name === 'criteria' && (parent !== 'definition' || (attributes.operator ?? 'AND') !== 'AND');
    const isNegated = (name === 'criteria' || name === 'criterion') && (attributes.negate ?? 'false') !== 'false';
    if (isOtherCriteria || isNegated || name === 'extend_definition') definition.unknown ??= `${name} ${attributes.operator ?? ''}${isNegated ? ' negated' : ''}`.trim();
  }

  #openPart(name: string, attributes: Attributes): void {
    this.#part = attributes.id ?? '';
    this.#operation = '';
    this.#partsMet.clear();
    if (this.#tests.has(this.#part) || this.#objects.has(this.#part) || this.#states.has(this.#part)) throw new InvalidInputError(`${this.#what} has ${this.#part.slice(0, 80)} twice`);
    if (name === 'rpminfo_test') {
      this.#tests.set(this.#part, { object: '', state: '' });
      // "At least one" of the installed packages of that name: what a source's binaries mean here.
      if ((attributes.check ?? '') !== 'at least one' || (attributes.check_existence ?? 'at_least_one_exists') !== 'at_least_one_exists') this.#unknown.set(this.#part, `check ${attributes.check ?? ''}`);
    } else if (name === 'rpminfo_object') this.#objects.set(this.#part, '');
    else if (name === 'rpminfo_state') this.#states.set(this.#part, { operation: '', evr: '' });
    else this.#unknown.set(this.#part, name);
  }

  #openInPart(name: string, parent: string, attributes: Attributes): void {
    const isKnown = partsRead[parent]?.includes(name) === true;
    if (partsRead[parent] !== undefined && !isKnown) this.#unknown.set(this.#part, `${parent} by ${name}`);
    const test = this.#tests.get(this.#part);
    // Several states or values are joined by an operator that nothing here reads.
    if (this.#partsMet.has(name)) this.#unknown.set(this.#part, `${parent} with several of ${name}`);
    this.#partsMet.add(name);
    if (name === 'object' && test !== undefined) test.object = attributes.object_ref ?? '';
    else if (name === 'state' && test !== undefined) test.state = attributes.state_ref ?? '';
    else if (name === 'name' && (attributes.operation ?? 'equals') !== 'equals') this.#unknown.set(this.#part, `name ${attributes.operation}`);
    else if (name === 'evr') {
      this.#operation = attributes.operation ?? 'equals';
      if (attributes.datatype !== 'evr_string') this.#unknown.set(this.#part, `datatype ${attributes.datatype ?? ''}`);
    }
  }

  #close(name: string): void {
    const text = this.#text.trim();
    if (text.length > limits.fieldBytes) throw new InvalidInputError(`${this.#what} has a text of more than ${limits.fieldBytes} characters`);
    if (this.#path[1] === 'generator' && name === 'timestamp') this.#timestamp = text;
    else if (this.#path.includes('metadata')) {
      const metadata = this.#definitions.at(-1)?.metadata;
      if (text !== '' && metadata?.has(name) === false) metadata.set(name, text);
    } else if (name === 'name' && this.#objects.has(this.#part)) this.#objects.set(this.#part, text);
    else if (name === 'evr' && this.#states.has(this.#part)) this.#states.set(this.#part, { operation: this.#operation, evr: text });
    this.#text = '';
    this.#path.pop();
  }

  #resolve(raw: RawDefinition): OvalDefinition {
    const comparisons: OvalComparison[] = [];
    let missing = raw.tests.length === 0 ? 'criterion' : undefined;
    for (const reference of raw.tests) {
      const test = this.#tests.get(reference);
      const name = test === undefined ? undefined : this.#objects.get(test.object);
      const state = test === undefined ? undefined : this.#states.get(test.state);
      const unknown = [reference, test?.object ?? '', test?.state ?? ''].map((id) => this.#unknown.get(id)).find((found) => found !== undefined);
      if (unknown !== undefined) raw.unknown ??= unknown;
      if (name === undefined || name === '' || state === undefined || state.evr === '') missing ??= reference || 'test_ref';
      else comparisons.push({ package: name, ...state });
    }
    return new OvalDefinition(raw, comparisons, missing, this.#timestamp);
  }
}

/** Prefixes are the document's choice; the local names that are read here are unique in it. */
function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
