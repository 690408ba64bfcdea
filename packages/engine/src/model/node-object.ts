import type { CoverageEntry } from '../base/coverage.ts';
import type { Component } from './component.ts';
import type { Inventory } from './inventory.ts';
import type { NodeFacts } from './node-facts.ts';

/**
 * The inventory as it stands on one node: the Node object knows the kubelet that runs better than
 * the disk does (design.md §5), and names it where the disk shows none. The id stays.
 */
export function withNodeObject(inventory: Inventory, facts: Pick<NodeFacts, 'kubeletVersion' | 'kubeletFrom' | 'componentFiles'>): Inventory {
  const version = facts.kubeletVersion?.replace(/^v/, '');
  if (version === undefined) return inventory;
  const staged = new Set((facts.componentFiles ?? []).filter(({ state }) => state === 'staged').map(({ path }) => path));
  const isRunning = ({ family, path }: Component): boolean => family === 'kubelet' && !staged.has(path);
  const known: Pick<Component, 'version' | 'versionFrom'> = { version, versionFrom: facts.kubeletFrom ?? 'node-object' };
  const components = inventory.components.map((component) => (isRunning(component) ? { ...component, ...known } : component));
  if (inventory.components.some(isRunning)) return { ...inventory, components };
  return { ...inventory, components: [...components, { family: 'kubelet', name: 'kubelet', path: '', ...known }] };
}

/** Coverage as it stands on one node: which kubelet the cluster chose is no longer open where the Node object names it. */
export function coverageWithNodeObject(coverage: readonly CoverageEntry[], { kubeletVersion }: Pick<NodeFacts, 'kubeletVersion'>): readonly CoverageEntry[] {
  if (kubeletVersion === undefined) return coverage;
  return coverage.map((entry) => (entry.reason === 'component-chosen-by-cluster' ? { subject: entry.subject, state: 'read', reason: 'read' } : entry));
}
