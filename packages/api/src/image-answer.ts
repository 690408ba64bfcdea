import * as z from 'zod';
import { count, identifier, instant } from './vocabulary.ts';

const image = z.object({ version: z.string(), publishedAt: instant.nullable() });

/** "Which image fixes this?", for one family of node images (`2204gen2containerd`). */
export const imageFamilyAnswer = z.object({
  family: z.string(),
  operatingSystem: z.string(),
  /** Why its images could not be listed at all; then nothing else is known. */
  failure: z.string().nullable(),
  /** Images whose contents are known, and the oldest and newest of them. */
  images: count,
  oldest: image.nullable(),
  newest: image.nullable(),
  /** `clean`: the newest image is without it; `affected`: it is in the newest, fix or no fix; `never`: no image has it; `unknown`: the newest could not be told, or not all of it. */
  state: z.enum(['clean', 'affected', 'never', 'unknown']),
  /** The newest image has it although a fix has been published. */
  fixIsOut: z.boolean(),
  /** The first image that carries the published fix, after one that did not. */
  firstFixed: image.nullable(),
  /** Images where it came back after it had been gone. */
  cameBack: z.array(image),
  /** The first image after which it stays away. */
  goneSince: image.nullable(),
  /** Images of which it cannot be told, with why. */
  undetermined: z.array(image.extend({ reason: z.string() })),
  /** Images that have it in something that no vendor has fixed. */
  withoutFix: z.array(image),
  /** What the publisher's own vulnerability data say of the newest image, where it was reached. */
  secondOpinion: z.object({ active: z.boolean(), mitigatedIn: z.array(z.string()), agrees: z.boolean() }).nullable(),
});
export type ImageFamilyAnswer = z.infer<typeof imageFamilyAnswer>;

export const imageAnswer = z.object({
  vulnerability: identifier,
  /** Of the systems that the connected clusters run; those that have been read so far. */
  families: z.array(imageFamilyAnswer),
  /** What lists of packages leave open of it; then no family is said to be without it, and the images that are named speak of packages alone. */
  untold: z.array(z.enum(['go-modules', 'kubelet', 'go-advisories', 'kubernetes-advisories'])),
  /** Images while they are still being fetched and matched; ask again then. */
  reading: z.object({ done: count, of: count.nullable() }).nullable(),
  /** Null where there is no advisory database yet. */
  advisoryDatabaseRevision: z.string().nullable(),
});
export type ImageAnswer = z.infer<typeof imageAnswer>;
