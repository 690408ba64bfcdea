import type { UpgradeStep } from './plan-upgrade.ts';

export const commandTools = ['az', 'bicep', 'terraform', 'kubectl', 'cluster-api', 'eksctl', 'gcloud', 'kops'] as const;
export type CommandTool = (typeof commandTools)[number];

/** What carries out one step of a plan with somebody's own tools and rights. */
export interface PrintedCommand {
  readonly tool: CommandTool;
  /** Index into the plan's steps. */
  readonly step: number;
  readonly language: 'shell' | 'bicep' | 'hcl' | 'yaml';
  readonly text: string;
  /** Names between angle brackets in the text that only the user knows. */
  readonly placeholders: readonly string[];
}

/** Commands of one step, without its number. */
export type StepCommand = Omit<PrintedCommand, 'step' | 'placeholders'>;

/** How the commands of one manager of node pools are made. */
export type StepCommands = (step: UpgradeStep, names: PoolNames) => readonly StepCommand[];

/** Gives a name for the tools; one that is not known is a placeholder, which is never quoted away. */
export interface PoolNames {
  /** `<resource-group>` where the key is not known. */
  of(key: string): string;
  /** The same where it is known, otherwise undefined. */
  known(key: string): string | undefined;
}

export function poolNames(coordinates: Readonly<Record<string, string>>): PoolNames {
  const known = (key: string): string | undefined => (coordinates[key] === '' ? undefined : coordinates[key]);
  return { known, of: (key) => known(key) ?? `<${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}>` };
}

export const placeholderPattern = /<[a-z][a-z-]*>/g;

/**
 * One word of a POSIX shell: names come from clusters and kubeconfigs, and must not be able to become commands. A whole
 * placeholder stays bare between its quotes, so that what is not filled in is an argument and never a redirection.
 */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Arguments over several lines, as people paste them. */
export function shellCommand(first: string, options: readonly (readonly [flag: string, value?: string])[]): string {
  return [first, ...options.map(([flag, value]) => `  ${flag}${value === undefined ? '' : ` ${shellWord(value)}`}`)].join(' \\\n');
}

/** String of Bicep: `'` and `${` have a meaning there (Bicep, data types, strings). */
export function bicepString(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`).replaceAll('${', () => String.raw`\${`).replaceAll('\n', String.raw`\n`)}'`;
}

/** Quoted template of HCL: `${` and `%{` are escaped by doubling (HCL native syntax, template expressions). */
export function hclString(text: string): string {
  return JSON.stringify(text).replaceAll(/[$%](?=\{)/g, (sign) => `${sign}${sign}`);
}
