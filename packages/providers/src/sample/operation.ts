import { z } from 'zod';
import { nodePhases, type NodePhase, type OperationStatus } from '../provider.ts';

/**
 * One operation as it was planned at its start. Nothing is ever added to it: what it has done
 * follows from the clock alone, whether or not a process runs.
 */
export const operationSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['node-image', 'reboot']),
  cluster: z.string(),
  pool: z.string(),
  target: z.string().optional(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  /** In the order in which they are taken. */
  nodes: z.array(z.string()),
  nodeMilliseconds: z.number().positive(),
  failure: z.strictObject({ node: z.string(), phase: z.enum(nodePhases), code: z.string(), token: z.string() }).optional(),
});

export type Operation = z.infer<typeof operationSchema>;

/** Phases of one node, each with its share of the node's time. */
const phases = {
  'node-image': [['surge', 0.2], ['cordon', 0.1], ['drain', 0.3], ['reimage', 0.4]],
  reboot: [['cordon', 0.2], ['drain', 0.3], ['reboot', 0.5]],
} as const satisfies Record<Operation['kind'], readonly (readonly [NodePhase, number])[]>;

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
  const effects = done.map((node, index): OperationEvent => {
    const what = operation.kind === 'node-image' ? 'reimage' : 'reboot';
    return { id: `${operation.id} ${node} ${what}`, at: nodeStart(operation, index + 1), what, node };
  });
  const what = operation.failure === undefined ? 'succeeded' : 'failed';
  const end: OperationEvent = { id: `${operation.id} ${what}`, at: endOf(operation), what, ...(operation.failure && { node: operation.failure.node }) };
  return [{ id: `${operation.id} started`, at: operation.startedAt, what: 'started' }, ...effects, end];
}

/** The nodes that the operation changes before it ends: all, or those before the one that fails. */
export function completedNodes({ nodes, failure }: Operation): readonly string[] {
  return failure === undefined ? nodes : nodes.slice(0, nodes.indexOf(failure.node));
}

/** Milliseconds since 1970. */
export function endOf(operation: Operation): number {
  const { failure, nodes } = operation;
  if (failure === undefined) return nodeStart(operation, nodes.length);
  return phaseEnds(operation, nodes.indexOf(failure.node)).find(({ phase }) => phase === failure.phase)?.end ?? operation.startedAt;
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
    ...(failed && { failure: { code: failure.code, node: failure.node, detail: `${failure.phase} of ${failure.node} failed` } }),
    nodes: operation.nodes.map((node, index) => nodeAt(operation, node, index, Math.min(now, end))),
  };
}

function nodeAt(operation: Operation, node: string, index: number, now: number): OperationStatus['nodes'][number] {
  const start = nodeStart(operation, index);
  const end = nodeStart(operation, index + 1);
  const { failure } = operation;
  if (now >= end) return { node, phase: 'ready', startedAt: time(start), finishedAt: time(end) };
  if (failure?.node === node && now >= endOf(operation)) return { node, phase: 'failed', startedAt: time(start), finishedAt: time(endOf(operation)) };
  if (now < start || (failure !== undefined && index > operation.nodes.indexOf(failure.node))) return { node, phase: 'waiting' };
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
