/** What is upgraded together; also the package family of everything found in it. */
export const componentFamilies = ['kubelet', 'containerd', 'runc', 'cni-plugins'] as const;
export type ComponentFamily = (typeof componentFamilies)[number];

/** design.md §5: which witness gave a component's version, best first; `node-pool`: who manages the node's pool. */
export const componentVersionSources = ['node-object', 'node-pool', 'linker-flags', 'main-module', 'package', 'file-name', 'manifest'] as const;
export type ComponentVersionSource = (typeof componentVersionSources)[number];

/** One dependency, as the Go linker wrote it into the binary; replaced modules stand under what replaced them. */
export interface GoModule {
  readonly path: string;
  /** With its leading `v`; `(devel)` never gets this far. */
  readonly version: string;
}

/** Node software outside the package manager (design.md §2): one file that was opened, or one line of a published list. */
export interface Component {
  readonly family: ComponentFamily;
  /** `kubelet`, `containerd`, `containerd-shim-runc-v2`, `runc`, `bridge`, …: without a version. */
  readonly name: string;
  /** In the root tree, without a leading slash; empty where only a list or the Node object names it. */
  readonly path: string;
  /** Without a leading `v`, as its publisher writes it; undefined where nothing says it (Kubernetes builds say `(devel)`). */
  readonly version?: string;
  readonly versionFrom?: ComponentVersionSource;
  /** Package of the package manager that owns the file, where one does. */
  readonly package?: string;
  /** Module path of the binary's main package. */
  readonly mainModule?: string;
  /** Toolchain, for example `go1.20.6`. */
  readonly goVersion?: string;
  /** Undefined where the binary was not opened (lists), and then nobody knows its modules. */
  readonly modules?: readonly GoModule[];
}

export const componentStates = ['active', 'staged'] as const;
/** `active`: a systemd unit, the CNI or the containerd configuration names it; everything else is `staged`. */
export type ComponentState = (typeof componentStates)[number];

/** A node fact: one binary of a component as it lies on the disk, opened or not. */
export interface ComponentFile {
  readonly family: ComponentFamily;
  readonly name: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly state: ComponentState;
  /** Path of the unit or configuration file that names it, where one does. */
  readonly namedBy?: string;
}
