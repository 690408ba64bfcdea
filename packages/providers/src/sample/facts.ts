import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** One installed package of a node image, as the publisher's list and the archive give it. */
export interface PackageFact {
  readonly name: string;
  readonly source: string;
  readonly architecture: string;
  readonly version: string;
}

export interface ImageFact {
  readonly image: string;
  /** `VERSION` of os-release without its codename, for example `22.04.3`; `22.04` where the list has no os-release. */
  readonly osVersion: string;
  /** RFC 3339. */
  readonly builtAt: string;
  /** `uname -r`. */
  readonly kernel: string;
  /** `uname -v`. */
  readonly kernelBanner: string;
  /** As the publisher's list writes them: `1.7.5-1`, `1.1.9-1`. */
  readonly containerd: string;
  readonly runc: string;
  readonly packages: readonly PackageFact[];
}

const text = z.string().min(1);
const imageRow = z.tuple([text, z.string().regex(/^22\.04(\.\d)?$/), z.iso.datetime(), text, text, text, text]);

/** The facts of every node image of the sample, oldest first. */
export function readImageFacts(): readonly ImageFact[] {
  const packages = readPackageFacts();
  return readTable('images.tsv').rows.map((cells) => {
    const [image, osVersion, builtAt, kernel, kernelBanner, containerd, runc] = imageRow.parse(cells);
    return { image, osVersion, builtAt, kernel, kernelBanner, containerd, runc, packages: packages.get(image) ?? [] };
  });
}

/**
 * `packages.tsv` has one row per (package, source) and one column per image: a version, `=` where
 * it is that of the column before, `-` where the image does not have the package.
 */
function readPackageFacts(): ReadonlyMap<string, readonly PackageFact[]> {
  const { header, rows } = readTable('packages.tsv');
  const images = header.slice(3);
  const facts = new Map(images.map((image): [string, PackageFact[]] => [image, []]));
  for (const cells of rows) {
    const [name, source, architecture, ...versions] = z.array(text).length(header.length).parse(cells);
    let version = '-';
    for (const [column, cell] of versions.entries()) {
      if (cell !== '=') version = cell;
      if (version === '-') continue;
      facts.get(images[column] ?? '')?.push({ name: name ?? '', source: source ?? '', architecture: architecture ?? '', version });
    }
  }
  return facts;
}

function readTable(name: string): { header: readonly string[]; rows: readonly (readonly string[])[] } {
  const content = readFileSync(new URL(`facts/${name}`, import.meta.url), 'utf8');
  const [header = [], ...rows] = content.trimEnd().split('\n').map((line) => line.split('\t'));
  return { header, rows };
}
