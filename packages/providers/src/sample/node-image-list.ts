import { parseAksManifest, type SourceNames } from '@nodeward/engine';
import type { Evidence } from '../provider.ts';
import { sampleImages } from './disk-catalog.ts';
import type { ImageFact } from './facts.ts';

/**
 * What the publisher's list of an image says, as far as the sample has its facts: nodes with
 * ephemeral disks are known by nothing better. Read by the engine's own reader of such lists, so
 * that it knows no more than a list can.
 */
export function listEvidence(image: string): Evidence {
  const fact = sampleImages().find((candidate) => candidate.image === image);
  if (fact === undefined) return { kind: 'refused', cause: 'image-not-published', detail: image };
  const origin = `${image}.txt`;
  const { inventory, coverage } = parseAksManifest(Buffer.from(nodeImageList(fact)), { name: origin, sourceNames: sourceNames(fact) });
  if (inventory === undefined) throw new Error(`the list of ${image} gives no inventory`);
  return { kind: 'inventory', grade: 'manifest', inventory, coverage, origin };
}

function nodeImageList({ osVersion, containerd, runc, packages }: ImageFact): string {
  return [
    'Components downloaded in this VHD build',
    `  - [installed] containerd v${containerd}`,
    `  - runc version ${runc}`,
    '=== Installed Packages Begin',
    'Listing...',
    ...packages.map(({ name, version, architecture }) => `${name}/jammy,now ${version} ${architecture} [installed]`),
    '=== Installed Packages End',
    '=== os-release Begin',
    `PRETTY_NAME="Ubuntu ${osVersion} LTS"`,
    'VERSION_ID="22.04"',
    'VERSION_CODENAME=jammy',
    'ID=ubuntu',
    '=== os-release End',
    '',
  ].join('\n');
}

function sourceNames({ packages }: ImageFact): SourceNames {
  return new Map([['jammy', new Map(packages.map(({ name, source }) => [name, { source }]))]]);
}
