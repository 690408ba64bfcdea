import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createBufferSource } from '../../../source/buffer-source.ts';
import { ext4Reader } from '../reader.ts';
import { hashOf, type Tree, treeOf } from './tree-for-tests.ts';

const copies = 4;
const wanted = 2;

/** The kernel is the oracle: whatever it shows after its own replay of the same bytes is what must be read. */
describe('a file system that is copied while it is written', () => {
  it.each([
    ['ext4 as distributions make it', 48, ['-t', 'ext4', '-O', 'metadata_csum,64bit', '-J', 'size=4'], 'defaults'],
    ['ext4 of small blocks, whose journal runs round and round', 24, ['-t', 'ext4', '-b', '1024', '-J', 'size=1'], 'commit=1'],
    ['ext4 without checksums', 24, ['-t', 'ext4', '-b', '1024', '-O', '^metadata_csum,^64bit', '-J', 'size=1'], 'defaults'],
    ['ext4 with the oldest journal checksums', 24, ['-t', 'ext4', '-O', '^metadata_csum', '-J', 'size=4'], 'journal_checksum'],
    ['ext4 with asynchronous commits', 48, ['-t', 'ext4', '-O', 'metadata_csum', '-J', 'size=4'], 'journal_async_commit,data=writeback'],
    ['ext4 that journals its data', 48, ['-t', 'ext4', '-O', 'metadata_csum', '-J', 'size=8'], 'data=journal'],
    ['ext4 with a place for fast commits', 48, ['-t', 'ext4', '-O', 'metadata_csum,fast_commit', '-J', 'size=8'], 'defaults'],
    ['ext3', 24, ['-t', 'ext3', '-b', '1024', '-J', 'size=1'], 'defaults'],
    ['ext3 that journals its data', 24, ['-t', 'ext3', '-b', '4096', '-J', 'size=4'], 'data=journal'],
  ])('%s is read as Linux shows it', async (name, size, mke2fs, options) => {
    const live = mountLive(size, mke2fs, options);
    if (live === undefined) {
      console.warn(`SKIPPED (no root or no loop mount here): ${name}`);
      return;
    }
    const scratch = scratchFolder();
    const writer = startChurn(live.folder, 7);
    let compared = 0;
    try {
      await setTimeout(300);
      for (let nth = 0; nth < copies; nth++) {
        await setTimeout(60 + ((nth * 137) % 250));
        const image = join(scratch.path, `${nth}`);
        live.copy(image);
        // Read before the kernel writes its replay into the copy.
        const bytes = readFileSync(image);
        const kernel = treeOfKernel(image);
        const opened = await ext4Reader.open(createBufferSource(bytes));
        if ('state' in opened) {
          expect(mke2fs.join()).toContain('fast_commit');
          expect(opened.detail).toBe('ext4: fast_commit');
          continue;
        }
        if (kernel === undefined) throw new Error(`${name}: Linux refuses what we read`);
        expect(await treeOf(opened)).toEqual(kernel);
        if (opened.replayed !== undefined) compared++;
      }
    } finally {
      writer.kill('SIGKILL');
      await new Promise((ended) => writer.once('exit', ended));
      live.close();
      scratch.remove();
    }
    expect(compared).toBeGreaterThanOrEqual(mke2fs.join().includes('fast_commit') ? 1 : wanted);
  });
});

/** A mounted file system whose image can be copied at one instant, as a snapshot of a running machine is. */
interface LiveMount {
  readonly folder: string;
  copy(to: string): void;
  close(): void;
}

const run = (program: string, ...words: readonly string[]): string => execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/**
 * Undefined where this machine has no loop mounts. The image lies on a file system of its own, which is
 * frozen while the image is copied: no write of the one above it can arrive in between.
 */
function mountLive(size: number, mke2fs: readonly string[], options: string): LiveMount | undefined {
  const work = mkdtempSync(join(tmpdir(), 'nodeward-live-'));
  const [outside, below, folder] = [join(work, 'outside'), join(work, 'below'), join(work, 'mounted')];
  const image = join(below, 'image');
  const undo: (() => void)[] = [() => rmSync(work, { recursive: true, force: true })];
  const close = (): void => {
    for (const step of undo.toReversed()) step();
  };
  const mount = (from: string, to: string, how: string): void => {
    mkdirSync(to);
    run('mount', '-o', how, from, to);
    undo.push(() => void run('umount', to));
  };
  try {
    run('mke2fs', '-q', '-F', '-t', 'ext4', outside, `${size + 32}M`);
    mount(outside, below, 'loop');
    run('mke2fs', '-q', '-F', ...mke2fs, image, `${size}M`);
    mount(image, folder, `loop,${options}`);
  } catch (error) {
    close();
    if (canLoopMount()) throw error;
    return undefined;
  }
  const copy = (to: string): void => {
    run('fsfreeze', '--freeze', below);
    try {
      copyFileSync(image, to);
    } finally {
      run('fsfreeze', '--unfreeze', below);
    }
  };
  return { folder, copy, close };
}

function canLoopMount(): boolean {
  return process.getuid?.() === 0 && existsSync('/dev/loop-control');
}

/** A package manager's way with its files: a new database beside the old one, flushed, renamed over it; files made, linked and removed. */
const churn = `
import os, random, sys
root = sys.argv[1]
random.seed(int(sys.argv[2]))
os.makedirs(root + '/var/lib/dpkg', exist_ok=True)
versions = {}
def flushed(path, data):
    with open(path, 'wb') as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
round = 0
while True:
    round += 1
    versions['package-%d' % random.randrange(200)] = '%d.%d-1ubuntu%d' % (random.randrange(9), random.randrange(99), round)
    status = ''.join('Package: %s\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: %s\\n\\n' % p for p in sorted(versions.items()))
    flushed(root + '/var/lib/dpkg/status-new', status.encode())
    if os.path.exists(root + '/var/lib/dpkg/status'):
        if os.path.exists(root + '/var/lib/dpkg/status-old'): os.unlink(root + '/var/lib/dpkg/status-old')
        os.link(root + '/var/lib/dpkg/status', root + '/var/lib/dpkg/status-old')
    os.rename(root + '/var/lib/dpkg/status-new', root + '/var/lib/dpkg/status')
    folder = root + '/usr/share/%d' % random.randrange(20)
    os.makedirs(folder, exist_ok=True)
    for n in range(random.randrange(1, 12)):
        path = folder + '/file-%d' % random.randrange(40)
        if os.path.lexists(path): os.unlink(path)
        elif n % 4 == 0: os.symlink('file-%d' % n, path)
        # Blocks that begin as those of a journal do have to be escaped in one.
        else: open(path, 'wb').write((b'\\xc0\\x3b\\x39\\x98' + os.urandom(60)) * random.randrange(1, 200))
    if random.randrange(8) == 0:
        for path in os.listdir(folder): os.unlink(folder + '/' + path)
        os.rmdir(folder)
    if round % 3 == 0: flushed(root + '/var/marker', b'%d' % round)
`;

function startChurn(folder: string, seed: number): ChildProcess {
  return spawn('python3', ['-c', churn, folder, String(seed)], { stdio: 'ignore' });
}

/** What Linux shows of an image after its own replay; undefined where it refuses to mount it. */
function treeOfKernel(image: string): Tree | undefined {
  const folder = `${image}.mounted`;
  mkdirSync(folder, { recursive: true });
  try {
    run('mount', '-o', 'loop', image, folder);
  } catch {
    return undefined;
  }
  try {
    const tree: Record<string, string> = {};
    walkKernel(folder, '', tree);
    return tree;
  } finally {
    run('umount', folder);
  }
}

function walkKernel(folder: string, path: string, tree: Record<string, string>): void {
  for (const name of readdirSync(join(folder, path))) {
    const inside = `${path}/${name}`;
    const status = lstatSync(join(folder, inside));
    if (status.isDirectory()) {
      tree[inside] = 'directory';
      walkKernel(folder, inside, tree);
    } else tree[inside] = status.isSymbolicLink() ? `link ${readlinkSync(join(folder, inside))}` : hashOf(readFileSync(join(folder, inside)));
  }
}

/** Where copies of images go for the length of a test. */
function scratchFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'nodeward-copies-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
