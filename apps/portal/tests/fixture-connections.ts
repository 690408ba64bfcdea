import type { AdvisorySourceList, CallResult, Connection, ConnectionRights, ConnectionSettings, ImageAnswer } from '@nodeward/api';
import { at, day, revision } from './fixture-facts.ts';
import { feeds } from './fixture-overview.ts';

const production: Connection['advisoryDatabase'] = { purpose: 'production', state: 'ok', revision, feeds: [...feeds] };
const azure = '/subscriptions/8f1c2f9e-6c0b-4f55-9a4b-2f7d1f0f6a11';

export const connections: readonly Connection[] = [
  { id: 'sample', kind: 'sample', name: 'sample', identity: 'none', origin: 'configuration', state: 'ok', canUpgrade: true, clusters: 4, nodePools: 13, nodes: 60, lastDiscoveredAt: at(-25), advisoryDatabase: { purpose: 'sample', state: 'ok', revision, feeds: [...feeds] } },
  {
    id: 'lab', kind: 'images', name: 'lab-disks', location: '/srv/disks', identity: 'none', origin: 'configuration', state: 'failed', failure: { code: 'InvalidConfiguration', detail: '/srv/disks/nodeward.yaml:14: "imagee" is not a known key' }, canUpgrade: false,
    clusters: 0, nodePools: 0, nodes: 0, lastDiscoveredAt: null, advisoryDatabase: production,
  },
  { id: 'shop', kind: 'kubernetes', name: 'aks-contoso-shop-production-japaneast-weu-shared-services-001', location: '/etc/nodeward/kubeconfig · aks-contoso-shop-production-japaneast-weu-shared-services-001-admin', identity: 'kubeconfig-file', origin: 'stored', state: 'ok', canUpgrade: false, clusters: 1, nodePools: 6, nodes: 300, lastDiscoveredAt: at(-4), advisoryDatabase: production },
  { id: 'azure', kind: 'aks', name: 'Contoso production', location: `${azure} +11`, identity: 'azure-default', origin: 'stored', state: 'failed', failure: { code: 'AuthorizationFailed', detail: `The client does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/read' over scope '${azure}'.` }, canUpgrade: false, clusters: 200, nodePools: 1_014, nodes: 10_000, lastDiscoveredAt: at(-190), advisoryDatabase: production },
  { id: 'old', kind: 'kubernetes', name: 'k3s-edge', location: 'in-cluster', identity: 'in-cluster', origin: 'stored', state: 'paused', canUpgrade: false, clusters: 1, nodePools: 1, nodes: 3, lastDiscoveredAt: at(-9 * day), advisoryDatabase: production },
  { id: 'fresh', kind: 'kubernetes', name: 'gke-analytics', identity: 'stored', origin: 'stored', state: 'discovering', canUpgrade: false, clusters: 0, nodePools: 0, nodes: 0, lastDiscoveredAt: null, advisoryDatabase: production },
];

export const addedConnection: Connection = { id: 'added', kind: 'kubernetes', name: 'aks-shop-prod', location: '/etc/nodeward/kubeconfig', identity: 'kubeconfig-file', origin: 'stored', state: 'discovering', canUpgrade: false, clusters: 0, nodePools: 0, nodes: 0, lastDiscoveredAt: null, advisoryDatabase: production };

export function connectionOf(id: string): Connection {
  const found = connections.find((connection) => connection.id === id);
  if (found === undefined) throw new RangeError(id);
  return found;
}

export function settingsOf(id: string): ConnectionSettings {
  if (id === 'azure') {
    const subscription = azure.split('/')[2] ?? '';
    return { kind: 'aks', named: 'Contoso production', storesSecret: true, settings: { subscriptions: [subscription], tenantId: subscription, clientId: subscription, scannerResourceGroup: `${azure}/resourceGroups/rg-nodeward`, readDisks: true, readReferenceImages: false } };
  }
  if (id === 'fresh') return { kind: 'kubernetes', named: 'gke-analytics', storesSecret: true, settings: { inCluster: false, context: 'gke_contoso_asia-northeast1_analytics' } };
  if (id === 'shop') return { kind: 'kubernetes', named: null, storesSecret: false, settings: { kubeconfig: '/etc/nodeward/kubeconfig', inCluster: false, context: 'aks-contoso-shop-production-admin', poolLabel: 'contoso.example/pool' } };
  throw new RangeError(id);
}

export function testOf(id: string): CallResult<'testConnection'> {
  if (id === 'azure') {
    return {
      reachable: true, clusters: 188, nodes: 9_410,
      rights: [
        { right: 'Microsoft.ContainerService/managedClusters/read', purpose: 'find-clusters', optional: false, state: 'missing', detail: `AuthorizationFailed: ${azure}` },
        { right: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read', purpose: 'find-machines', optional: false, state: 'granted' },
        { right: 'Microsoft.Compute/disks/beginGetAccess/action', purpose: 'read-disk', optional: true, state: 'missing', detail: 'RequestDisallowedByPolicy' },
        { right: 'Microsoft.Compute/snapshots/write', purpose: 'make-snapshot', optional: true, state: 'unknown', detail: 'it cannot be told without using it' },
      ],
    };
  }
  if (id === 'old') return { reachable: false, failure: { code: 'Unreachable', detail: 'connect ETIMEDOUT 10.0.0.1:443' }, rights: [], clusters: 0, nodes: 0 };
  const missing = id === 'added';
  return {
    reachable: true, clusters: 1, nodes: 300,
    rights: [
      { right: 'nodes: get', purpose: 'find-nodes', optional: false, state: 'granted' },
      { right: 'nodes: list', purpose: 'find-nodes', optional: false, state: 'granted' },
      { right: 'nodes: watch', purpose: 'follow-nodes', optional: false, ...(missing ? { state: 'missing' as const, detail: 'SelfSubjectAccessReview: no RBAC policy matched' } : { state: 'granted' as const }) },
    ],
  };
}

const manifest = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: nodeward-reader
rules:
  - apiGroups: [""]
    resources: [nodes]
    verbs: [get, list, watch]
`;
const role = JSON.stringify({ Name: 'Nodeward reader', IsCustom: true, Description: 'Reads AKS clusters, their node pools and their machines.', Actions: ['Microsoft.ContainerService/managedClusters/read', 'Microsoft.ContainerService/managedClusters/agentPools/read', 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read'], AssignableScopes: ['/subscriptions/SUBSCRIPTION_ID'] }, undefined, 2);

const rights: readonly ConnectionRights[] = [
  { kind: 'kubernetes', rights: [{ right: 'nodes: get', purpose: 'find-nodes', optional: false }, { right: 'nodes: list', purpose: 'find-nodes', optional: false }, { right: 'nodes: watch', purpose: 'follow-nodes', optional: false }], files: [{ name: 'nodeward-reader.yaml', language: 'yaml', text: manifest, applyWith: 'kubectl apply -f nodeward-reader.yaml' }] },
  {
    kind: 'aks',
    rights: [
      { right: 'Microsoft.ContainerService/managedClusters/read', purpose: 'find-clusters', optional: false },
      { right: 'Microsoft.ContainerService/managedClusters/agentPools/read', purpose: 'find-pools', optional: false },
      { right: 'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles/read', purpose: 'find-versions', optional: false },
      { right: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read', purpose: 'find-machines', optional: false },
      { right: 'Microsoft.Compute/disks/beginGetAccess/action', purpose: 'read-disk', optional: true },
      { right: 'Microsoft.Compute/snapshots/write', purpose: 'make-snapshot', optional: true },
      { right: 'Microsoft.Compute/snapshots/delete', purpose: 'remove-snapshot', optional: true },
      { right: 'Microsoft.Compute/disks/write', purpose: 'make-image-disk', optional: true },
      { right: 'Microsoft.Compute/disks/delete', purpose: 'remove-image-disk', optional: true },
    ],
    files: [{ name: 'nodeward-reader.json', language: 'json', text: role, applyWith: 'az role definition create --role-definition @nodeward-reader.json && az role assignment create --assignee PRINCIPAL_ID --role "Nodeward reader" --scope /subscriptions/SUBSCRIPTION_ID' }],
  },
  { kind: 'images', rights: [], files: [] },
];

export function rightsOf(kind: string): ConnectionRights {
  const found = rights.find((one) => one.kind === kind);
  if (found === undefined) throw new RangeError(kind);
  return found;
}

const source = { mirrored: false, state: 'ok', checkedAt: at(-42), changedAt: at(-6 * 60), newest: at(-6 * 60), records: 26_766 } as const;
export const advisorySources: AdvisorySourceList = {
  revision, everyHours: 6, nextUpdateAt: at(318), updating: false,
  sources: [
    { ...source, name: 'ubuntu', url: 'https://storage.googleapis.com/osv-vulnerabilities/Ubuntu/all.zip' },
    { ...source, name: 'azure-linux-3', url: 'https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/azurelinux-3.0-oval.xml', records: 3_911, newest: at(-2 * day) },
    { ...source, name: 'azure-linux-2', url: 'https://mirror.example.internal/security/azure-linux/cbl-mariner-2.0-oval.xml', mirrored: true, records: 7_120 },
    { ...source, name: 'go', url: 'https://vuln.go.dev/vulndb.zip', state: 'failed', checkedAt: at(-3 * day), records: 4_291, failure: { code: 'TooManyRequests', detail: 'HTTP 429 after 5 tries, Retry-After 3600', at: at(-42) } },
    { ...source, name: 'kubernetes', url: 'https://kubernetes.io/docs/reference/issues-security/official-cve-feed/index.json', records: 47 },
    { ...source, name: 'kev', url: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json', records: 1_404, checkedAt: at(-5 * day) },
    { ...source, name: 'epss', url: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz', records: 360_142 },
    { name: 'node-images', url: 'https://raw.githubusercontent.com/Azure/AgentBaker/master/vhdbuilder/release-notes', mirrored: false, state: 'never', checkedAt: null, changedAt: null, newest: null, records: null, failure: { code: 'Unreachable', detail: 'connect ECONNREFUSED 10.1.0.8:3128', at: at(-42) } },
  ],
};

const image = (version: string) => ({ version, publishedAt: `${version.replace(/^(\d{4})(\d{2})\.(\d{2}).*/, '$1-$2-$3')}T00:00:00Z` });
const family = { operatingSystem: 'Ubuntu 22.04', images: 53, oldest: image('202308.01.0'), newest: image('202402.26.0'), cameBack: [], undetermined: [], withoutFix: [], fixIsOut: false, secondOpinion: null, failure: null };

export function imageAnswerOf(vulnerability: string): ImageAnswer {
  const known = { vulnerability, untold: [], advisoryDatabaseRevision: revision };
  if (vulnerability === 'CVE-2023-38545') return { ...known, families: [], reading: null };
  if (vulnerability !== 'CVE-2023-4911') throw new RangeError(vulnerability);
  return {
    ...known,
    reading: { done: 128, of: 175 },
    families: [
      { ...family, family: '2204gen2containerd', state: 'clean', firstFixed: image('202310.04.0'), goneSince: image('202310.04.0'), secondOpinion: { active: false, mitigatedIn: ['202310.04.0'], agrees: true } },
      { ...family, family: '2204gen2fipscontainerd', state: 'clean', firstFixed: image('202310.09.0'), cameBack: [image('202310.26.0'), image('202311.07.0'), image('202311.22.0')], goneSince: image('202312.06.0'), undetermined: [{ ...image('202308.01.0'), reason: 'image-list-unreachable' }, { ...image('202308.10.0'), reason: 'image-list-unreachable' }] },
      { ...family, family: '2204minimalcontainerd', state: 'affected', firstFixed: null, goneSince: null, withoutFix: [image('202402.26.0')], secondOpinion: { active: false, mitigatedIn: [], agrees: false } },
      { ...family, family: 'V3gen2', operatingSystem: 'Azure Linux 3', images: 31, state: 'never', firstFixed: null, goneSince: null, secondOpinion: { active: false, mitigatedIn: [], agrees: true } },
      { ...family, family: '2404gen2arm64containerd', operatingSystem: 'Ubuntu 24.04', images: 12, state: 'unknown', firstFixed: null, goneSince: null, undetermined: [{ ...image('202402.26.0'), reason: 'no-advisories' }] },
      { ...family, family: 'V2katagen2', operatingSystem: 'Azure Linux 2', images: 0, oldest: null, newest: null, state: 'unknown', firstFixed: null, goneSince: null, failure: 'HTTP 403 from the mirror' },
    ],
  };
}
