import { type Component, type ComponentFamily, type CoverageReason, createInventory, type OperatingSystem } from '@nodeward/engine';
import type { Evidence, InventoryCoverage } from '../provider.ts';

/** What a cluster says of a node; the kubelet is a fact of the discovered node and stands beside it. */
interface ReportedNode {
  /** Who says it: `Node aks-user-0`. */
  readonly origin: string;
  readonly kernelRelease?: string | undefined;
  /** `containerd://1.7.5-1`. */
  readonly containerRuntimeVersion?: string | undefined;
  readonly osImage?: string | undefined;
  readonly operatingSystem?: 'linux' | 'windows' | undefined;
}

/**
 * What the cluster alone tells of a node: no packages, and why none. The versions of its kernel, its kubelet and its runtime are
 * judged all the same; whether advisories know the kernel's release is found out when it is matched (`withReportedKernel`).
 */
export function nodeStatusEvidence(node: ReportedNode, reason: CoverageReason, detail: string): Extract<Evidence, { kind: 'inventory' }> {
  const runtime = runtimeOf(node);
  const untold: readonly ComponentFamily[] = runtime === undefined ? ['containerd', 'runc', 'cni-plugins'] : ['runc', 'cni-plugins'];
  const coverage: readonly InventoryCoverage[] = [
    { subject: 'evidence', state: 'out-of-scope', reason: 'node-status-only' },
    { subject: 'os-packages', state: 'unsupported', reason, detail },
    { subject: 'kernel', state: 'out-of-scope', reason: 'node-status-only', ...(node.kernelRelease === undefined ? {} : { detail: node.kernelRelease }) },
    { subject: 'component kubelet', state: 'out-of-scope', reason: 'component-chosen-by-cluster' },
    { subject: 'node-components', state: 'out-of-scope', reason: 'component-version-unknown', detail: untold.join(' ') },
    { subject: 'go-modules', state: 'out-of-scope', reason: 'go-modules-not-in-evidence' },
    { subject: 'container images', state: 'out-of-scope', reason: 'container-images' },
  ];
  const inventory = createInventory(systemOf(node), [], runtime === undefined ? [] : [runtime]);
  return { kind: 'inventory', grade: 'node-status', inventory, coverage, origin: node.origin };
}

/** `containerd://1.7.20-1`; the part after the dash is the packager's. */
function runtimeOf({ containerRuntimeVersion }: ReportedNode): Component | undefined {
  const version = /^containerd:\/\/v?(\d+\.\d+\.\d+\S*)$/.exec(containerRuntimeVersion ?? '')?.[1];
  return version === undefined ? undefined : { family: 'containerd', name: 'containerd', path: '', version, versionFrom: 'node-object' };
}

/** `PRETTY_NAME` of os-release(5) → what its `ID` and `VERSION_ID` are. */
const systems: readonly (readonly [pattern: RegExp, id: string])[] = [
  [/^Ubuntu (\d{2}\.\d{2})/, 'ubuntu'],
  [/^Microsoft Azure Linux (\d+\.\d+)/, 'azurelinux'],
  [/^Azure Linux (\d+\.\d+)/, 'azurelinux'],
  [/^CBL-Mariner\/Linux ?(\d+\.\d+)?/, 'mariner'],
  [/^Flatcar Container Linux by \S+ (\S+)/, 'flatcar'],
  [/^Amazon Linux (\d+)/, 'amzn'],
  [/^Bottlerocket OS (\d+\.\d+\.\d+)/, 'bottlerocket'],
  [/^Container-Optimized OS from Google ?(\S*)/, 'cos'],
  [/^Debian GNU\/Linux (\d+)/, 'debian'],
  [/^Red Hat Enterprise Linux(?: CoreOS)? (\d+(?:\.\d+)?)/, 'rhel'],
  [/^Rocky Linux (\d+\.\d+)/, 'rocky'],
  [/^AlmaLinux (\d+\.\d+)/, 'almalinux'],
  [/^Talos \(v?([^)]+)\)/, 'talos'],
  [/^Windows Server (\d{4})/, 'windows'],
];

function systemOf({ osImage, operatingSystem, kernelRelease }: ReportedNode): OperatingSystem {
  const prettyName = osImage ?? (operatingSystem === 'windows' ? 'Windows' : 'unknown');
  for (const [pattern, id] of systems) {
    const match = pattern.exec(prettyName);
    if (match !== null) return { id, versionId: match[1] ?? (id === 'mariner' ? marinerOf(kernelRelease) : ''), prettyName };
  }
  const word = /^[A-Za-z][A-Za-z0-9]*/.exec(prettyName)?.[0].toLowerCase();
  return { id: operatingSystem === 'windows' ? 'windows' : (word ?? 'unknown'), versionId: /\d+(?:\.\d+)*/.exec(prettyName)?.[0] ?? '', prettyName };
}

/** CBL-Mariner's `PRETTY_NAME` has no version; its kernels name it: `5.15.135.1-2.cm2`. */
function marinerOf(kernelRelease = ''): string {
  const major = /\.cm(\d+)$/.exec(kernelRelease)?.[1];
  return major === undefined ? '' : `${major}.0`;
}
