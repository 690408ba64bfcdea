import type { Right, RightPurpose, RightsPage } from '../provider.ts';

export interface AksRightsSettings {
  readonly subscriptions: readonly string[];
  /** Where it is not given, the page has a placeholder for it. */
  readonly scannerResourceGroup?: string | undefined;
  readonly readDisks: boolean;
  readonly readReferenceImages: boolean;
}

export type RightScope = 'clusters' | 'node-resource-groups' | 'scanner';
export interface ScopedRight extends Right {
  readonly scope: RightScope;
}

const cluster = 'Microsoft.ContainerService/managedClusters';
const compute = 'Microsoft.Compute';

/** Exactly what is called, and nothing else. */
export function aksRightsOf({ readDisks, readReferenceImages }: AksRightsSettings): readonly ScopedRight[] {
  return [
    ...rights('clusters', 'find-clusters', [`${cluster}/read`]),
    ...rights('clusters', 'find-pools', [`${cluster}/agentPools/read`]),
    ...rights('clusters', 'find-versions', [`${cluster}/upgradeProfiles/read`, `${cluster}/agentPools/upgradeProfiles/read`, `${cluster}/maintenanceConfigurations/read`]),
    ...rights('clusters', 'find-machines', [`${cluster}/agentPools/machines/read`]),
    ...rights('node-resource-groups', 'find-machines', ['virtualMachineScaleSets', 'virtualMachineScaleSets/virtualMachines', 'virtualMachineScaleSets/virtualMachines/instanceView', 'virtualMachines'].map((type) => `${compute}/${type}/read`), true),
    ...(readDisks
      ? [
          ...rights('node-resource-groups', 'read-disk', [`${compute}/disks/read`, `${compute}/disks/beginGetAccess/action`], true),
          ...rights('node-resource-groups', 'read-disk', [`${compute}/diskEncryptionSets/read`], true),
          ...copyRights('snapshots', 'make-snapshot', 'remove-snapshot'),
        ]
      : []),
    ...(readReferenceImages ? copyRights('disks', 'make-image-disk', 'remove-image-disk') : []),
  ];
}

/** Without one of these less is read, and coverage says so. */
function copyRights(type: string, make: RightPurpose, remove: RightPurpose): readonly ScopedRight[] {
  return [...rights('scanner', make, [`${compute}/${type}/read`, `${compute}/${type}/write`, `${compute}/${type}/beginGetAccess/action`], true), ...rights('scanner', remove, [`${compute}/${type}/endGetAccess/action`, `${compute}/${type}/delete`], true)];
}

function rights(scope: RightScope, purpose: RightPurpose, names: readonly string[], optional = false): readonly ScopedRight[] {
  return names.map((right) => ({ right, purpose, optional, scope }));
}

/** Custom roles as files, one per scope: only the last can make anything, and only in a resource group of its own. */
export function aksRights(settings: AksRightsSettings): RightsPage {
  const needed = aksRightsOf(settings);
  const subscriptions = (settings.subscriptions.length > 0 ? settings.subscriptions : ['<subscription>']).map((id) => `/subscriptions/${id}`);
  const roles = [
    { file: 'nodeward-discover.json', name: 'Nodeward Discover', description: 'Reads AKS clusters, node pools and the machines behind them', actions: needed.filter(({ scope, purpose }) => scope !== 'scanner' && purpose !== 'read-disk'), scopes: subscriptions },
    { file: 'nodeward-read-disks.json', name: 'Nodeward Read Node Disks', description: 'Copies the OS disks of nodes; for the node resource groups (MC_…)', actions: needed.filter(({ purpose }) => purpose === 'read-disk'), scopes: subscriptions },
    { file: 'nodeward-scanner.json', name: 'Nodeward Scanner', description: 'Makes, reads and removes short-lived copies in the resource group of the scanner', actions: needed.filter(({ scope }) => scope === 'scanner'), scopes: [settings.scannerResourceGroup ?? '/subscriptions/<subscription>/resourceGroups/<resource-group-of-the-scanner>'] },
  ].filter(({ actions }) => actions.length > 0);
  return {
    rights: needed.map(({ right, purpose, optional }) => ({ right, purpose, optional })),
    files: roles.map(({ file, name, description, actions, scopes }) => ({
      name: file,
      language: 'json',
      text: `${JSON.stringify({ Name: name, IsCustom: true, Description: description, Actions: actions.map(({ right }) => right), NotActions: [], DataActions: [], NotDataActions: [], AssignableScopes: scopes }, undefined, 2)}\n`,
      applyWith: [`az role definition create --role-definition @${file}`, ...scopes.map((scope) => `az role assignment create --assignee '<identity>' --role '${name}' --scope '${scope}'`)].join('\n'),
    })),
  };
}
