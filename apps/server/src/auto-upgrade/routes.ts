import type { AutoUpgrade } from '@nodeward/api';
import type { ClusterWriter } from '@nodeward/providers';
import type { Dependencies } from '../dependencies.ts';
import { ConflictError, NotFoundError } from '../http/errors.ts';
import type { Handlers } from '../http/handlers.ts';
import { describeAutoUpgrade, toProviderSettings } from './describe.ts';
import { type ClusterSettings, clusterSettings, storeSettings } from './store.ts';

const callTimeoutMs = 60_000;

export function autoUpgradeHandlers(deps: Dependencies): Pick<Handlers, 'getAutoUpgrade' | 'changeAutoUpgrade'> {
  return {
    getAutoUpgrade: ({ parameters: { clusterId } }) => described(deps, clusterId),

    async changeAutoUpgrade({ parameters: { clusterId }, body }) {
      const cluster = await needCluster(deps, clusterId);
      const settings = toProviderSettings(body);
      await (await needSetter(deps, cluster))(cluster.cluster, settings, AbortSignal.timeout(callTimeoutMs));
      await storeSettings(deps.db, clusterId, settings);
      deps.events.publish({ type: 'cluster', clusterId });
      return described(deps, clusterId);
    },
  };
}

async function described(deps: Dependencies, clusterId: string): Promise<AutoUpgrade> {
  const cluster = await needCluster(deps, clusterId);
  const told = describeAutoUpgrade(cluster.settings, cluster);
  if (told === null) throw new NotFoundError('automatic upgrade of cluster', clusterId);
  return told;
}

async function needCluster(deps: Dependencies, clusterId: string): Promise<ClusterSettings> {
  const cluster = await clusterSettings(deps.db, clusterId);
  if (cluster === undefined) throw new NotFoundError('cluster', clusterId);
  return cluster;
}

type SetAutoUpgrade = NonNullable<ClusterWriter['setAutoUpgrade']>;

async function needSetter(deps: Dependencies, { connectionId, settings, changeable }: ClusterSettings): Promise<SetAutoUpgrade> {
  if (settings === null) throw new ConflictError('the environment of this cluster knows no automatic upgrade');
  const writer = (await deps.providers.get(connectionId)?.open())?.writer;
  const set = writer?.setAutoUpgrade?.bind(writer);
  if (!changeable || set === undefined) throw new ConflictError('this connection may read the settings and not change them');
  return set;
}
