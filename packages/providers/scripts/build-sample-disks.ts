/**
 * Writes src/sample/disks/*.img.zst from src/sample/facts. Needs mke2fs, debugfs, sgdisk and cryptsetup; no
 * root rights. Two runs give the same bytes, except for the LUKS container, whose keys are random:
 * it is made only where it is missing.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, utimesSync, lutimesSync, lstatSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, zstdCompressSync } from 'node:zlib';
import { encryptedDisk, type SampleDisk, sampleDisks } from '../src/sample/disk-catalog.ts';
import { writeRootTree } from './sample-root-tree.ts';

const disksFolder = fileURLToPath(new URL('../src/sample/disks/', import.meta.url));
const mebibyte = 1024 * 1024;
/** As Azure lays its Ubuntu images out: 14 = BIOS boot, 15 = EFI system, 1 = root; only smaller. */
const layout = { bios: { start: 2048, sectors: 2048 }, efi: { start: 4096, sectors: 4096 }, root: { start: 8192, sectors: 32_768 } };
const diskBytes = 21 * mebibyte;
/** What Ubuntu 22.04's mke2fs.conf asks for, spelt out so that the host's own file does not matter. */
const features = 'none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum';

function main(): void {
  const work = mkdtempSync(join(tmpdir(), 'nodeward-sample-'));
  try {
    for (const disk of sampleDisks()) writeCompressed(disk.name, buildDisk(work, disk));
    if (!existsSync(join(disksFolder, `${encryptedDisk}.img.zst`))) writeCompressed(encryptedDisk, buildEncrypted(work));
  } finally {
    rmSync(work, { recursive: true });
  }
}

function buildDisk(work: string, disk: SampleDisk): Buffer {
  const root = join(work, disk.name);
  const image = join(work, `${disk.name}.img`);
  const uuid = uuidOf(`${disk.name} root`);
  const seconds = Math.trunc(Date.parse(disk.image.builtAt) / 1000);
  const environment = { ...process.env, E2FSPROGS_FAKE_TIME: String(seconds), SOURCE_DATE_EPOCH: String(seconds) };
  rmSync(root, { recursive: true, force: true });
  execFileSync('mkdir', [root]);
  writeRootTree(root, disk, uuid);
  setTimes(root, seconds);
  createSparse(image);
  partition(image, disk.name, '8300');
  const extended = `root_owner=0:0,offset=${layout.root.start * 512},hash_seed=${uuidOf(`${disk.name} hash`)},lazy_itable_init=0,lazy_journal_init=0,nodiscard`;
  const blocks = (layout.root.sectors * 512) / 4096;
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-b', '4096', '-I', '256', '-N', '1024', '-m', '0', '-J', 'size=4', '-O', features, '-L', 'cloudimg-rootfs', '-U', uuid, '-d', root, '-E', extended, image, String(blocks)], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  fixInodes(image, root, seconds, environment);
  return readFileSync(image);
}

/** mke2fs copies owner and change time from the staging tree: both are put right here, file by file. */
function fixInodes(image: string, root: string, seconds: number, environment: NodeJS.ProcessEnv): void {
  const paths = ['/', '/lost+found', ...walk(root, '')];
  const commands = paths.flatMap((path) => ['uid 0', 'gid 0', ...['atime', 'ctime', 'mtime', 'crtime'].map((field) => `${field} @${seconds}`), ...['atime_extra', 'ctime_extra', 'mtime_extra', 'crtime_extra'].map((field) => `${field} 0`)].map((rest) => `set_inode_field "${path}" ${rest}`));
  const at = `${image}?offset=${layout.root.start * 512}`;
  writeFileSync(`${image}.commands`, `${commands.join('\n')}\n`);
  execFileSync('debugfs', ['-w', '-f', `${image}.commands`, at], { env: environment, stdio: 'ignore' });
}

function walk(root: string, path: string): string[] {
  return readdirSync(join(root, path)).toSorted().flatMap((name) => {
    const inner = `${path}/${name}`;
    return lstatSync(join(root, inner)).isDirectory() ? [inner, ...walk(root, inner)] : [inner];
  });
}

function setTimes(root: string, seconds: number): void {
  for (const path of walk(root, '')) lutimesSync(join(root, path), seconds, seconds);
  utimesSync(root, seconds, seconds);
}

function createSparse(path: string): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, diskBytes);
  closeSync(file);
}

function partition(image: string, name: string, rootType: string): void {
  const part = (number: number, { start, sectors }: { start: number; sectors: number }, type: string): string[] => [`-n${number}:${start}:${start + sectors - 1}`, `-t${number}:${type}`, `-u${number}:${uuidOf(`${name} partition ${number}`)}`];
  execFileSync('sgdisk', ['-a1', '-o', '-U', uuidOf(`${name} disk`), ...part(1, layout.root, rootType), '-c1:rootfs', ...part(14, layout.bios, 'EF02'), ...part(15, layout.efi, 'EF00'), image], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A real LUKS2 header with a 256-bit key (a longer one would only cost bytes); its passphrase opens nothing of worth. */
function buildEncrypted(work: string): Buffer {
  const image = join(work, 'encrypted.img');
  const container = join(work, 'container.img');
  createSparse(image);
  partition(image, encryptedDisk, '8309');
  writeFileSync(container, Buffer.alloc(layout.root.sectors * 512));
  execFileSync('cryptsetup', ['luksFormat', '--batch-mode', '--type', 'luks2', '--key-size', '256', '--cipher', 'aes-xts-plain64', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--luks2-metadata-size', '16k', '--luks2-keyslots-size', '256k', '--uuid', uuidOf(encryptedDisk), container, '-'], { input: 'sample fleet', stdio: ['pipe', 'ignore', 'inherit'] });
  const disk = readFileSync(image);
  readFileSync(container).copy(disk, layout.root.start * 512);
  return disk;
}

/** A version-4-shaped UUID that depends on its name only. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(`nodeward sample ${name}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

function writeCompressed(name: string, disk: Buffer): void {
  const compressed = zstdCompressSync(disk, { params: { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_checksumFlag]: 1 } });
  writeFileSync(join(disksFolder, `${name}.img.zst`), compressed);
  process.stdout.write(`${name}: ${compressed.length} bytes, sha256 ${createHash('sha256').update(disk).digest('hex')}\n`);
}

main();
