import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { InvalidConfigurationError, ProviderDeniedError } from '../errors.ts';
import { execAuthenticator, execPlugInSchema, execProviderName, plugInName } from './exec-credential.ts';

/** Where access to a cluster comes from. `text`: pasted by somebody who may not read this machine's files through it. */
export type KubernetesSource =
  | { readonly kind: 'file'; readonly path: string; readonly context?: string | undefined }
  | { readonly kind: 'text'; readonly text: string; readonly context?: string | undefined }
  | { readonly kind: 'in-cluster' };

export interface KubeconfigOptions {
  readonly source: KubernetesSource;
  /** Base names of credential plug-ins that may be run. */
  readonly allowExec: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Where the kubelet puts a pod's token and certificate; default: where it always does. */
  readonly serviceAccountFolder?: string | undefined;
}

/** One context of a kubeconfig, checked, and nothing run or sent yet. */
export interface Access {
  readonly config: KubeConfig;
  readonly server: string;
  /** What the kubeconfig calls the cluster; undefined inside one, which is told no name. */
  readonly clusterName?: string;
  readonly context?: string;
  /** The kubeconfig's own `proxy-url`. */
  readonly proxyUrl?: string;
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';
const largestFile = 4 * 1024 * 1024;

const text = z.string().nullish();
const userSchema = z.object({
  token: text, tokenFile: text, username: text, password: text, as: text,
  'client-certificate': text, 'client-certificate-data': text, 'client-key': text, 'client-key-data': text,
  'auth-provider': z.object({ name: z.string() }).nullish(),
  exec: execPlugInSchema.nullish(),
});
const clusterSchema = z.object({
  server: z.url(),
  'certificate-authority': text, 'certificate-authority-data': text, 'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text, 'proxy-url': text,
});
const kubeconfigSchema = z.object({
  'current-context': text,
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string().nullish() }) })).nullish(),
  users: z.array(z.object({ name: z.string(), user: userSchema.nullish() })).nullish(),
});
type Kubeconfig = z.infer<typeof kubeconfigSchema>;
type KubeconfigUser = z.infer<typeof userSchema>;
type KubeconfigCluster = z.infer<typeof clusterSchema>;

/** Throws `InvalidConfigurationError` where the file is wrong, `ProviderDeniedError` where it asks for what is not allowed. */
export async function readAccess(options: KubeconfigOptions): Promise<Access> {
  const { source } = options;
  if (source.kind === 'in-cluster') return readServiceAccount(options);
  const file = source.kind === 'file' ? source.path : 'kubeconfig';
  const kubeconfig = parseKubeconfig(source.kind === 'file' ? await readText(file) : source.text, file);
  const chosen = chooseContext(kubeconfig, source.context, file);
  if (source.kind === 'text') refuseFiles(chosen, file);
  refuseUser(chosen.user, options.allowExec, chosen.userName, source.kind, file);
  return build(chosen, options, source.kind === 'file' ? dirname(file) : undefined);
}

/** Which API server a kubeconfig leads to; runs and sends nothing. `file` names it in what is wrong. */
export function describeKubeconfig(content: string, file: string, context?: string): { readonly context: string; readonly server: string } {
  const chosen = chooseContext(parseKubeconfig(content, file), context, file);
  return { context: chosen.context, server: chosen.cluster.server.replace(/\/+$/, '') };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'cannot be read';
    throw new InvalidConfigurationError(file, 0, code === 'ENOENT' ? 'there is no such kubeconfig file' : `the kubeconfig cannot be read (${code})`, { cause });
  }
}

function parseKubeconfig(content: string, file: string): Kubeconfig {
  if (content.length > largestFile) throw new InvalidConfigurationError(file, 0, `a kubeconfig of more than ${largestFile} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, merge: true });
  const error = document.errors[0];
  if (error !== undefined) throw new InvalidConfigurationError(file, lines.linePos(error.pos[0]).line, `not YAML: ${error.message.replaceAll(/\s+/g, ' ')}`, { cause: error });
  const parsed = kubeconfigSchema.safeParse(toValue(document, file));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const node: unknown = document.getIn(issue?.path ?? [], true);
  const range = z.object({ range: z.tuple([z.number()]).rest(z.number()) }).safeParse(node);
  const line = range.success ? lines.linePos(range.data.range[0]).line : 1;
  throw new InvalidConfigurationError(file, line, `no kubeconfig: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`, { cause: parsed.error });
}

/** Aliases are expanded up to a bound only: a short file must not become gigabytes. */
function toValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new InvalidConfigurationError(file, 1, cause instanceof Error ? cause.message : 'not YAML', { cause });
  }
}

interface Chosen {
  readonly context: string;
  readonly clusterName: string;
  readonly cluster: KubeconfigCluster;
  readonly userName: string;
  readonly user: KubeconfigUser;
}

function chooseContext({ contexts, clusters, users, ...rest }: Kubeconfig, wanted: string | undefined, file: string): Chosen {
  const names = (contexts ?? []).map(({ name }) => name);
  const there = names.length === 0 ? 'it has none' : `there are: ${names.join(', ')}`;
  const name = wanted ?? rest['current-context'] ?? '';
  const context = contexts?.find((found) => found.name === name)?.context;
  if (context === undefined) throw new InvalidConfigurationError(file, 0, name === '' ? `no context is current (${there})` : `no context ${name} (${there})`);
  const cluster = clusters?.find((found) => found.name === context.cluster)?.cluster;
  if (cluster === undefined) throw new InvalidConfigurationError(file, 0, `context ${name} names a cluster ${context.cluster} that the file does not have`);
  const userName = context.user ?? '';
  const user = userName === '' ? {} : users?.find((found) => found.name === userName)?.user;
  if (user === undefined || user === null) throw new InvalidConfigurationError(file, 0, `context ${name} names a user ${userName} that the file does not have`);
  return { context: name, clusterName: context.cluster, cluster, userName, user };
}

/** Whoever pastes a kubeconfig must not send files of this machine to a server of his choice. */
function refuseFiles({ cluster, user }: Chosen, file: string): void {
  const paths = { 'certificate-authority': cluster['certificate-authority'], 'client-certificate': user['client-certificate'], 'client-key': user['client-key'], tokenFile: user.tokenFile };
  const named = Object.entries(paths).find(([, path]) => typeof path === 'string' && path !== '');
  if (named !== undefined) throw new InvalidConfigurationError(file, 0, `${named[0]} names a file: a pasted kubeconfig needs the data itself (kubectl config view --raw --flatten --minify)`);
}

/** By them a program that is allowed would run another, or code of somebody else. */
const decidesWhatIsLoaded = /^(PATH|PATHEXT|COMSPEC|ENV|BASH_ENV|IFS|LD_.*|DYLD_.*|NODE_.*|PYTHON.*|PERL.*|RUBY.*|GEM_.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS)$/i;

function refuseUser(user: KubeconfigUser, allowExec: readonly string[], userName: string, kind: 'file' | 'text', file: string): void {
  const legacy = user['auth-provider']?.name;
  if (legacy !== undefined) {
    throw new InvalidConfigurationError(file, 0, `user ${userName} uses the auth-provider ${legacy}, which Kubernetes removed in 1.26: use an exec plug-in (for Entra ID: kubelogin convert-kubeconfig)`);
  }
  const command = user.exec?.command;
  if (command === undefined) return;
  const name = plugInName(command);
  if (!allowExec.includes(name)) throw new ProviderDeniedError(`the kubeconfig runs the program ${command} for its credentials; to allow it, start the server with --allow-exec ${name}`);
  if (kind === 'file') return;
  if (command !== name) throw new ProviderDeniedError(`a pasted kubeconfig may name a credential plug-in (${name}), not a path to one`);
  const loading = user.exec?.env?.find((variable) => decidesWhatIsLoaded.test(variable.name));
  if (loading !== undefined) throw new ProviderDeniedError(`a pasted kubeconfig may not set ${loading.name} for the program ${name}`);
}

async function build(chosen: Chosen, { environment, now }: KubeconfigOptions, folder: string | undefined): Promise<Access> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const { cluster, user, clusterName, userName, context } = chosen;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{
      name: clusterName, server: cluster.server.replace(/\/+$/, ''), skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
      ...defined({ caData: cluster['certificate-authority-data'], caFile: cluster['certificate-authority'], tlsServerName: cluster['tls-server-name'] }),
    }],
    users: [{
      name: userName,
      ...defined({
        certData: user['client-certificate-data'], certFile: user['client-certificate'], keyData: user['client-key-data'], keyFile: user['client-key'],
        token: user.token, username: user.username, password: user.password, impersonateUser: user.as, authProvider: authProvider(user),
      }),
    }],
    contexts: [{ name: context, cluster: clusterName, user: userName }],
    currentContext: context,
  });
  if (folder !== undefined) config.makePathsAbsolute(folder);
  const { exec } = user;
  if (exec !== undefined && exec !== null) config.addAuthenticator(execAuthenticator({ plugIn: { ...exec, command: commandOf(exec.command, folder) }, environment, now }));
  return { config, server: cluster.server.replace(/\/+$/, ''), clusterName, context, ...defined({ proxyUrl: cluster['proxy-url'] ?? undefined }) };
}

/** A token file is read again every minute by the client; a token that was read once would end. */
function authProvider({ exec, tokenFile, token }: KubeconfigUser): { readonly name: string; readonly config: Readonly<Record<string, string>> } | undefined {
  if (exec !== undefined && exec !== null) return { name: execProviderName, config: {} };
  return typeof tokenFile === 'string' && !token ? { name: 'tokenFile', config: { tokenFile } } : undefined;
}

/** As kubectl does it: a bare name from PATH, anything else relative to the kubeconfig. */
function commandOf(command: string, folder: string | undefined): string {
  const isRelativePath = /[/\\]/.test(command) && !/^([A-Za-z]:)?[/\\]/.test(command);
  return isRelativePath && folder !== undefined ? `${folder}/${command}` : command;
}

function defined<T extends Readonly<Record<string, unknown>>>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const kept: { [Key in keyof T]?: NonNullable<T[Key]> } = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined && value !== null && value !== '') kept[key] = value;
  }
  return kept;
}

/** What the kubelet gives every pod. */
async function readServiceAccount({ environment, serviceAccountFolder: folder = serviceAccount }: KubeconfigOptions): Promise<Access> {
  const [host, port] = [environment.KUBERNETES_SERVICE_HOST, environment.KUBERNETES_SERVICE_PORT];
  if (host === undefined || port === undefined) throw new ProviderDeniedError('not inside a cluster: KUBERNETES_SERVICE_HOST is not set; give a kubeconfig');
  const { KubeConfig } = await import('@kubernetes/client-node');
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'in-cluster', server, caFile: `${folder}/ca.crt`, skipTLSVerify: false }],
    users: [{ name: 'service-account', authProvider: { name: 'tokenFile', config: { tokenFile: `${folder}/token` } } }],
    contexts: [{ name: 'in-cluster', cluster: 'in-cluster', user: 'service-account' }],
    currentContext: 'in-cluster',
  });
  return { config, server };
}
