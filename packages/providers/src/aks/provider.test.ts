import { describeProviderContract } from '../provider.contract.ts';
import { smallFleet, startAzure } from './aks-under-test.ts';
import { newImage, nodeName } from './azure-fleet-for-tests.ts';

describeProviderContract('aks', async () => {
  const azure = await startAzure(smallFleet);
  return {
    provider: await azure.openProvider({ readReferenceImages: true }),
    readableNode: { cluster: 'prod', pool: 'system', node: nodeName({ name: 'system' }, 0) },
    readableImage: newImage,
    dispose: async () => azure[Symbol.asyncDispose](),
  };
});
