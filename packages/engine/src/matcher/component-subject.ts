import type { FactClass } from '../base/coverage.ts';
import type { Component, ComponentFamily } from '../model/component.ts';
import { isThirdParty } from '../model/third-party-package.ts';
import { componentBaseVersion } from '../version/component-base-version.ts';

/** One thing in a component that advisories speak of: its own version, its toolchain, or a module linked into it. */
export interface ComponentSubject {
  readonly component: Component;
  readonly ecosystem: 'kubernetes' | 'Go';
  /** As the feed names it. */
  readonly package: string;
  /** For people; empty where nobody knows it. */
  readonly installedVersion: string;
  /** For the comparison; undefined where nobody knows it. */
  readonly version: string | undefined;
  readonly factClass: FactClass;
}

/** The Kubernetes feed speaks of the kubelet; Go's speaks of all of Kubernetes as one module, which is not what runs on a node. */
const kubeletPackage = 'k8s.io/kubelet';
const kubernetesModule = 'k8s.io/kubernetes';

export function componentSubjects(component: Component): readonly ComponentSubject[] {
  const { modules, goVersion } = component;
  const subjects = ownPackages(component).map((found) => ownSubject(component, found));
  for (const { path, version } of modules ?? []) {
    if (path !== kubernetesModule) subjects.push({ component, ecosystem: 'Go', package: path, installedVersion: version.replace(/^v/, ''), version, factClass: 'go-modules' });
  }
  if (modules !== undefined || goVersion !== undefined) {
    const installedVersion = goVersion?.replace(/^go/, '') ?? '';
    subjects.push({ component, ecosystem: 'Go', package: 'stdlib', installedVersion, version: goVersion, factClass: 'go-modules' });
  }
  return subjects;
}

type OwnPackage = Pick<ComponentSubject, 'ecosystem' | 'package'>;

function ownSubject(component: Component, { ecosystem, package: name }: OwnPackage): ComponentSubject {
  const { version } = component;
  // What cannot be read is left as it stands: the comparison then says so.
  const comparable = version === undefined ? undefined : (componentBaseVersion(version) ?? version);
  return { component, ecosystem, package: name, installedVersion: version ?? '', version: comparable, factClass: 'node-components' };
}

function ownPackages({ family, mainModule, version, package: owner }: Component): readonly OwnPackage[] {
  if (family === 'kubelet') return ownPackagesOf(family, version);
  // The distribution backports fixes into its own build and keeps the version: its feed speaks of it.
  if (owner !== undefined && !isThirdParty({ name: owner, version: version ?? '' })) return [];
  // `command-line-arguments` is what the linker writes where files were built, not a module.
  const isModule = mainModule?.split('/', 1)[0]?.includes('.') === true;
  return isModule ? [{ ecosystem: 'Go', package: mainModule }] : ownPackagesOf(family, version);
}

/** What feeds call a component whose binary was not opened. */
export function ownPackagesOf(family: ComponentFamily, version: string | undefined): readonly OwnPackage[] {
  if (family === 'kubelet') return [{ ecosystem: 'kubernetes', package: kubeletPackage }];
  return usualModules(family, version).map((path) => ({ ecosystem: 'Go', package: path }));
}

/** Major versions from 2 on are modules of their own (https://go.dev/ref/mod#major-version-suffixes). */
function usualModules(family: Exclude<ComponentFamily, 'kubelet'>, version: string | undefined): readonly string[] {
  if (family === 'runc') return ['github.com/opencontainers/runc'];
  if (family === 'cni-plugins') return ['github.com/containernetworking/plugins'];
  const [first, second] = ['github.com/containerd/containerd', 'github.com/containerd/containerd/v2'];
  if (version === undefined) return [first, second];
  return [/^v?[01]\./.test(version) ? first : second];
}
