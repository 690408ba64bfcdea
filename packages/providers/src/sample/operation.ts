import { z } from 'zod';
import { nodePhases, operationKinds, type NodePhase, type OperationStatus } from '../provider.ts';

/**
 * One operation as it was planned at its start. Nothing is ever added to it: what it has done
 * follows from the clock alone, whether or not a process runs.
 */
export const operationSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(operationKinds),
  cluster: z.string(),
  /** Absent for the control plane. */
  pool: z.string().optional(),
  /** As it was asked for; what it means is in the next two. */
  target: z.string().optional(),
  image: z.string().optional(),
  kubernetesVersion: z.string().optional(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  /** In the order in which they are taken; none for the control plane. */
  nodes: z.array(z.string()),
  nodeMilliseconds: z.number().positive(),
  /** `at` is absent where it is the control plane that fails. */
  failure: z.strictObject({ at: z.strictObject({ node: z.string(), phase: z.enum(nodePhases) }).optional(), code: z.string(), token: z.string() }).optional(),
});

export type Operation = z.infer<typeof operationSchema>;

const reimaging: readonly (readonly [NodePhase, number])[] = [['surge', 0.2], ['cordon', 0.1], ['drain', 0.3], ['reimage', 0.4]];

/** Phases of one node, each with its share of the node's time. */
const phases: Readonly<Record<Operation['kind'], readonly (readonly [NodePhase, number])[]>> = {
  'node-image': reimaging,
  kubernetes: reimaging,
  reboot: [['cordon', 0.2], ['drain', 0.3], ['reboot', 0.5]],
  'control-plane': [],
};

export function hasPhase(kind: Operation['kind'], phase: NodePhase): boolean {
  return phases[kind].some(([name]) => name === phase);
}

/** What happens at an instant. The effect on a disk falls due with `reimage` or `reboot`. */
export interface OperationEvent {
  /** Unique over all operations; the log holds each one once. */
  readonly id: string;
  readonly at: number;
  readonly what: 'started' | 'reimage' | 'reboot' | 'succeeded' | 'failed';
  readonly node?: string;
}

export function eventsOf(operation: Operation): readonly OperationEvent[] {
  const done = completedNodes(operation);
  const effect = operation.kind === 'reboot' ? 'reboot' : 'reimage';
  const effects = done.map((node, index): OperationEvent => ({ id: `${operation.id} ${node} ${effect}`, at: nodeStart(operation, index + 1), what: effect, node }));
  const what = operation.failure === undefined ? 'succeeded' : 'failed';
  const end: OperationEvent = { id: `${operation.id} ${what}`, at: endOf(operation), what, ...(operation.failure?.at && { node: operation.failure.at.node }) };
  return [{ id: `${operation.id} started`, at: operation.startedAt, what: 'started' }, ...effects, end];
}

/** The nodes that the operation changes before it ends: all, or those before the one that fails. */
export function completedNodes({ nodes, failure }: Operation): readonly string[] {
  return failure?.at === undefined ? nodes : nodes.slice(0, nodes.indexOf(failure.at.node));
}

/** Milliseconds since 1970. */
export function endOf(operation: Operation): number {
  const { failure, nodes } = operation;
  // A control plane takes as long as one node.
  if (failure?.at === undefined) return nodeStart(operation, Math.max(nodes.length, 1));
  const { node, phase } = failure.at;
  return phaseEnds(operation, nodes.indexOf(node)).find((candidate) => candidate.phase === phase)?.end ?? operation.startedAt;
}

export function isRunning(operation: Operation, now: number): boolean {
  return now < endOf(operation);
}

export function statusAt(operation: Operation, now: number): OperationStatus {
  const end = endOf(operation);
  const over = now >= end;
  const { failure } = operation;
  const failed = over && failure !== undefined;
  return {
    state: !over ? 'running' : failed ? 'failed' : 'succeeded',
    startedAt: time(operation.startedAt),
    ...(over && { finishedAt: time(end) }),
    ...(failed && { failure: describeFailure(operation, failure) }),
    nodes: operation.nodes.map((node, index) => nodeAt(operation, node, index, Math.min(now, end))),
  };
}

function describeFailure({ cluster }: Operation, { at, code }: NonNullable<Operation['failure']>): NonNullable<OperationStatus['failure']> {
  return at === undefined ? { code, detail: `the control plane of ${cluster} failed` } : { code, node: at.node, detail: `${at.phase} of ${at.node} failed` };
}

function nodeAt(operation: Operation, node: string, index: number, now: number): OperationStatus['nodes'][number] {
  const start = nodeStart(operation, index);
  const end = nodeStart(operation, index + 1);
  const failing = operation.failure?.at?.node;
  if (now >= end) return { node, phase: 'ready', startedAt: time(start), finishedAt: time(end) };
  if (failing === node && now >= endOf(operation)) return { node, phase: 'failed', startedAt: time(start), finishedAt: time(endOf(operation)) };
  if (now < start || (failing !== undefined && index > operation.nodes.indexOf(failing))) return { node, phase: 'waiting' };
  return { node, phase: phaseEnds(operation, index).find((phase) => now < phase.end)?.phase ?? 'waiting', startedAt: time(start) };
}

function phaseEnds(operation: Operation, index: number): readonly { phase: NodePhase; end: number }[] {
  let share = 0;
  return phases[operation.kind].map(([phase, part]) => {
    share += part;
    return { phase, end: nodeStart(operation, index) + Math.round(share * operation.nodeMilliseconds) };
  });
}

function nodeStart({ startedAt, nodeMilliseconds }: Operation, index: number): number {
  return startedAt + index * nodeMilliseconds;
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
