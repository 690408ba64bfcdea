import { z } from 'zod';

/** Of core/v1 Node what is needed; everything else may be anything. */
export const nodeObjectSchema = z.object({
  metadata: z.object({
    name: z.string().min(1),
    resourceVersion: z.string().optional(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.object({ providerID: z.string().optional() }).nullish(),
  status: z.object({
    nodeInfo: z.object({
      kernelVersion: z.string().optional(),
      kubeletVersion: z.string().optional(),
      containerRuntimeVersion: z.string().optional(),
      osImage: z.string().optional(),
      operatingSystem: z.string().optional(),
      architecture: z.string().optional(),
    }).nullish(),
  }).nullish(),
});

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
export const nodeListSchema = z.object({
  kind: z.literal('NodeList'),
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(nodeObjectSchema),
});

export interface KubernetesNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly providerId?: string;
  readonly kernelRelease?: string;
  readonly kubeletVersion?: string;
  readonly containerRuntimeVersion?: string;
  readonly osImage?: string;
  readonly operatingSystem?: 'linux' | 'windows';
  readonly architecture?: string;
}

export function nodeOf({ metadata, spec, status }: z.infer<typeof nodeObjectSchema>): KubernetesNode {
  const info = status?.nodeInfo ?? {};
  const { operatingSystem } = info;
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    annotations: wanted(metadata.annotations ?? {}),
    ...(isText(spec?.providerID) ? { providerId: spec.providerID } : {}),
    ...(isText(info.kernelVersion) ? { kernelRelease: info.kernelVersion } : {}),
    ...(isText(info.kubeletVersion) ? { kubeletVersion: info.kubeletVersion } : {}),
    ...(isText(info.containerRuntimeVersion) ? { containerRuntimeVersion: info.containerRuntimeVersion } : {}),
    ...(isText(info.osImage) ? { osImage: info.osImage } : {}),
    ...(operatingSystem === 'linux' || operatingSystem === 'windows' ? { operatingSystem } : {}),
    ...(isText(info.architecture) ? { architecture: info.architecture } : {}),
  };
}

/** Annotations can be kilobytes (last-applied-configuration), times ten thousand nodes. */
function wanted(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isWanted = (key: string): boolean => key.startsWith('kubernetes.azure.com/') || key.startsWith('cluster.x-k8s.io/') || key.includes('cattle.io/');
  return Object.fromEntries(Object.entries(annotations).filter(([key, value]) => isWanted(key) && value.length <= 512));
}

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
