import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, ImageAnswer, ImageFamilyAnswer } from '@nodeward/api';
import type { FamilyAnswer } from '@nodeward/providers';
import { type AdvisoryOptions, openAdvisories, readSourceNames } from '../advisories.ts';
import { type ExitStatus, exitStatus, WrongUseError } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { inSession, type SessionOptions } from '../server-session.ts';
import { formatTable } from '../table.ts';

export interface WhichImageOptions extends AdvisoryOptions, SessionOptions {
  readonly format: 'table' | 'json';
  /** Folder or mirror with published lists, in the publisher's own layout. */
  readonly lists?: string;
  readonly family?: readonly string[];
}

/** Over the images that the connected clusters run, or over the lists that are given. */
export async function runWhichImage(vulnerability: string, options: WhichImageOptions, invocation: Invocation): Promise<ExitStatus> {
  invocation.exitOnInterrupt();
  refuseMixture(options);
  const { lists } = options;
  if (lists === undefined) return inSession(options, invocation, async (api) => report(await askServer(api, vulnerability, invocation), options, invocation));
  const answer = await readLists(vulnerability, { ...options, lists }, invocation);
  return answer === undefined ? exitStatus.noAdvisories : report(answer, options, invocation);
}

/** An option that would be passed over is a question that would not be answered. */
function refuseMixture({ lists, db, sourceNames, family, dataDir, link }: WhichImageOptions): void {
  const foreign = lists === undefined ? { '--db': db, '--source-names': sourceNames, '--family': family } : { '--data-dir': dataDir, '--link': link };
  for (const [name, value] of Object.entries(foreign)) {
    if (value !== undefined) throw new WrongUseError(`${name} ${lists === undefined ? 'needs --lists' : 'asks the server, and --lists names the images'}; see nodeward which-image --help`);
  }
}

const askAgainMs = 2000;

async function askServer(api: ApiClient, vulnerability: string, { progress }: Invocation): Promise<ImageAnswer> {
  try {
    for (;;) {
      const answer = await api.call('whichImage', { parameters: { vulnerability } });
      if (answer.reading === null) return answer;
      progress.show(`node images: ${answer.reading.done} of ${answer.reading.of ?? '?'} read`);
      await sleep(askAgainMs);
    }
  } finally {
    progress.clear();
  }
}

async function readLists(vulnerability: string, options: WhichImageOptions & { readonly lists: string }, invocation: Invocation): Promise<ImageAnswer | undefined> {
  const sourceNames = await readSourceNames(options);
  using advisories = await openAdvisories(options, 'all', invocation);
  if (advisories === undefined) return undefined;
  const { familyAnswer, nodeImageFamilies, openNodeImageLists, openOutbound, readImageCatalog, untoldOf } = await import('@nodeward/providers');
  const outbound = await openOutbound({ environment: invocation.environment });
  try {
    const lists = await openNodeImageLists({ outbound, now: invocation.now, mirror: options.lists });
    const families = options.family ?? (await nodeImageFamilies(lists, AbortSignal.timeout(listDeadlineMs)));
    if (families.length === 0) throw new WrongUseError(`${options.lists} has no node-image lists; it needs the publisher's layout: AKSUbuntu/gen2/2204containerd/VERSION.txt`);
    const onProgress = (family: string, done: number, of: number): void => invocation.progress.show(`${family}: ${done} of ${of}`);
    const catalog = await readImageCatalog({ lists, families, advisories, sourceNames }, onProgress, new AbortController().signal);
    const about = advisories.about(vulnerability);
    const untold = untoldOf(about, advisories);
    return { vulnerability, families: catalog.map((family) => describe(familyAnswer(family, vulnerability, about, untold))), untold: [...untold], reading: null, advisoryDatabaseRevision: advisories.revision };
  } finally {
    invocation.progress.clear();
    await outbound.close();
  }
}

const listDeadlineMs = 60_000;

function describe({ cameBack, undetermined, withoutFix, ...rest }: FamilyAnswer): ImageFamilyAnswer {
  return { ...rest, cameBack: [...cameBack], undetermined: [...undetermined], withoutFix: [...withoutFix], secondOpinion: null };
}

const words: Readonly<Record<ImageFamilyAnswer['state'], string>> = { clean: 'not in the newest', affected: 'in the newest', never: 'in none', unknown: 'cannot be told' };

const unlistedWords: Readonly<Record<string, string>> = { 'no-packages': 'what is published of them names no packages', 'unknown-image': 'nothing is published of them' };

const untoldWords: Readonly<Record<ImageAnswer['untold'][number], string>> = {
  'go-modules': 'advisories of Go name it too, and package lists name no Go modules: what is said of images speaks of packages',
  kubelet: 'advisories of Kubernetes name it too, and the cluster chooses the kubelet: what is said of images speaks of packages',
  'go-advisories': 'the advisory database has none of Go: whether Go modules have it is not known',
  'kubernetes-advisories': 'the advisory database has none of Kubernetes: whether the kubelet has it is not known',
};

function report(answer: ImageAnswer, { format }: WhichImageOptions, invocation: Invocation): ExitStatus {
  if (format === 'json') invocation.print(`${JSON.stringify(answer, undefined, 2)}\n`);
  else if (answer.families.length > 0) invocation.print(tableOf(answer.families));
  if (answer.families.length === 0 && answer.advisoryDatabaseRevision !== null) invocation.note('no connected cluster runs a published node image');
  for (const { family, failure } of answer.families) if (failure !== null) invocation.note(`${family}: its images cannot be listed: ${unlistedWords[failure] ?? failure}`);
  for (const part of answer.untold) invocation.note(untoldWords[part]);
  if (answer.advisoryDatabaseRevision === null) {
    invocation.note('there is no usable advisory database yet');
    return exitStatus.noAdvisories;
  }
  if (answer.families.length === 0 || answer.families.some(({ state }) => state === 'unknown')) return exitStatus.incomplete;
  return answer.families.some(({ state }) => state === 'affected') ? exitStatus.failOnReached : exitStatus.assessed;
}

function tableOf(families: readonly ImageFamilyAnswer[]): string {
  const version = (image: { readonly version: string } | null): { readonly text: string } => ({ text: image?.version ?? '-' });
  const rows = families.map(({ family, state, firstFixed, cameBack, goneSince, newest, images, undetermined }) => [
    { text: family },
    { text: words[state] },
    version(firstFixed),
    { text: cameBack.length === 0 ? '-' : cameBack.map((image) => image.version).join(' ') },
    version(goneSince),
    version(newest),
    { text: undetermined.length === 0 ? String(images) : `${images}, ${undetermined.length} not told` },
  ]);
  return formatTable(['IMAGES', 'VULNERABILITY', 'FIRST WITHOUT', 'CAME BACK IN', 'GONE SINCE', 'NEWEST', 'KNOWN'], rows);
}
