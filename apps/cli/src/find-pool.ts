import type { ApiClient, Recommendation } from '@nodeward/api';
import { WrongUseError } from './exit-status.ts';
import { printable } from './printable.ts';

const namesShown = 20;

/** By `CLUSTER/POOL`; names may repeat in different connections, and then `CONNECTION/CLUSTER/POOL` tells. */
export async function findPool(api: ApiClient, name: string): Promise<Recommendation> {
  const { recommendations } = await api.call('listRecommendations', {});
  const found = recommendations.filter((pool) => nameOf(pool) === name || `${pool.connection}/${nameOf(pool)}` === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only !== undefined) throw new WrongUseError(printable(`${name} is a node pool of several connections: ${found.map(({ connection }) => `${connection}/${name}`).join(', ')}`));
  throw new WrongUseError(printable(`no node pool ${name}; ${known(recommendations.map(nameOf).toSorted())}`));
}

function nameOf({ cluster, pool }: Recommendation): string {
  return `${cluster}/${pool}`;
}

function known(names: readonly string[]): string {
  if (names.length === 0) return 'the server knows none';
  const more = names.length - namesShown;
  return `there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, namesShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
