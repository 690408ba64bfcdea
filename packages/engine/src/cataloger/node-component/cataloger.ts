import { basename } from 'node:path/posix';
import type { CoverageEntry } from '../../base/coverage.ts';
import { LimitExceededError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { notReadBecause } from '../../base/not-read.ts';
import type { RootTree } from '../../filesystem/filesystem.ts';
import type { Cataloger } from '../cataloger.ts';
import type { ComponentEvidence, FoundBinary } from '../component-evidence.ts';
import { readCniConfiguration } from './cni-configuration.ts';
import { cniFolder, type ComponentName, componentNameOf, pluginNameOf } from './component-name.ts';
import { type ContainerdConfiguration, defaultCniPlaces, type NamedProgram, readContainerdConfiguration } from './containerd-configuration.ts';
import { followCommand, locate } from './follow-command.ts';
import type { UnitCommand } from './systemd-unit.ts';
import { isEnabled, readUnits, type Unit } from './unit-files.ts';

/** Where distributions, clouds and installers put them. */
const binaryFolders = ['/opt/bin', '/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin'] as const;
const defaultContainerdFile = '/etc/containerd/config.toml';
/** The unit of this name runs that component, whatever its command looks like. */
const unitOf: Readonly<Record<string, string>> = { 'kubelet.service': 'kubelet', 'containerd.service': 'containerd' };
/** Units of distributions whose kubelet is part of another program. */
const embeddingUnit = /^(?:k3s|rke2|k0s|snap\.(?:microk8s|kubelet|k8s))\b/;

/** A binary in use: by which name, and who says so. */
interface Use {
  readonly path: string;
  readonly calledAs: string;
  readonly namedBy: string;
  readonly isPlugin: boolean;
}

/**
 * Which binaries of kubelet, containerd, runc and CNI plug-ins lie on the disk, and which of them a
 * systemd unit, the containerd or the CNI configuration names. Opens no binary and walks no tree.
 */
export const nodeComponentCataloger: Cataloger = {
  id: 'node-component',
  subject: 'node-components',
  catalog: async (root) => ({ componentEvidence: await new Search(root).run() }),
};

/** One search of one tree: collects uses, gaps and folders as they come to light. */
class Search {
  readonly #root: RootTree;
  readonly #uses: Use[] = [];
  readonly #gaps: CoverageEntry[] = [];
  readonly #folders = new Set<string>(binaryFolders);
  readonly #pluginFolders = new Set<string>([cniFolder]);

  constructor(root: RootTree) {
    this.#root = root;
  }

  async run(): Promise<ComponentEvidence> {
    const units = (await this.#contained('component kubelet', '/etc/systemd/system', () => readUnits(this.#root))) ?? [];
    for (const unit of units) await this.#contained(`component ${unitOf[unit.name] ?? unit.name}`, unit.path, () => this.#followUnit(unit));
    await this.#followContainerd(units);
    return { binaries: await this.#binaries(), gaps: this.#gaps };
  }

  async #contained<Value>(subject: string, path: string, read: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await read();
    } catch (error) {
      const why = notReadBecause(error);
      if (why === undefined) throw error;
      this.#gaps.push({ subject: printable(subject), state: why.state, reason: 'component-configuration-unreadable', detail: path });
      return undefined;
    }
  }

  async #followUnit(unit: Unit): Promise<void> {
    const followed = await Promise.all(unit.commands.map(async (command) => ({ command, ...(await followCommand(this.#root, command)) })));
    for (const { command, binaries } of followed) {
      for (const binary of binaries) this.#use({ ...binary, namedBy: command.file, isPlugin: false });
    }
    const component = unitOf[unit.name] ?? (embeddingUnit.test(unit.name) ? 'kubelet' : undefined);
    if (component === undefined) return;
    const isFound = followed.some(({ binaries }) => binaries.some(({ calledAs, path }) => isNamed(component, calledAs) || isNamed(component, path)));
    for (const { command, missing, hidden } of followed) {
      if (hidden && !(isFound && isDirect(command))) this.#gap(component, `${command.file} ${command.program}`);
      if (missing.length > 0 && (await isEnabled(this.#root, unit.name))) this.#gap(component, `${command.file} ${missing.join(' ')}`);
    }
    const isOpen = followed.some(({ missing, hidden }) => hidden || missing.length > 0);
    if (!isFound && !isOpen) this.#gap(component, unit.path);
  }

  /** What runs containerd's containers, and the CNI plug-ins. CRI-O finds them and its runc in the usual places; its own configuration is not read. */
  async #followContainerd(units: readonly Unit[]): Promise<void> {
    const containerd = this.#uses.find(({ calledAs }) => isNamed('containerd', calledAs));
    const file = configurationFile(units) ?? defaultContainerdFile;
    const configuration = containerd === undefined ? undefined : await this.#contained('component containerd', file, () => readContainerdConfiguration(this.#root, file));
    for (const named of configuration?.programs ?? []) {
      await this.#contained(`component ${basename(named.program)}`, named.file, () => this.#followProgram(named, containerd?.path ?? ''));
    }
    const crio = units.find(({ name }) => name === 'crio.service');
    if (crio !== undefined) await this.#contained('component runc', crio.path, () => this.#followProgram({ program: 'runc', file: crio.path, explicit: false }, ''));
    await this.#contained('component cni-plugins', '/etc/cni/net.d', () => this.#followCni(configuration, containerd));
  }

  async #followProgram({ program, file, explicit }: NamedProgram, containerd: string): Promise<void> {
    const beside = program.includes('/') ? undefined : await locate(this.#root, `${containerd.slice(0, containerd.lastIndexOf('/'))}/${program}`);
    const path = (await locate(this.#root, program)) ?? beside;
    if (path !== undefined) this.#use({ path, calledAs: basename(program), namedBy: file, isPlugin: false });
    else if (explicit && componentNameOf(basename(program)) !== undefined) this.#gap(basename(program), `${file} ${program}`);
  }

  async #followCni(configuration: ContainerdConfiguration | undefined, containerd: Use | undefined): Promise<void> {
    const { binFolders, confFolder, maximum } = configuration?.cni ?? defaultCniPlaces;
    for (const folder of binFolders) this.#pluginFolders.add(folder);
    const { plugins, unreadable } = await readCniConfiguration(this.#root, confFolder, maximum);
    for (const file of unreadable) this.#gap('cni-plugins', file);
    // containerd gives every pod its loopback, whatever the configuration says.
    const loopback = containerd === undefined ? [] : [{ type: 'loopback', file: containerd.namedBy, explicit: false }];
    for (const { type, file, explicit } of [...plugins, ...loopback]) {
      const path = await locate(this.#root, type, binFolders);
      if (path !== undefined) this.#use({ path, calledAs: type, namedBy: file, isPlugin: true });
      else if (explicit) this.#gap(type, file);
    }
  }

  #use(use: Use): void {
    if (this.#uses.some(({ path }) => path === use.path)) return;
    this.#uses.push(use);
    if (this.#uses.length > limits.components) throw new LimitExceededError(`node components: more than ${limits.components} in use`);
    if (!use.isPlugin) this.#folders.add(use.path.slice(0, use.path.lastIndexOf('/')));
  }

  #gap(component: string, detail: string): void {
    this.#gaps.push({ subject: `component ${printable(component)}`, state: 'unreadable', reason: 'component-configuration-unreadable', detail: printable(detail) });
  }

  /** Everything in use, and what lies unused in the usual folders; one file under two names is one binary. */
  async #binaries(): Promise<readonly FoundBinary[]> {
    const found = new Map<string, FoundBinary>();
    for (const { path, calledAs, namedBy, isPlugin } of this.#uses) {
      const name = nameOf(basename(path), calledAs, isPlugin);
      if (name !== undefined) await this.#add(found, path, name, namedBy);
    }
    for (const folder of this.#folders) await this.#addFolder(found, folder, componentNameOf);
    for (const folder of this.#pluginFolders) await this.#addFolder(found, folder, pluginNameOf);
    return [...found.values()];
  }

  async #addFolder(found: Map<string, FoundBinary>, folder: string, nameFor: (file: string) => ComponentName | undefined): Promise<void> {
    for (const { name: file, kind } of (await this.#root.readDirectory(folder)) ?? []) {
      const name = kind === 'file' || kind === 'symbolic-link' ? nameFor(file) : undefined;
      if (name === undefined) continue;
      const path = await this.#root.realPath(`${folder}/${file}`);
      await this.#add(found, path, nameOf(basename(path), file, nameFor === pluginNameOf) ?? name, undefined);
    }
  }

  async #add(found: Map<string, FoundBinary>, path: string, { version, ...name }: ComponentName, namedBy: string | undefined): Promise<void> {
    const status = found.has(path) ? undefined : await this.#root.status(path);
    if (status?.kind !== 'file') return;
    if (found.size >= limits.components) throw new LimitExceededError(`node components: more than ${limits.components} binaries`);
    const known = { ...(version === undefined ? {} : { nameVersion: version }), ...(namedBy === undefined ? {} : { namedBy }) };
    found.set(path, { ...name, path, size: status.size, ...known });
  }
}

/** The file's own name says more than the link by which it was called: `kubelet` → `kubelet-1.27.1`. */
function nameOf(file: string, calledAs: string, isPlugin: boolean): ComponentName | undefined {
  if (isPlugin) return pluginNameOf(file) ?? pluginNameOf(calledAs);
  const [own, called] = [componentNameOf(file), componentNameOf(calledAs)];
  return own === undefined || own.version !== undefined || called?.version === undefined ? (own ?? called) : called;
}

/** What a disk's configuration says goes into logs and pages: short, and without control characters. */
function printable(text: string): string {
  return text.slice(0, 300).replaceAll(/\p{Cc}/gu, '?');
}

function isNamed(component: string, path: string): boolean {
  return componentNameOf(basename(path))?.name === component;
}

/** The component itself is the program: what its parameters hide is no binary. */
function isDirect({ program }: UnitCommand): boolean {
  return componentNameOf(basename(program)) !== undefined;
}

/** `containerd --config FILE`. */
function configurationFile(units: readonly Unit[]): string | undefined {
  const words = units.flatMap(({ commands }) => commands).filter(({ program }) => isNamed('containerd', program)).flatMap(({ parameters }) => parameters);
  const flag = words.findIndex((word) => /^(?:-c|--?config)$/.test(word));
  return flag === -1 ? words.map((word) => /^--?config=(.+)$/.exec(word)?.[1]).find((path) => path !== undefined) : words[flag + 1];
}
