import type { FactClass } from '../base/coverage.ts';
import type { ComponentFile } from './component.ts';

/** Best first (design.md §1.2). */
export const evidenceGrades = ['disk', 'pod', 'reference-image', 'manifest', 'node-status'] as const;

export type EvidenceGrade = (typeof evidenceGrades)[number];

export interface RunningKernel {
  /** `uname -r`, for example `5.15.0-1041-azure`. */
  readonly release: string;
  /** `newest-kernel-image`: not what runs but what would after a boot; for forecasts only. */
  readonly from: 'node-object' | 'journal' | 'kern-log' | 'dmesg' | 'only-kernel-image' | 'newest-kernel-image';
}

/** What differs between nodes of one inventory. */
export interface NodeFacts {
  readonly grade: EvidenceGrade;
  /** Undefined where several kernel images are installed and nothing says which one runs. */
  readonly runningKernel?: RunningKernel;
  /** `v1.26.6`, as the Node object reports the kubelet that runs. */
  readonly kubeletVersion?: string;
  /** Absent: the Node object. */
  readonly kubeletFrom?: 'node-pool';
  /** `containerd://1.7.5-1`, as the Node object reports the runtime. */
  readonly containerRuntimeVersion?: string;
  /** Every component binary that was seen, the unused ones included. */
  readonly componentFiles?: readonly ComponentFile[];
  /** Path in the root tree from which each fact class was read. */
  readonly evidencePaths: Partial<Record<FactClass, string>>;
}
