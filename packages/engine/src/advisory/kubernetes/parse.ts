import type { FeedFormat } from '../feed.ts';
import { firstEcosystemOf, type OsvDialect, parseOsvRecord } from '../osv-record.ts';
import { windowsOnly } from './windows-only.ts';

/**
 * The official CVE feed of Kubernetes as OSV records, one per CVE, whose packages are components:
 * `k8s.io/kubelet` is the one that runs on nodes as a binary (`k8s.io/kube-proxy` runs in a
 * container, `k8s.io/kubectl` where people work); `k8s.io/apiserver`, `k8s.io/controller-manager`,
 * CSI drivers and ingress-nginx never do. All are kept; the matcher asks for those that it finds.
 * Severity stands inside `affected`. Of a malformed record nothing is used: it is refused, counted
 * and named by `db build`; an event or range type that nobody knows refuses the whole feed.
 */
export const kubernetesFormat: FeedFormat = {
  id: 'kubernetes',
  families: new Map([['kubernetes', 'Apache-2.0']]),
  recognises: (record) => firstEcosystemOf(record) === 'kubernetes',
  parse: (record) => parseOsvRecord(record, dialect),
};

const dialect: OsvDialect = {
  rangeType: 'SEMVER',
  severityPlace: 'affected',
  restrictions: (_affected, advisory) => (windowsOnly.has(advisory) ? { operatingSystems: ['windows'] } : {}),
};
