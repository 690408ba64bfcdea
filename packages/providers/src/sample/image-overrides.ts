import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { InvalidConfigurationError } from '../errors.ts';
import { sampleDisks } from './disk-catalog.ts';
import { readJson } from './json-file.ts';
import type { StateFolder } from './state-folder.ts';

const overridesSchema = z.record(z.string(), z.string());

export type ImageDisk = { readonly kind: 'bundled'; readonly name: string } | { readonly kind: 'file'; readonly path: string };

/** What a node finds on its disk when it boots from `image`. */
export async function diskOfImage(folder: StateFolder, image: string): Promise<ImageDisk> {
  const overrides = await readJson(folder.imageOverrides, overridesSchema);
  const disk = overrides?.[image] ?? image;
  if (isAbsolute(disk)) return { kind: 'file', path: disk };
  if (sampleDisks().some(({ name }) => name === disk)) return { kind: 'bundled', name: disk };
  throw new InvalidConfigurationError(folder.imageOverrides, 0, `no disk ${disk}`);
}
