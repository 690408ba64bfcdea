import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { InvalidInputError } from '@nodeward/engine';
import type { EntrySources } from './http/entry-links.ts';

export const defaultPort = 7700;
const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What `nodeward serve` was asked for; everything has a default. */
export interface ServeOptions {
  /** Folders of the user's own disk images, each with a `nodeward.yaml`. */
  readonly images?: readonly string[];
  /** The sample fleet; by default where nothing else is connected. */
  readonly sample?: boolean;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly host?: string;
  /** The next free one is taken where it is in use. */
  readonly port?: number;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly behindProxy?: boolean;
  /** Host names under which browsers reach the server, beside those of this machine. */
  readonly hostNames?: readonly string[];
  /** Programs that a kubeconfig may run for its credentials, by base name; added to those of `NODEWARD_ALLOW_EXEC`. */
  readonly allowExec?: readonly string[];
  readonly logLevel?: string;
  /** The folder of the built portal. */
  readonly portal?: string;
}

export interface ServerConfig {
  readonly images: readonly string[];
  /** Undefined: where nothing else is connected. */
  readonly sample: boolean | undefined;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly loopback: boolean;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  readonly behindProxy: boolean;
  readonly hostNames: readonly string[];
  /** Encrypts what is stored of secrets; without it a key lies in the data folder. */
  readonly secretKey: string | undefined;
  /** Base names of the programs that a kubeconfig may run for its credentials. Said where the server starts, and nowhere else. */
  readonly allowExec: readonly string[];
  /** `NODEWARD_ASSESSMENT_HISTORY_DAYS`, 0 for ever: null. How long old assessments and nodes that are gone are remembered. */
  readonly assessmentHistoryDays: number | null;
  /** How the outside is reached. */
  readonly outside: OutsideConfig;
  readonly logLevel: LogLevel;
  readonly portal: string;
  readonly failpoint: Failpoint | undefined;
  readonly testing: TestSwitches;
}

export interface OutsideConfig {
  /** Proxy variables are looked up here, and what credentials of clouds and clusters are found by. */
  readonly environment: Environment;
  /** `NODEWARD_CA_FILE`: certificates that are trusted beside those of the system. */
  readonly caFile: string | undefined;
  /** `NODEWARD_ADVISORY_MIRROR`: address or folder in place of the publishers of advisories. */
  readonly advisoryMirror: string | undefined;
  /** `NODEWARD_NODE_IMAGE_MIRROR`: the same for published node-image lists. */
  readonly nodeImageMirror: string | undefined;
  /** `NODEWARD_ADVISORY_UPDATE_HOURS`, 0 for never: null, advisories are fetched on request only. */
  readonly advisoryUpdateHours: number | null;
}

/** The process ends itself with SIGKILL the n-th time it passes the point. For the crash tests only. */
export interface Failpoint {
  readonly name: string;
  readonly occurrence: number;
}

/** `NODEWARD_TEST_…`: what only tests turn on. */
export interface TestSwitches {
  /** Upgrades are started without a stable key, to show what the key is for. */
  readonly withoutIdempotencyKey: boolean;
  /** Milliseconds that the sample fleet takes for one node. */
  readonly sampleNodeMs: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function processEnvironment(): Environment {
  return process.env;
}

/** What links and sessions take from outside: the time and 256 bits of chance. */
export const entrySources: EntrySources = { now: () => Date.now(), newToken: () => randomBytes(32).toString('base64url') };

/** Joins options, environment and defaults. Throws `InvalidInputError`, one line, where they do not fit together. */
export function readConfig(options: ServeOptions, environment: Environment, cwd: string): ServerConfig {
  const images = (options.images ?? []).map((folder) => resolve(cwd, folder));
  const host = options.host ?? '127.0.0.1';
  const loopback = isLoopback(host);
  const tls = readTls(options, cwd);
  const behindProxy = options.behindProxy ?? false;
  if (!loopback && tls === undefined && !behindProxy) {
    throw new InvalidInputError(`--host ${host} can be reached from other machines: give --tls-cert and --tls-key, or --behind-proxy where a proxy adds TLS`);
  }
  if (behindProxy && (options.hostNames ?? []).length === 0) {
    throw new InvalidInputError('--behind-proxy needs --host-name, the name under which browsers reach the proxy');
  }
  return {
    images,
    sample: options.sample ?? (images.length > 0 ? false : undefined),
    dataDir: options.dataDir === undefined ? defaultDataDir(environment, cwd) : resolve(cwd, options.dataDir),
    databaseUrl: nonEmpty(options.databaseUrl) ?? nonEmpty(environment.DATABASE_URL),
    host,
    port: readPort(options.port),
    loopback,
    tls,
    behindProxy,
    hostNames: options.hostNames ?? [],
    secretKey: nonEmpty(environment.NODEWARD_SECRET_KEY),
    allowExec: readAllowExec(options.allowExec ?? [], environment.NODEWARD_ALLOW_EXEC ?? ''),
    assessmentHistoryDays: readHistoryDays(nonEmpty(environment.NODEWARD_ASSESSMENT_HISTORY_DAYS)),
    outside: readOutside(environment, cwd),
    logLevel: readLogLevel(nonEmpty(options.logLevel) ?? nonEmpty(environment.NODEWARD_LOG_LEVEL) ?? 'info'),
    portal: options.portal === undefined ? builtPortal : resolve(cwd, options.portal),
    failpoint: readFailpoint(environment.NODEWARD_FAILPOINT),
    testing: readTestSwitches(environment),
  };
}

function readOutside(environment: Environment, cwd: string): OutsideConfig {
  const caFile = nonEmpty(environment.NODEWARD_CA_FILE);
  return {
    environment,
    caFile: caFile === undefined ? undefined : resolve(cwd, caFile),
    advisoryMirror: readMirror(environment.NODEWARD_ADVISORY_MIRROR, cwd),
    nodeImageMirror: readMirror(environment.NODEWARD_NODE_IMAGE_MIRROR, cwd),
    advisoryUpdateHours: readUpdateHours(nonEmpty(environment.NODEWARD_ADVISORY_UPDATE_HOURS)),
  };
}

/** The variable has them separated by commas or blanks. */
function readAllowExec(options: readonly string[], variable: string): readonly string[] {
  const names = [...options, ...variable.split(/[\s,]+/).filter((name) => name !== '')];
  const wrong = names.find((name) => name === '' || /[/\\]/.test(name));
  if (wrong !== undefined) throw new InvalidInputError(`--allow-exec ${wrong}: the name of a program, without its folder`);
  return [...new Set(names)];
}

function readUpdateHours(text = '24'): number | null {
  const hours = Number(text);
  if (!Number.isFinite(hours) || hours < 0) throw new InvalidInputError(`NODEWARD_ADVISORY_UPDATE_HOURS=${text}: a number of hours, 0 for never`);
  return hours === 0 ? null : hours;
}

function readHistoryDays(text = '90'): number | null {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 0) throw new InvalidInputError(`NODEWARD_ASSESSMENT_HISTORY_DAYS=${text}: a number of days, 0 for ever`);
  return days === 0 ? null : days;
}

/** An address stays as it is, a folder becomes absolute. */
function readMirror(text: string | undefined, cwd: string): string | undefined {
  const mirror = nonEmpty(text);
  return mirror === undefined || /^[a-z]+:\/\//i.test(mirror) ? mirror : resolve(cwd, mirror);
}

/** Origin for links that leave the server: only a configured name is one that others can be told. */
export function publicAddress({ hostNames, tls, behindProxy, port }: Pick<ServerConfig, 'hostNames' | 'tls' | 'behindProxy' | 'port'>): string | undefined {
  const [name] = hostNames;
  if (name === undefined) return undefined;
  if (behindProxy) return `https://${name}`;
  return new URL(`${tls === undefined ? 'http' : 'https'}://${name}:${port}`).origin;
}

/** `.nodeward/` of the clone that `cwd` lies in; elsewhere the XDG state folder. */
export function defaultDataDir(environment: Environment, cwd: string): string {
  const named = nonEmpty(environment.NODEWARD_DATA_DIR);
  if (named !== undefined) return resolve(cwd, named);
  const clone = findClone(cwd);
  if (clone !== undefined) return join(clone, '.nodeward');
  // XDG base directory specification: a relative path there is to be ignored
  const state = environment.XDG_STATE_HOME;
  return join(state?.startsWith('/') === true ? state : join(nonEmpty(environment.HOME) ?? homedir(), '.local', 'state'), 'nodeward');
}

const builtPortal = resolve(import.meta.dirname, '../../portal/dist');

function findClone(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (existsSync(file) && /"name":\s*"nodeward-workspace"/.test(readFileSync(file, 'utf8'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : findClone(parent);
}

function readTls(options: ServeOptions, cwd: string): ServerConfig['tls'] {
  const { tlsCertificate, tlsKey } = options;
  if (tlsCertificate === undefined && tlsKey === undefined) return undefined;
  if (tlsCertificate === undefined || tlsKey === undefined) throw new InvalidInputError('--tls-cert and --tls-key are given together');
  const tls = { certificate: resolve(cwd, tlsCertificate), key: resolve(cwd, tlsKey) };
  for (const file of Object.values(tls)) {
    if (!existsSync(file)) throw new InvalidInputError(`${file}: no such file`);
  }
  return tls;
}

function readPort(port: number | undefined): number {
  if (port === undefined) return defaultPort;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidInputError(`--port ${port}: a port is a number from 0 to 65535`);
  return port;
}

function readLogLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw new InvalidInputError(`log level ${text}: one of ${logLevels.join(', ')}`);
  return level;
}

/** `NODEWARD_FAILPOINT=upgrade:after-start` or `…:3`, the third time it is passed. */
function readFailpoint(text: string | undefined): Failpoint | undefined {
  const parsed = /^(?<name>.+?)(?::(?<occurrence>\d+))?$/.exec(text ?? '')?.groups;
  if (parsed?.name === undefined) return undefined;
  return { name: parsed.name, occurrence: Number(parsed.occurrence ?? 1) };
}

function readTestSwitches(environment: Environment): TestSwitches {
  const nodeMs = nonEmpty(environment.NODEWARD_TEST_SAMPLE_NODE_MS);
  return {
    withoutIdempotencyKey: environment.NODEWARD_TEST_WITHOUT_IDEMPOTENCY_KEY === '1',
    sampleNodeMs: nodeMs === undefined ? undefined : Number(nodeMs),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
