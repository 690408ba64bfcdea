import { type CommandTool, shellWord, type StepCommand } from './printed-command.ts';

/** One node after the other: out of service, restarted by whatever may restart it, back. */
export function rebootCommands(tool: CommandTool, selector: string, restart: string): readonly StepCommand[] {
  const text = [
    `kubectl get nodes --selector ${shellWord(selector)}`,
    `kubectl drain '<node>' --ignore-daemonsets --delete-emptydir-data --timeout 30m`,
    restart,
    `kubectl wait --for condition=Ready node/'<node>' --timeout 15m`,
    `kubectl uncordon '<node>'`,
  ].join('\n');
  return [{ tool, language: 'shell', text }];
}
