#!/usr/bin/env node
// Plain JavaScript on purpose: it must start on whatever Node the host has. It prints static help
// at once, and runs everything else on Node 24, its own or the pinned one.
import { existsSync, readFileSync } from 'node:fs';
import * as module from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
/** Compiled where it is installed, the sources themselves in a clone. */
const main = ['../src/main.js', '../src/main.ts'].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
/** Set for the second start, so that a pinned Node that is too old can never start itself again. */
const startedAgain = 'NODEWARD_STARTED_AGAIN';
const argumentsGiven = process.argv.slice(2);

/** The page that was asked for, or undefined where this is not a plain request for help. */
function helpPage(words) {
  const asked = words.length === 0 || words.some((word) => word === '-h' || word === '--help') || words[0] === 'help';
  if (!asked) return undefined;
  const topic = words.filter((word, index) => word !== '-h' && word !== '--help' && !(index === 0 && word === 'help'));
  if (!topic.every((word) => /^[a-z]+(-[a-z]+)*$/.test(word))) return undefined;
  const page = new URL(`help/${['nodeward', ...topic].join('-')}.txt`, import.meta.url);
  return existsSync(page) ? readFileSync(page, 'utf8') : undefined;
}

/** The Node that the lock file pins, looked for from this file's own place upward. */
function pinnedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  try {
    const manifest = module.createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/package.json`);
    return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

async function runOn(node) {
  // Not needed where this Node is new enough.
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [fileURLToPath(import.meta.url), ...argumentsGiven], { stdio: 'inherit', env: { ...process.env, [startedAgain]: '1' } });
  // A terminal sends SIGINT to the whole process group, so the child has it already.
  const fromTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !fromTerminal) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`nodeward: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

const page = helpPage(argumentsGiven);
if (page !== undefined) {
  process.stdout.write(page);
} else if (Number.parseInt(process.versions.node, 10) >= neededMajor) {
  // Before the first .ts file: types are then stripped once, and not at every start.
  module.enableCompileCache();
  await import(main.href);
} else {
  const node = process.env[startedAgain] === '1' ? undefined : pinnedNode();
  if (node !== undefined && existsSync(node)) {
    await runOn(node);
  } else {
    process.stderr.write(
      `nodeward: Node.js ${neededMajor} or newer is needed and this is ${process.version}; run \`npm ci\` to get the pinned one, or install Node.js ${neededMajor}.\n`,
    );
    process.exitCode = 2;
  }
}
