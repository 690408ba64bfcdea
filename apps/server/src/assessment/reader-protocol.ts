import { componentFamilies, componentStates, componentVersionSources, coverageReasons, coverageStates, createInventory, type EvidenceGrade, factClasses, type Inventory, limits, type Reading, type RunningKernel } from '@nodeward/engine';
import * as z from 'zod';

/** Parent to child, first of all. */
export interface StartMessage {
  readonly type: 'start';
  /** Bytes. */
  readonly size: number;
  readonly runningKernel?: RunningKernel;
}

/** Parent to child: the answer to one `read`. */
export type BytesMessage =
  | { readonly type: 'bytes'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'failed'; readonly id: number; readonly truncated: boolean };

export type ParentMessage = StartMessage | BytesMessage;

/** The largest range that the child may ask for at once; the engine's block cache asks for 4 MiB. */
export const maxReadLength = 8 * 1024 * 1024;

/** PostgreSQL text cannot hold a NUL, and nothing that a disk says may be endless. */
const text = (max: number): z.ZodString => z.string().max(max).regex(/^[^\0]*$/);
const name = text(1000);

const coverageEntry = z.strictObject({
  subject: name,
  state: z.enum(coverageStates),
  reason: z.enum(coverageReasons),
  detail: text(4000).optional(),
});

const runningKernel = z.strictObject({ release: text(200), from: z.enum(['node-object', 'journal', 'kern-log', 'dmesg', 'only-kernel-image']) });

const path = text(4096);

const component = z.strictObject({
  family: z.enum(componentFamilies),
  name,
  path,
  version: name.optional(),
  versionFrom: z.enum(componentVersionSources).optional(),
  package: name.optional(),
  mainModule: name.optional(),
  goVersion: text(4096).optional(),
  modules: z.array(z.strictObject({ path: name, version: name })).max(limits.goModules).optional(),
});

const componentFile = z.strictObject({
  family: z.enum(componentFamilies),
  name,
  path,
  size: z.int().nonnegative(),
  state: z.enum(componentStates),
  namedBy: path.optional(),
});

const reading = z.strictObject({
  inventory: z
    .object({
      operatingSystem: z.strictObject({ id: name, versionId: name, codename: name.optional(), prettyName: name }),
      packages: z
        .array(z.strictObject({ name, version: name, architecture: name, source: name, sourceVersion: name, sourceKnown: z.boolean() }))
        .max(limits.packages),
      components: z.array(component).max(limits.components),
    })
    .optional(),
  facts: z.object({
    runningKernel: runningKernel.optional(),
    componentFiles: z.array(componentFile).max(limits.components).optional(),
    evidencePaths: z.partialRecord(z.enum(factClasses), path),
  }),
  coverage: z.array(coverageEntry).max(20_000),
});

/** Child to parent. The child has parsed hostile bytes: nothing that it says is believed before it has passed here. */
export const childMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('read'), id: z.int().nonnegative(), offset: z.int().nonnegative(), length: z.int().min(0).max(maxReadLength) }),
  z.strictObject({ type: z.literal('reading'), reading }),
]);
export type ChildMessage = z.infer<typeof childMessage>;
type ChildReading = z.infer<typeof reading>;

/** The parent counts what it served and derives the inventory's id itself: the child could name another inventory's. */
export function toReading(answer: ChildReading, grade: EvidenceGrade, served: { readonly bytes: number; readonly requests: number }): Reading {
  const { inventory, facts, coverage } = answer;
  return {
    ...(inventory === undefined ? {} : { inventory: toInventory(inventory) }),
    facts: {
      grade,
      ...(facts.runningKernel === undefined ? {} : { runningKernel: facts.runningKernel }),
      ...(facts.componentFiles === undefined ? {} : { componentFiles: facts.componentFiles.map((file) => withoutUndefined(file)) }),
      evidencePaths: withoutUndefined(facts.evidencePaths),
    },
    coverage: coverage.map((entry) => withoutUndefined(entry)),
    bytesRead: served.bytes,
    requests: served.requests,
  };
}

function toInventory({ operatingSystem, packages, components }: NonNullable<ChildReading['inventory']>): Inventory {
  return createInventory(withoutUndefined(operatingSystem), packages, components.map((component) => withoutUndefined(component)));
}

type WithoutUndefined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** A schema's optional key may hold `undefined`; the engine's may only be absent. */
function withoutUndefined<T extends object>(value: T): WithoutUndefined<T>;
function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined));
}
