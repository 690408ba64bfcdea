import { join } from 'node:path';
import { type NodeImageLists, openNodeImageLists, openOutbound, type Outbound } from '@nodeward/providers';
import type { ServerConfig } from '../config.ts';

/** What connections and advisory updates get from outside: one of each in the server. */
export interface OutsideSources {
  readonly outbound: Outbound;
  readonly lists: NodeImageLists;
  /** Of all connections but the sample fleet and folders of images, which bring their own. */
  readonly advisoryFolder: string;
  /** Address or folder in place of the publishers. */
  readonly advisoryMirror: string | undefined;
  /** Base names of the programs that a kubeconfig may run for its credentials. */
  readonly allowExec: readonly string[];
  /** What credentials and proxies are looked up in. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws `InvalidConfigurationError` where a proxy variable or the CA file is wrong. */
export async function openOutsideSources({ dataDir, allowExec, outside }: Pick<ServerConfig, 'dataDir' | 'allowExec' | 'outside'>, now: () => Date): Promise<OutsideSources> {
  const { environment, caFile, advisoryMirror, nodeImageMirror } = outside;
  const outbound = await openOutbound({ environment, ...(caFile === undefined ? {} : { caFile }) });
  const lists = await openNodeImageLists({ folder: join(dataDir, 'node-image-lists'), outbound, now, ...(nodeImageMirror === undefined ? {} : { mirror: nodeImageMirror }) });
  return { outbound, lists, advisoryFolder: join(dataDir, 'advisories'), advisoryMirror, allowExec, environment };
}
