import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, ApiUnreachableError, type Candidate, type OperationKind, type UpgradeJob } from '@nodeward/api';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import { findPool } from '../find-pool.ts';
import type { Invocation } from '../invocation.ts';
import { printable } from '../printable.ts';
import { counted } from '../quantity.ts';
import { inSession, type SessionOptions } from '../server-session.ts';

export interface UpgradeOptions extends SessionOptions {
  readonly image?: string | true;
  readonly kubernetes?: string;
  readonly restart?: true;
  readonly acknowledge?: true;
  readonly dryRun?: true;
  /** False: returns once the job has been started. */
  readonly wait: boolean;
  readonly format: 'table' | 'json';
}

interface Wanted {
  readonly kind: OperationKind;
  /** Undefined: the newest. */
  readonly target: string | null | undefined;
}

const pollMs = 1000;
/** The job goes on while the server restarts: that long its silence is waited out. */
const patienceMs = 60_000;
const endStates: ReadonlySet<UpgradeJob['state']> = new Set(['succeeded', 'succeeded-with-residual', 'preflight-failed', 'failed', 'cancelled']);

/** Says what it would do, does it where nothing speaks against it, and waits for the proof. */
export async function runUpgrade(pool: string, options: UpgradeOptions, invocation: Invocation): Promise<ExitStatus> {
  const wanted = wantedBy(options);
  const tell = options.format === 'json' ? invocation.say : (line: string): void => invocation.print(`${line}\n`);
  return inSession(options, invocation, async (api) => {
    const { poolId } = await findPool(api, pool);
    const candidate = candidateOf((await api.call('getFix', { parameters: { poolId } })).candidates, wanted, pool);
    for (const line of [...forecastLines(candidate), ...commandLines(candidate)]) tell(line);
    if (options.dryRun === true && options.format === 'json') printJson(candidate, invocation);
    if (isObjectedTo(candidate, options, invocation)) return exitStatus.failOnReached;
    if (options.dryRun === true) return exitStatus.assessed;
    const { kind, target } = candidate;
    const job = await api.call('startUpgradeJob', { parameters: { poolId }, body: { kind, target, acknowledged: options.acknowledge === true } });
    const ended = options.wait ? await follow(api, job.id, invocation) : job;
    if (options.format === 'json') printJson(ended, invocation);
    for (const line of resultLines(ended)) tell(line);
    for (const line of troubleLines(ended)) invocation.note(line);
    return statusOf(ended);
  });
}

function printJson(document: object, invocation: Invocation): void {
  invocation.print(`${JSON.stringify(document, undefined, 2)}\n`);
}

function wantedBy({ image, kubernetes, restart }: UpgradeOptions): Wanted {
  const wanted: Wanted[] = [
    ...(image === undefined ? [] : [{ kind: 'node-image', target: image === true ? undefined : image } as const]),
    ...(kubernetes === undefined ? [] : [{ kind: 'kubernetes', target: kubernetes } as const]),
    ...(restart === undefined ? [] : [{ kind: 'reboot', target: null } as const]),
  ];
  const [only] = wanted;
  if (only === undefined || wanted.length > 1) throw new WrongUseError('give one of --image [NAME], --kubernetes VERSION, --restart; see nodeward upgrade --help');
  return only;
}

function candidateOf(candidates: readonly Candidate[], { kind, target }: Wanted, pool: string): Candidate {
  const offered = candidates.filter((candidate) => candidate.kind === kind);
  const found = target === undefined ? (offered.find(({ newest }) => newest) ?? offered.at(-1)) : offered.find((candidate) => candidate.target === target);
  if (found !== undefined) return found;
  const names = offered.flatMap((candidate) => candidate.target ?? []);
  const what = { 'node-image': 'node image', kubernetes: 'Kubernetes version', reboot: 'restart' }[kind];
  throw new WrongUseError(printable(`${pool} is offered no ${names.length === 0 ? what : `such ${what}; offered: ${names.join(', ')}`}`));
}

function forecastLines({ steps, counts, unknown, confidence }: Candidate): readonly string[] {
  const plan = steps.map(({ kind, target }, index) => `step ${index + 1}: ${kind}${target === null ? '' : ` ${target}`}`);
  const told = `forecast of vulnerabilities: fixes ${counts.fixed}, leaves ${counts.remaining}, introduces ${counts.introduced}, undetermined ${counts.undetermined} (confidence ${confidence})`;
  return [...plan, unknown === null ? told : `forecast: unknown (${unknown.code})`].map(printable);
}

/** What somebody else can run where this connection only reads; what is no shell is too long for here. */
function commandLines({ steps, commands }: Candidate): readonly string[] {
  const shell = commands.filter(({ language }) => language === 'shell');
  const others = [...new Set(commands.filter(({ language }) => language !== 'shell').map(({ tool }) => tool))];
  return [
    ...shell.flatMap(({ tool, step, text }) => [`step ${step + 1}${steps.length > 1 ? ` of ${steps.length}` : ''}, by ${tool}:`, ...text.trimEnd().split('\n').map((line) => `  ${line}`)]),
    ...(others.length === 0 ? [] : [`also for ${others.join(', ')}: --dry-run --format json`]),
  ].map(printable);
}

/** What a user of the portal must acknowledge, must be acknowledged here too. */
function isObjectedTo(candidate: Candidate, { acknowledge, dryRun }: UpgradeOptions, invocation: Invocation): boolean {
  const { refusal, executable } = candidate;
  if (refusal !== null) throw new WrongUseError(printable(`no safe order of steps leads there: ${refusal.code}${refusal.detail === '' ? '' : ` (${refusal.detail})`}`));
  if (!executable && dryRun !== true) throw new WrongUseError('this connection only reads: somebody with the rights runs the commands, and the next assessments are compared with the forecast');
  const objection = objectionTo(candidate);
  if (objection === undefined || acknowledge === true) return false;
  invocation.note(`${dryRun === true ? 'would not be started' : 'not started'}: ${objection}${executable ? '; --acknowledge starts it all the same' : ''}`);
  return true;
}

function objectionTo({ unknown, counts }: Candidate): string | undefined {
  if (unknown !== null) return 'nothing can be told about what this changes';
  if (counts.introduced > 0) return `it introduces ${counted(counts.introduced, 'vulnerability', 'vulnerabilities')}`;
  return counts.fixed === 0 ? 'it fixes nothing' : undefined;
}

/** Ctrl-C ends the watching; the job goes on in the server. */
async function follow(api: ApiClient, jobId: string, invocation: Invocation): Promise<UpgradeJob> {
  invocation.exitOnInterrupt(`no longer watching; job ${jobId} goes on`);
  const told = new Set<string>();
  let silentMs = 0;
  for (;;) {
    const job = await answered(api.call('getUpgradeJob', { parameters: { jobId } }));
    if (job instanceof ApiUnreachableError) {
      silentMs += pollMs;
      if (silentMs > patienceMs) throw job;
    } else {
      silentMs = 0;
      sayEvents(job, told, invocation);
      if (endStates.has(job.state)) return job;
    }
    await sleep(pollMs);
  }
}

/** Those of the provider come late and lie between others: each is told once, by what it says. */
function sayEvents({ events }: UpgradeJob, told: Set<string>, invocation: Invocation): void {
  for (const { at, code, node, detail } of events) {
    const line = [at, code, node, detail].filter((part) => part !== null).join(' ');
    if (!told.has(line)) invocation.say(printable(line));
    told.add(line);
  }
}

async function answered<T>(answer: Promise<T>): Promise<T | ApiUnreachableError> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiUnreachableError) return error;
    throw error;
  }
}

function resultLines({ id, state, ledger }: UpgradeJob): readonly string[] {
  if (ledger === null) return [`job ${id}: ${state}`];
  const { actual, predicted, independent } = ledger;
  const pairs = (['fixed', 'remaining', 'introduced'] as const).map((part) => `${part} ${actual[part]} (forecast ${predicted[part]})`);
  return [`job ${id}: ${state}`, `result: ${pairs.join(', ')}${independent ? '' : '; read from the same list as the forecast, so no independent proof'}`];
}

function troubleLines({ state, failure, preflight, residual }: UpgradeJob): readonly string[] {
  const lines: string[] = [];
  if (failure !== null) lines.push(`${failure.code}${failure.node === null ? '' : ` at ${failure.node}`}${failure.detail === '' ? '' : `: ${failure.detail}`}`);
  const failed = state === 'preflight-failed' ? preflight.filter(({ outcome }) => outcome === 'fail') : [];
  lines.push(...failed.map(({ check, detail }) => `not started: ${check}${detail === undefined ? '' : ` (${detail})`}`));
  if (residual.length > 0) lines.push(`left although a fix is published: ${[...new Set(residual.map(({ vulnerability }) => vulnerability))].join(', ')}`);
  return lines.map(printable);
}

function statusOf({ state }: UpgradeJob): ExitStatus {
  if (state === 'failed' || state === 'cancelled') return exitStatus.incomplete;
  return state === 'preflight-failed' || state === 'succeeded-with-residual' ? exitStatus.failOnReached : exitStatus.assessed;
}
