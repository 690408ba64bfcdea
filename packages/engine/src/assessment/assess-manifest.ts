import { parseAksManifest } from '../image-catalog/aks-manifest.ts';
import type { SourceNames } from '../image-catalog/source-names.ts';
import type { AdvisoryLookup } from '../model/advisory-lookup.ts';
import type { Assessment } from '../model/assessment.ts';
import { assessReading, type AssessOptions } from './assess-reading.ts';

/** A published node-image list instead of a disk; `target` names it and is the evidence of its matches. */
export function assessManifest(
  bytes: Uint8Array,
  target: string,
  advisories: AdvisoryLookup,
  options: AssessOptions & { readonly sourceNames?: SourceNames | undefined } = {},
): Assessment {
  const reading = parseAksManifest(bytes, { name: target, sourceNames: options.sourceNames, advisories });
  return assessReading(reading, target, advisories, options);
}
