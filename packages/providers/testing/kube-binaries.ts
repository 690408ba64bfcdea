import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Pinned with every sum of every module: what is built here is what was reviewed. */
const goModule = join(import.meta.dirname, 'kube-apiserver');

export interface KubeBinaries {
  readonly apiserver: string;
  readonly etcd: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `1.37.2`, from the module file. */
export function kubernetesVersion(): string {
  const version = /^\s*(?:require )?k8s\.io\/kubernetes v(\S+)/m.exec(readFileSync(join(goModule, 'go.mod'), 'utf8'))?.[1];
  if (version === undefined) throw new Error('go.mod names no version of k8s.io/kubernetes');
  return version;
}

/** The binaries of an earlier run; undefined where there are none of exactly this source. */
export function cachedBinaries(environment: Environment): KubeBinaries | undefined {
  const folder = folderOf(environment);
  const binaries = { apiserver: join(folder, 'kube-apiserver'), etcd: join(folder, 'etcd') };
  return existsSync(binaries.apiserver) && existsSync(binaries.etcd) ? binaries : undefined;
}

function folderOf(environment: Environment): string {
  const cache = environment.NODEWARD_CACHE ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nodeward');
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'etcd/main.go']) hash.update(readFileSync(join(goModule, file)));
  return join(cache, `kube-apiserver-${kubernetesVersion()}-${process.platform}-${process.arch}-${hash.digest('hex').slice(0, 12)}`);
}

/** From PATH, else where Go's own archive is unpacked. */
function findGo(environment: Environment): string | undefined {
  const folders = [...(environment.PATH ?? '').split(delimiter), '/usr/local/go/bin'].filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'go')).find((path) => existsSync(path));
}

export type BuildResult = KubeBinaries | { readonly skipped: string };

/** Some five minutes on two cores the first time, nothing afterwards. Never throws: without Go or modules the real server is left out. */
export async function buildKubeBinaries(environment: Environment, onLine: (line: string) => void): Promise<BuildResult> {
  const cached = cachedBinaries(environment);
  if (cached !== undefined) return cached;
  const go = findGo(environment);
  if (go === undefined) return { skipped: 'Go is not installed' };
  const folder = folderOf(environment);
  await mkdir(join(folder, '..'), { recursive: true });
  const work = await mkdtemp(`${folder}.`);
  try {
    for (const [name, target] of [['etcd', './etcd'], ['kube-apiserver', 'k8s.io/kubernetes/cmd/kube-apiserver']] as const) {
      onLine(`building ${name}`);
      const failure = await goBuild(go, join(work, name), target, environment);
      if (failure !== undefined) return { skipped: `${name} could not be built: ${failure}` };
    }
    await rename(work, folder).catch((error: unknown) => {
      // another run was faster
      if (cachedBinaries(environment) === undefined) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return cachedBinaries(environment) ?? { skipped: 'the binaries vanished' };
}

async function goBuild(go: string, output: string, target: string, environment: Environment): Promise<string | undefined> {
  const stamp = 'k8s.io/component-base/version';
  const [major, minor] = kubernetesVersion().split('.');
  const version = `-X ${stamp}.gitVersion=v${kubernetesVersion()} -X ${stamp}.gitMajor=${major ?? ''} -X ${stamp}.gitMinor=${minor ?? ''} -X ${stamp}.gitTreeState=clean`;
  const build = spawn('nice', ['-n', '5', go, 'build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', `-s -w ${version}`, '-o', output, target], {
    cwd: goModule,
    // a fifth of the compiler's time went into collecting garbage
    env: { GOGC: '400', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  build.stderr.setEncoding('utf8').on('data', (chunk: string) => { errors = `${errors}${chunk}`.slice(-4000); });
  const status = await new Promise<number | null>((resolve) => {
    build.on('error', (error) => { errors += error.message; resolve(1); });
    build.on('close', resolve);
  });
  return status === 0 ? undefined : errors.trim().split('\n').at(-1) ?? `status ${String(status)}`;
}

/** For the skip line: what this machine says about Go. */
export function goVersion(environment: Environment): string {
  const go = findGo(environment);
  return go === undefined ? 'no Go' : execFileSync(go, ['version'], { encoding: 'utf8', cwd: tmpdir() }).trim();
}
