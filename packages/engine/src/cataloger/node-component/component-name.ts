import type { ComponentFamily } from '../../model/component.ts';

export interface ComponentName {
  readonly family: ComponentFamily;
  /** Without a version: `kubelet` of `kubelet-1.27.1`. */
  readonly name: string;
  /** As the file's name gives it, without a leading `v`. */
  readonly version?: string;
}

/** Where CNI plug-ins lie unless the configuration says otherwise. */
export const cniFolder = '/opt/cni/bin';

/** Shims and helpers of containerd are named after it; a digit, or a `v` and a digit, begins a version. */
const named = /^(kubelet|runc|containerd(?:-[a-z][a-z0-9-]*?)?)(?:[-_.]v?(\d+\.\d.*))?$/;
/** A plug-in's name, which is also its `type`; what lies beside plug-ins (licences, texts, archives) is not. */
const plugin = /^[a-z0-9][a-z0-9_-]*$/;
/** Archives, sums and copies that lie beside binaries under their names. */
const otherFiles = /\.(?:tgz|gz|xz|zst|tar|zip|sha\d+|sum|sig|asc|bak|old|orig|json|ya?ml|txt|md|log)$/;

/** What a binary in a folder of programs is by its name; undefined for everything that is no component. */
export function componentNameOf(fileName: string): ComponentName | undefined {
  if (otherFiles.test(fileName)) return undefined;
  const [, name, version] = named.exec(fileName) ?? [];
  if (name === undefined) return undefined;
  const family = name.startsWith('containerd') ? 'containerd' : name === 'runc' ? 'runc' : 'kubelet';
  return { family, name, ...(version === undefined ? {} : { version }) };
}

/** The same for a folder that holds nothing but CNI plug-ins. */
export function pluginNameOf(fileName: string): ComponentName | undefined {
  return plugin.test(fileName) ? { family: 'cni-plugins', name: fileName } : undefined;
}
