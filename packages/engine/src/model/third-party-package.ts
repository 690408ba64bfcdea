/**
 * Packages that node images carry and that do not come from the distribution: its feed says
 * nothing about them, and a distribution's package of the same name is another one. dpkg does not
 * record an archive, so this is a list of names seen in published node images; a vendor that is not
 * listed is matched by name and, unknown to the feed, matches nothing.
 */
const thirdPartyNames: readonly string[] = [
  // packages.microsoft.com
  'moby-.*', 'packages-microsoft-prod', 'msft-.*', 'azcopy', 'aznfs', 'blobfuse2?', 'acr-mirror', 'azure-acr-.*', 'azure-cli',
  'overlaybd(-snapshotter)?', 'containerd-(accelerated-container-image|overlaybd)', 'ig(-gadgets)?', 'symcrypt(-openssl)?',
  'kubernetes-cri-tools', 'node-exporter-kubernetes', 'mdatp', 'azuremonitoragent',
  // download.docker.com
  'docker-(ce|buildx-plugin|compose-plugin|scan-plugin).*', 'containerd\\.io',
  // pkgs.k8s.io
  'kube(adm|ctl|let)', 'kubernetes-cni', 'cri-tools',
  // developer.download.nvidia.com
  'nvidia-(container-|docker|fabricmanager).*', 'libnvidia-container.*', 'cuda-.*', 'datacenter-gpu-manager.*', 'dcgm.*',
];

/** One pattern for all: it is asked of every package of every inventory. */
const thirdPartyPattern = new RegExp(`^(${thirdPartyNames.join('|')})$`);

/** What Azure Linux and CBL-Mariner build themselves says so in its release, whatever it is called: their own feed speaks of it. */
const azureLinuxBuild = /\.(?:azl|cm)\d+$/;

export function isThirdParty({ name, version }: { readonly name: string; readonly version: string }): boolean {
  return thirdPartyPattern.test(name) && !azureLinuxBuild.test(version);
}
