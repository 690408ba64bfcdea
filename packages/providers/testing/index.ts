export { FakeApiServer } from './fake-api-server.ts';
export { type ApiAnswer, type ApiserverUser, type KubeApiserver, startKubeApiserver } from './kube-apiserver.ts';
export { buildKubeBinaries, kubernetesVersion } from './kube-binaries.ts';
export type { NodeFixture } from './node-fixture.ts';
export { type AzureEnvironment, type AzureEnvironmentOptions, startAzureEnvironment } from './azure-environment.ts';
export { type FleetCluster, diskIdOf, nodeName } from '../src/aks/azure-fleet-for-tests.ts';
