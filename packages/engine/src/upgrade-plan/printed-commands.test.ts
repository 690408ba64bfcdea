import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type CommandManager, printedCommands } from './printed-commands.ts';
import type { UpgradeStep } from './plan-upgrade.ts';

const controlPlane: UpgradeStep = { kind: 'control-plane', target: '1.33.2' };
const kubernetes: UpgradeStep = { kind: 'kubernetes', target: '1.33.2' };
const image: UpgradeStep = { kind: 'node-image', target: 'AKSUbuntu-2204gen2containerd-202608.20.0' };
const reboot: UpgradeStep = { kind: 'reboot', target: null };
const aks = { subscription: '0a1b', resourceGroup: 'rg-prod', cluster: 'prod-tokyo-01', pool: 'userpool01' };

function lines(manager: CommandManager, coordinates: Readonly<Record<string, string>>, step: UpgradeStep): readonly string[] {
  return printedCommands({ manager, coordinates, steps: [step] }).map(({ tool, text }) => `${tool}: ${text.replaceAll(' \\\n ', '')}`);
}

describe('the commands of a step', () => {
  it.each<[CommandManager, Readonly<Record<string, string>>, UpgradeStep, string]>([
    ['aks', aks, image, 'az: az aks nodepool upgrade --subscription 0a1b --resource-group rg-prod --cluster-name prod-tokyo-01 --name userpool01 --node-image-only'],
    ['aks', aks, kubernetes, 'az: az aks nodepool upgrade --subscription 0a1b --resource-group rg-prod --cluster-name prod-tokyo-01 --name userpool01 --kubernetes-version 1.33.2'],
    ['aks', aks, controlPlane, 'az: az aks upgrade --subscription 0a1b --resource-group rg-prod --name prod-tokyo-01 --control-plane-only --kubernetes-version 1.33.2'],
    ['eks', { cluster: 'c', region: 'eu-west-1', pool: 'p' }, controlPlane, 'eksctl: eksctl upgrade cluster --name c --region eu-west-1 --version 1.33 --approve'],
    ['eks', { cluster: 'c', region: 'eu-west-1', pool: 'p' }, image, 'eksctl: eksctl upgrade nodegroup --cluster c --region eu-west-1 --name p'],
    ['eks', { cluster: 'c', region: 'eu-west-1', pool: 'p' }, kubernetes, 'eksctl: eksctl upgrade nodegroup --cluster c --region eu-west-1 --name p --kubernetes-version 1.33'],
    ['gke', { cluster: 'c', location: 'europe-west1', project: 'x', pool: 'p' }, controlPlane, 'gcloud: gcloud container clusters upgrade c --location europe-west1 --project x --master --cluster-version 1.33.2'],
    ['gke', { cluster: 'c', location: 'europe-west1', project: 'x', pool: 'p' }, kubernetes, 'gcloud: gcloud container clusters upgrade c --location europe-west1 --project x --node-pool p --cluster-version 1.33.2'],
    ['karpenter', { pool: 'p' }, image, "kubectl: kubectl get nodeclaims --selector karpenter.sh/nodepool=p\nkubectl delete nodeclaim '<node-claim>'"],
    ['cluster-api', { namespace: 'n', pool: 'p' }, kubernetes, `cluster-api: kubectl patch machinedeployment p --namespace n --type merge --patch '{"spec":{"template":{"spec":{"version":"v1.33.2"}}}}'`],
    ['kops', { cluster: 'c', pool: 'p' }, kubernetes, 'kops: kops update cluster --name c --yes\nkops rolling-update cluster --name c --instance-group p --yes'],
  ])('of %s', (manager, coordinates, step, expected) => {
    expect(lines(manager, coordinates, step)).toContain(expected);
  });

  it('come with a check of the version skew where Kubernetes moves, and only there', () => {
    const checked = (step: UpgradeStep): boolean => lines('aks', aks, step).some((line) => line.includes('kubeletVersion'));

    expect([controlPlane, kubernetes, image, reboot].map(checked)).toEqual([true, true, false, false]);
  });

  it('keep the order of the plan', () => {
    const found = printedCommands({ manager: 'aks', coordinates: aks, steps: [image, controlPlane, kubernetes] }).filter(({ tool }) => tool === 'az');

    expect(found.map(({ step, text }) => `${step} ${/--(node-image|control-plane)-only|--kubernetes-version/.exec(text)?.[0]}`)).toEqual(['0 --node-image-only', '1 --control-plane-only', '2 --kubernetes-version']);
  });

  it('name what only the user knows', () => {
    const [first] = printedCommands({ manager: 'aks', coordinates: {}, steps: [image] });

    expect(first?.placeholders).toEqual(['resource-group', 'cluster', 'pool']);
    expect(first?.text).toContain("--resource-group '<resource-group>'");
  });

  it('are none where no tool is known', () => {
    expect(printedCommands({ manager: 'none', coordinates: {}, steps: [image, kubernetes] })).toEqual([]);
  });
});

describe('a hostile name', () => {
  const hostile = ["$(echo no)", '`echo no`', "a'; echo no; '", '--yes', 'a\nb', '"$HOME"', '<cluster>', ''];

  it.each(hostile)('%j is one argument and nothing else', (name) => {
    const [command] = printedCommands({ manager: 'aks', coordinates: { ...aks, cluster: name }, steps: [image] }).filter(({ tool }) => tool === 'az');
    const told = execFileSync('/bin/sh', ['-c', `az() { for word; do printf '%s\\0' "$word"; done; }\n${command?.text}`], { encoding: 'utf8' });
    const words = told.split('\0');

    expect(words[words.indexOf('--cluster-name') + 1]).toBe(name === '' ? '<cluster>' : name);
    expect(words.slice(-4, -1)).toEqual(['--name', 'userpool01', '--node-image-only']);
  });

  it('ends no string of Bicep or Terraform', () => {
    const text = printedCommands({ manager: 'aks', coordinates: { ...aks, cluster: "a'\n${b}\"%{c}" }, steps: [controlPlane] });

    expect(text.find(({ tool }) => tool === 'bicep')?.text).toContain(String.raw`name: 'a\'`);
    expect(text.find(({ tool }) => tool === 'bicep')?.text).toContain(String.raw`\${b}`);
    expect(text.find(({ tool }) => tool === 'terraform')?.text).toContain(String.raw`"a'\n$${"${b}"}\"%%{c}"`);
  });
});
