import { resolve } from 'node:path';
import type { Provider } from '../provider.ts';
import { type Configuration, readConfiguration } from './configuration.ts';
import { discover } from './discover.ts';
import { imageEvidence, nodeEvidence } from './evidence.ts';

export interface ImagesProviderOptions {
  /** Holds `nodeward.yaml`. */
  readonly folder: string;
}

/**
 * A folder of the user's own disk images. Its file is read anew at every call, so that an edited
 * file or a replaced disk counts from the next discovery on. There is no writer: the user replaces
 * the disk. A wrong file fails the calls, not the opening: once it is put right they succeed.
 */
export function openImagesProvider({ folder }: ImagesProviderOptions): Promise<Provider> {
  const configuration = async (signal: AbortSignal): Promise<Configuration> => {
    signal.throwIfAborted();
    const read = await readConfiguration(resolve(folder));
    signal.throwIfAborted();
    return read;
  };
  return Promise.resolve({
    kind: 'images',
    reader: {
      discover: async (signal) => discover(await configuration(signal)),
      nodeEvidence: async (node, signal) => nodeEvidence(await configuration(signal), node),
      imageEvidence: async (image, signal) => imageEvidence(await configuration(signal), image),
    },
    close: async () => Promise.resolve(),
  });
}
