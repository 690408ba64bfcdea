import { access, readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { InvalidConfigurationError } from '../errors.ts';
import { describeIssue, type Place, YamlSource } from './yaml-source.ts';

export const configurationName = 'nodeward.yaml';
/** A fleet of some thousand nodes; a larger file is a mistake. */
const largestBytes = 4 * 1024 * 1024;

const name = z.string().min(1).max(253).regex(/^[^\s/\\\p{C}]+$/u, 'may not contain spaces, slashes or control characters');
const imageName = z.string().min(1).max(253).regex(/^[^\s\p{C}]+$/u, 'may not contain spaces or control characters');
const path = z.string().min(1);
/** As Node objects report it; an image that was built without a stamp does not say it of itself. */
const kubelet = z.string().regex(/^v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/, 'must be a version such as v1.26.3');
const kubernetesVersion = z.string().regex(/^\d+\.\d+(\.\d+)?([-+][0-9A-Za-z.+-]+)?$/, 'must be a version such as 1.26.3, without a v');

const nodeSchema = z.strictObject({ name, path: path.optional(), image: imageName.optional(), kernel: name.optional(), kubelet: kubelet.optional() });
const imageSchema = z.strictObject({ name: imageName, path });
const poolSchema = z.strictObject({ name, image: imageName, kubernetesVersion: kubernetesVersion.optional(), kubelet: kubelet.optional(), newerImages: z.array(imageSchema).default([]), nodes: z.array(nodeSchema) });
const clusterSchema = z.strictObject({ name, kubernetesVersion: kubernetesVersion.optional(), region: name.optional(), pools: z.array(poolSchema) });
const configurationSchema = z.strictObject({ name: name.optional(), advisoryDatabase: path, sourceNames: path.optional(), clusters: z.array(clusterSchema) });

type FileContent = z.infer<typeof configurationSchema>;

/** `nodeward.yaml`, with every path made absolute. */
export type Configuration = FileContent & { readonly folder: string };
export type ConfiguredPool = z.infer<typeof poolSchema>;
export type ConfiguredNode = z.infer<typeof nodeSchema>;

/**
 * Reads the file anew. Whatever is wrong with it is an `InvalidConfigurationError` that names its
 * line. Disk images, lists and source names lie inside the folder or have absolute paths; the
 * advisory database may lie anywhere, also beside the folder. All of them must exist, except for the
 * disks of nodes: one that is not there is a node that cannot be reached.
 */
export async function readConfiguration(folder: string): Promise<Configuration> {
  const file = join(folder, configurationName);
  const source = new YamlSource(file, await readSource(file));
  const parsed = configurationSchema.safeParse(source.content, { error: describeIssue });
  if (!parsed.success) throw source.wrongContent(parsed.error);
  refuseDuplicates(parsed.data, source);
  const configuration = resolvePaths(folder, parsed.data, source);
  for (const { path: named, place } of namedFiles(configuration)) {
    if (!(await exists(named))) throw source.wrong(place, `${named} does not exist`);
  }
  return configuration;
}

function namedFiles({ advisoryDatabase, sourceNames, clusters }: Configuration): readonly { path: string; place: Place }[] {
  const images = clusters.flatMap((cluster, c) =>
    cluster.pools.flatMap((pool, p) => pool.newerImages.map((image, i) => ({ path: image.path, place: ['clusters', c, 'pools', p, 'newerImages', i, 'path'] }))),
  );
  const names = sourceNames === undefined ? [] : [{ path: sourceNames, place: ['sourceNames'] }];
  return [{ path: advisoryDatabase, place: ['advisoryDatabase'] }, ...names, ...images];
}

/** What cannot be looked at is not there, as far as this file is concerned. */
async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function readSource(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new InvalidConfigurationError(file, 0, code === 'ENOENT' ? 'the file is missing' : `cannot be read: ${code}`, { cause });
  });
  if (bytes.length > largestBytes) throw new InvalidConfigurationError(file, 0, `larger than ${largestBytes} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidConfigurationError(file, 0, 'not UTF-8 text', { cause });
  }
}

/** Names are keys: a cluster's in the file, a pool's and a node's in the cluster, an image's in the pool. */
function refuseDuplicates({ clusters }: FileContent, source: YamlSource): void {
  refuseSecond(clusters.map((cluster, index) => ({ name: cluster.name, place: ['clusters', index, 'name'] })), 'cluster', source);
  for (const [index, cluster] of clusters.entries()) {
    const pools = cluster.pools.map((pool, number) => ({ ...pool, place: ['clusters', index, 'pools', number] }));
    refuseSecond(pools.map((pool) => ({ name: pool.name, place: [...pool.place, 'name'] })), 'node pool', source);
    refuseSecond(pools.flatMap((pool) => pool.nodes.map((node, number) => ({ name: node.name, place: [...pool.place, 'nodes', number, 'name'] }))), 'node', source);
    for (const pool of pools) {
      const images = pool.newerImages.map((image, number) => ({ name: image.name, place: [...pool.place, 'newerImages', number, 'name'] }));
      refuseSecond([{ name: pool.image, place: [...pool.place, 'image'] }, ...images], 'image', source);
    }
  }
}

function refuseSecond(things: readonly { readonly name: string; readonly place: Place }[], kind: string, source: YamlSource): void {
  const seen = new Set<string>();
  for (const thing of things) {
    if (seen.has(thing.name)) throw source.wrong(thing.place, `${kind} ${thing.name} is named twice`);
    seen.add(thing.name);
  }
}

function resolvePaths(folder: string, content: FileContent, source: YamlSource): Configuration {
  const inside = (given: string, place: Place): string => insidePath(folder, given, () => source.wrong(place, `${given} lies outside the folder; give an absolute path`));
  const { sourceNames } = content;
  return {
    ...content,
    folder,
    advisoryDatabase: resolve(folder, content.advisoryDatabase),
    ...(sourceNames !== undefined && { sourceNames: inside(sourceNames, ['sourceNames']) }),
    clusters: content.clusters.map((cluster, index) => ({
      ...cluster,
      pools: cluster.pools.map((pool, number) => resolvePool(pool, ['clusters', index, 'pools', number], inside)),
    })),
  };
}

function resolvePool(pool: ConfiguredPool, place: Place, inside: (given: string, place: Place) => string): ConfiguredPool {
  return {
    ...pool,
    newerImages: pool.newerImages.map((image, index) => ({ ...image, path: inside(image.path, [...place, 'newerImages', index, 'path']) })),
    nodes: pool.nodes.map((node, index) => (node.path === undefined ? node : { ...node, path: inside(node.path, [...place, 'nodes', index, 'path']) })),
  };
}

function insidePath(folder: string, given: string, wrong: () => InvalidConfigurationError): string {
  if (isAbsolute(given)) return given;
  const absolute = resolve(folder, given);
  if (relative(folder, absolute).split(/[/\\]/)[0] === '..') throw wrong();
  return absolute;
}
