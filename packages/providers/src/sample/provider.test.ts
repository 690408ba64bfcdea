import { describeProviderContract } from '../provider.contract.ts';
import { curedNodes, curedPool, curingImage, openFleet } from './fleet-under-test.ts';

describeProviderContract('sample', async () => {
  const fleet = await openFleet();
  return {
    provider: fleet.provider,
    readableNode: { ...curedPool, node: curedNodes[0] ?? '' },
    readableImage: curingImage,
    dispose: async () => fleet[Symbol.asyncDispose](),
  };
});
