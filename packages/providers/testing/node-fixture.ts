/** What a test says of one Node object; the rest is what every node has. */
export interface NodeFixture {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly providerID?: string;
  readonly nodeInfo: {
    readonly kernelVersion: string;
    readonly kubeletVersion: string;
    readonly containerRuntimeVersion: string;
    readonly osImage: string;
    /** Default `linux`. */
    readonly operatingSystem?: string;
    /** Default `amd64`. */
    readonly architecture?: string;
  };
}

/** A core/v1 Node as a kubelet registers it. */
export function nodeObject({ name, labels = {}, annotations = {}, providerID, nodeInfo }: NodeFixture): NodeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels }, annotations },
    spec: providerID === undefined ? {} : { providerID },
    status: {
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      nodeInfo: { operatingSystem: 'linux', architecture: 'amd64', bootID: name, kubeProxyVersion: '', machineID: name, systemUUID: name, ...nodeInfo },
    },
  };
}

export interface NodeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Node';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: { readonly providerID?: string };
  readonly status: Readonly<Record<string, unknown>>;
}
