import type { AffectedRange } from '../model/advisory.ts';
import type { Inventory } from '../model/inventory.ts';
import type { NodeMatch } from '../model/match.ts';
import type { NodeFacts } from '../model/node-facts.ts';
import { ecosystemOf } from '../model/operating-system.ts';
import { packageFamilyOf } from '../model/package-family.ts';
import { semverScheme } from '../version/semver/scheme.ts';
import { channelsOf } from './channels.ts';
import { type ComponentSubject, componentSubjects } from './component-subject.ts';
import type { Judge } from './hits.ts';
import { type InstalledSource, installedSources } from './installed-source.ts';
import { judgeOfComponent } from './match-components.ts';
import { judgeOfSource, versionOrderOf } from './match-packages.ts';

/** Anything of an inventory that advisories speak of, package or component. */
export interface InstalledThing {
  readonly sourcePackage: string;
  readonly packageFamily: string;
  readonly component: string | null;
  readonly installedVersion: string;
  readonly kernelRelease: string | null;
  /** Everything that a person may call it. */
  readonly names: readonly string[];
  readonly ecosystems: readonly string[];
  readonly versionOrder: string;
  readonly evidence: string | null;
  /** For ranges of one of its ecosystems. */
  readonly judgeIn: (ecosystem: string) => Judge;
}

export function installedThings(inventory: Inventory, facts: NodeFacts): readonly InstalledThing[] {
  const ecosystem = ecosystemOf(inventory.operatingSystem);
  return [
    ...(ecosystem === undefined ? [] : installedSources(inventory.packages).map((installed) => thingOfSource(installed, ecosystem, inventory, facts))),
    ...inventory.components.flatMap(componentSubjects).map((subject) => thingOfComponent(subject, inventory)),
  ];
}

function thingOfSource(installed: InstalledSource, ecosystem: string, { operatingSystem }: Inventory, { evidencePaths }: NodeFacts): InstalledThing {
  const { source, version, kernelRelease, packages } = installed;
  const { own, base, subscription, builtOn } = channelsOf(ecosystem, source, version);
  const judge = judgeOfSource(installed, ecosystem, operatingSystem);
  const baseJudge = builtOn === undefined ? judge : judgeOfSource({ ...installed, version: builtOn }, ecosystem, operatingSystem);
  const packageFamily = packageFamilyOf(source);
  return {
    sourcePackage: source, packageFamily, component: null, installedVersion: version, kernelRelease,
    names: [source, packageFamily, ...packages.map(({ name }) => name)],
    ecosystems: [...own, base, ...(subscription === undefined ? [] : [subscription])],
    versionOrder: versionOrderOf(ecosystem),
    evidence: evidencePaths['os-packages'] ?? null,
    judgeIn: (channel) => (channel === base ? baseJudge : judge),
  };
}

function thingOfComponent(subject: ComponentSubject, { operatingSystem }: Inventory): InstalledThing {
  const { component: { family, name, path, package: owner }, package: sourcePackage, installedVersion, ecosystem } = subject;
  const judge = judgeOfComponent(subject, operatingSystem);
  return {
    sourcePackage, packageFamily: family, component: path, installedVersion, kernelRelease: null,
    names: [sourcePackage, family, name, path, `/${path}`, ...(owner === undefined ? [] : [owner])],
    ecosystems: [ecosystem],
    versionOrder: semverScheme.id,
    evidence: path === '' ? null : `/${path}`,
    judgeIn: () => judge,
  };
}

export function isOfThing({ sourcePackage, installedVersion, kernelRelease, component }: NodeMatch, thing: InstalledThing): boolean {
  return sourcePackage === thing.sourcePackage && installedVersion === thing.installedVersion && kernelRelease === thing.kernelRelease && component === thing.component;
}

export function speaksOf({ ecosystem, package: name }: AffectedRange, thing: InstalledThing): boolean {
  return name === thing.sourcePackage && thing.ecosystems.includes(ecosystem);
}
