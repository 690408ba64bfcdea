import type { Package } from '../model/inventory.ts';
import { ecosystemOf } from '../model/operating-system.ts';
import type { ListedPackage } from './listed-package.ts';
import { type NamedSource, resolveSource, type SourceWitnesses } from './source-names.ts';

/** `sourceKnown` where a witness names the source; a guess is matched under all the same, and is no knowledge. */
interface Resolved extends NamedSource {
  readonly isKnown: boolean;
}

/**
 * Sources of the binaries of a list of rpms, which names none (design.md §5). In this order: the
 * advisories name a source of the binary's own name; a disk or the user said so; the binary is a
 * sub-package by rpm's naming, `NAME-part`, of a package of exactly its version and release; it is
 * `NAME-libs` and the like of a source that the advisories name and that is not installed otherwise.
 * `perl-Socket` of perl follows neither rule: another version is another source, until somebody says.
 */
export function resolveRpmSources(listed: readonly ListedPackage[], witnesses: SourceWitnesses): readonly Package[] {
  const versions = Map.groupBy(listed, ({ name }) => name);
  const resolved = new Map<ListedPackage, Resolved>();
  // Shortest names first: what a package is a part of is resolved before it.
  for (const found of listed.toSorted((a, b) => a.name.length - b.name.length)) resolved.set(found, resolve(found, versions, resolved, witnesses));
  const families = Map.groupBy(listed, (found) => resolved.get(found)?.source ?? found.name);
  return listed.map((found) => {
    const { source, isKnown, versions: ofSource } = resolved.get(found) ?? { source: found.name, isKnown: false };
    const sourceVersion = sourceVersionOf(found, { source, ...(ofSource === undefined ? {} : { versions: ofSource }) }, families.get(source) ?? []);
    return { ...found, source, sourceVersion, sourceKnown: isKnown && sourceVersion !== '' };
  });
}

/** Sub-packages that rpm's guidelines name, and that inherit the source's version. */
const conventionalPart = /-(?:devel|docs?|lang|libs?|static)$/;

function resolve(found: ListedPackage, versions: ReadonlyMap<string, readonly ListedPackage[]>, resolved: ReadonlyMap<ListedPackage, Resolved>, witnesses: SourceWitnesses): Resolved {
  const { name } = found;
  if (isNamed(name, witnesses)) return { source: name, isKnown: true };
  const said = resolveSource(name, witnesses.operatingSystem, witnesses.sourceNames, witnesses.advisories);
  if (said.kind === 'known') return { ...said, isKnown: true };
  if (said.kind === 'in-no-advisory') return { source: name, isKnown: true };
  for (let end = name.lastIndexOf('-'); end > 0; end = name.lastIndexOf('-', end - 1)) {
    const sibling = versions.get(name.slice(0, end))?.find(({ version }) => version === found.version);
    const source = sibling === undefined ? undefined : resolved.get(sibling);
    // Whatever `versions` says holds of the sibling's name only.
    if (source !== undefined) return { source: source.source, isKnown: source.isKnown };
  }
  const main = name.replace(conventionalPart, '');
  return main === name || versions.has(main) ? { source: name, isKnown: false } : { source: main, isKnown: isNamed(main, witnesses) };
}

function isNamed(source: string, { operatingSystem, advisories }: SourceWitnesses): boolean {
  const ecosystem = ecosystemOf(operatingSystem);
  return ecosystem !== undefined && advisories !== undefined && advisories.ranges(ecosystem, source).length > 0;
}

/**
 * Sub-packages have their source's version unless their spec says otherwise, and then mostly its
 * release (perl's do). Empty where the binary's version is its own and nothing tells the source's:
 * then nothing that is known of the source can be compared, which is not the same as unaffected.
 */
function sourceVersionOf(found: ListedPackage, { source, versions }: NamedSource, family: readonly ListedPackage[]): string {
  const said = versions?.get(found.version);
  if (said !== undefined || found.name === source) return said ?? found.version;
  const anchors = new Set(family.filter(({ name }) => name === source || name.replace(conventionalPart, '') === source).map(({ version }) => version));
  if (anchors.has(found.version)) return found.version;
  const ofRelease = [...anchors].filter((version) => releaseOf(version) === releaseOf(found.version));
  const [only] = ofRelease;
  if (only !== undefined && ofRelease.length === 1) return only;
  const isOwn = versions !== undefined || anchors.size > 0 || (ownVersions.has(source) && found.name.startsWith(`${source}-`));
  const isOneOfMany = new Set(family.map(({ version }) => version)).size > 1;
  return isOwn || isOneOfMany ? '' : found.version;
}

/** Sources whose parts are numbered by themselves. */
const ownVersions: ReadonlySet<string> = new Set(['perl', 'python3']);

function releaseOf(version: string): string {
  return version.slice(version.lastIndexOf('-') + 1);
}
