import { aksCommands } from './aks-commands.ts';
import { clusterApiCommands, eksCommands, gkeCommands, karpenterCommands, kopsCommands, rancherCommands, unmanagedCommands } from './cluster-tool-commands.ts';
import type { UpgradeStep } from './plan-upgrade.ts';
import { placeholderPattern, poolNames, type PrintedCommand, type StepCommands } from './printed-command.ts';

const commandsOf = {
  aks: aksCommands,
  'cluster-api': clusterApiCommands,
  eks: eksCommands,
  gke: gkeCommands,
  karpenter: karpenterCommands,
  kops: kopsCommands,
  none: unmanagedCommands,
  rancher: rancherCommands,
} as const satisfies Record<string, StepCommands>;

export type CommandManager = keyof typeof commandsOf;

export interface PrintedCommandsRequest {
  readonly manager: CommandManager;
  /** Names by which the tools find the pool; what is missing becomes a placeholder. */
  readonly coordinates: Readonly<Record<string, string>>;
  /** Of a plan that was not refused: its order is safe. */
  readonly steps: readonly UpgradeStep[];
}

/** The plan in the words of the tools that manage the pool, step by step. Nothing is run. */
export function printedCommands({ manager, coordinates, steps }: PrintedCommandsRequest): readonly PrintedCommand[] {
  const names = poolNames(coordinates);
  return steps.flatMap((step, index) => {
    const check = step.kind === 'control-plane' || step.kind === 'kubernetes' ? [skewCheck] : [];
    const commands = commandsOf[manager](step, names);
    return commands.length === 0 ? [] : [...check, ...commands].map((command): PrintedCommand => ({ ...command, step: index, placeholders: placeholdersOf(command.text) }));
  });
}

/** What runs before and after a step: no kubelet newer than the control plane, none further behind than it may be. */
const skewCheck = { tool: 'kubectl', language: 'shell', text: 'kubectl version\nkubectl get nodes --output custom-columns=NODE:.metadata.name,KUBELET:.status.nodeInfo.kubeletVersion --sort-by .status.nodeInfo.kubeletVersion' } as const;

function placeholdersOf(text: string): readonly string[] {
  return [...new Set(text.match(placeholderPattern) ?? [])].map((found) => found.slice(1, -1));
}
