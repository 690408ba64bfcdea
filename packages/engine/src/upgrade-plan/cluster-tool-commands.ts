import { aksCommands } from './aks-commands.ts';
import { type PoolNames, shellCommand, shellWord, type StepCommand, type StepCommands } from './printed-command.ts';
import { rebootCommands } from './reboot-commands.ts';

const restartByHand = `<restart-command> '<node>'`;

export const eksCommands: StepCommands = ({ kind, target }, names) => {
  const region = regionOption(names, '--region', 'region');
  const shell = (text: string): readonly StepCommand[] => [{ tool: 'eksctl', language: 'shell', text }];
  // EKS names minor versions only
  const minor = minorOf(target);
  if (kind === 'control-plane') return shell(shellCommand('eksctl upgrade cluster', [['--name', names.of('cluster')], ...region, ['--version', minor], ['--approve']]));
  if (kind === 'reboot') return rebootCommands('kubectl', `eks.amazonaws.com/nodegroup=${names.of('pool')}`, restartByHand);
  const pool = [['--cluster', names.of('cluster')], ...region, ['--name', names.of('pool')]] as const;
  return shell(shellCommand('eksctl upgrade nodegroup', kind === 'kubernetes' ? [...pool, ['--kubernetes-version', minor]] : pool));
};

export const gkeCommands: StepCommands = ({ kind, target }, names) => {
  const at = [...regionOption(names, '--location', 'location'), ...regionOption(names, '--project', 'project')];
  const shell = (options: Parameters<typeof shellCommand>[1]): readonly StepCommand[] => [
    { tool: 'gcloud', language: 'shell', text: shellCommand(`gcloud container clusters upgrade ${shellWord(names.of('cluster'))}`, [...at, ...options]) },
  ];
  if (kind === 'reboot') return rebootCommands('kubectl', `cloud.google.com/gke-nodepool=${names.of('pool')}`, restartByHand);
  if (kind === 'control-plane') return shell([['--master'], ['--cluster-version', bare(target)]]);
  // the node image of GKE follows the version of its nodes
  return shell([['--node-pool', names.of('pool')], ...(kind === 'kubernetes' ? [['--cluster-version', bare(target)] as const] : [])]);
};

/** Nodes of Karpenter are replaced, not changed: a node claim that is deleted comes back on the newest image. */
export const karpenterCommands: StepCommands = (step, names) => {
  const selector = `karpenter.sh/nodepool=${names.of('pool')}`;
  if (step.kind === 'control-plane') return names.known('resourceGroup') === undefined ? [] : aksCommands(step, names);
  if (step.kind === 'reboot') return rebootCommands('kubectl', selector, restartByHand);
  return [{ tool: 'kubectl', language: 'shell', text: `kubectl get nodeclaims --selector ${shellWord(selector)}\nkubectl delete nodeclaim '<node-claim>'` }];
};

/** On the management cluster. The infrastructure template carries the image. */
export const clusterApiCommands: StepCommands = ({ kind, target }, names) => {
  const namespace = shellWord(names.of('namespace'));
  const patch = (resource: string, change: object): string => `kubectl patch ${resource} --namespace ${namespace} --type merge --patch ${shellWord(JSON.stringify(change))}`;
  const shell = (text: string): readonly StepCommand[] => [{ tool: 'cluster-api', language: 'shell', text }];
  const pool = `machinedeployment ${shellWord(names.of('pool'))}`;
  if (kind === 'control-plane') return shell(patch(`kubeadmcontrolplane '<control-plane>'`, { spec: { version: withV(target) } }));
  if (kind === 'kubernetes') return shell(patch(pool, { spec: { template: { spec: { version: withV(target) } } } }));
  if (kind === 'reboot') return rebootCommands('kubectl', `cluster.x-k8s.io/deployment-name=${names.of('pool')}`, restartByHand);
  return shell(patch(pool, { spec: { template: { spec: { infrastructureRef: { name: '<machine-template>' } } } } }));
};

export const kopsCommands: StepCommands = ({ kind, target }, names) => {
  const cluster = shellWord(names.of('cluster'));
  const shell = (text: string): readonly StepCommand[] => [{ tool: 'kops', language: 'shell', text }];
  const roll = (group: string): string => `kops update cluster --name ${cluster} --yes\nkops rolling-update cluster --name ${cluster} --instance-group ${group} --yes`;
  if (kind === 'control-plane') return shell(`kops edit cluster --name ${cluster} --set ${shellWord(`spec.kubernetesVersion=${bare(target)}`)}\n${roll(`'<control-plane-instance-group>'`)}`);
  if (kind === 'reboot') return rebootCommands('kubectl', `kops.k8s.io/instancegroup=${names.of('pool')}`, restartByHand);
  if (kind === 'kubernetes') return shell(roll(shellWord(names.of('pool'))));
  return shell(`kops edit instancegroup ${shellWord(names.of('pool'))} --name ${cluster} --set ${shellWord('spec.image=<image>')}\n${roll(shellWord(names.of('pool')))}`);
};

/** Rancher moves control plane and pools together, in its own order. */
export const rancherCommands: StepCommands = ({ kind, target }, names) => {
  if (kind === 'control-plane') {
    const text = `kubectl patch clusters.provisioning.cattle.io ${shellWord(names.of('cluster'))} --namespace ${shellWord(names.known('namespace') ?? 'fleet-default')} --type merge --patch ${shellWord(JSON.stringify({ spec: { kubernetesVersion: '<rancher-version>' } }))}`;
    return [{ tool: 'kubectl', language: 'shell', text: `# ${withV(target)}\n${text}` }];
  }
  return kind === 'reboot' ? rebootCommands('kubectl', 'kubernetes.io/os=linux', restartByHand) : [];
};

/** Nobody manages the pool: only the order in which its nodes leave and come back can be said. */
export const unmanagedCommands: StepCommands = ({ kind }) => (kind === 'reboot' ? rebootCommands('kubectl', 'kubernetes.io/os=linux', restartByHand) : []);

function regionOption(names: PoolNames, flag: string, key: string): readonly (readonly [string, string])[] {
  return [[flag, names.of(key)]];
}

function bare(target: string | null): string {
  return (target ?? '').replace(/^v/, '');
}

function withV(target: string | null): string {
  return `v${bare(target)}`;
}

function minorOf(target: string | null): string {
  return bare(target).split('.').slice(0, 2).join('.');
}
