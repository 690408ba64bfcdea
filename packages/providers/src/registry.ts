import { type AksProviderOptions, openAksProvider } from './aks/provider.ts';
import { type ImagesProviderOptions, openImagesProvider } from './images/provider.ts';
import { type KubernetesProviderOptions, openKubernetesProvider } from './kubernetes/provider.ts';
import type { Provider, ProviderKind } from './provider.ts';
import { openSampleProvider, type SampleProviderOptions } from './sample/provider.ts';

export interface ProviderOptions {
  readonly aks: AksProviderOptions;
  readonly images: ImagesProviderOptions;
  readonly kubernetes: KubernetesProviderOptions;
  readonly sample: SampleProviderOptions;
}

/** One line per folder, in alphabetical order. The test beside this file keeps it complete. */
const openers: { readonly [Kind in ProviderKind]: (options: ProviderOptions[Kind]) => Promise<Provider> } = {
  aks: openAksProvider,
  images: openImagesProvider,
  kubernetes: openKubernetesProvider,
  sample: openSampleProvider,
};

/** Opening checks no configuration: a file that is wrong now may be put right, so the calls do. */
export async function openProvider<Kind extends ProviderKind>(kind: Kind, options: ProviderOptions[Kind]): Promise<Provider> {
  return openers[kind](options);
}
