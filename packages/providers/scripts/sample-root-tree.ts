import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageFact } from '../src/sample/facts.ts';
import type { SampleDisk } from '../src/sample/disk-catalog.ts';

/** What mke2fs(8) copies into the image with `-d`: only what an assessment reads, and its surroundings. */
export function writeRootTree(root: string, disk: SampleDisk, rootUuid: string): void {
  for (const directory of directories) mkdirSync(join(root, directory), { recursive: true });
  for (const [path, target] of links) symlinkSync(target, join(root, path));
  const files: Record<string, string> = {
    'usr/lib/os-release': osRelease(disk.image.osVersion),
    'etc/fstab': `UUID=${rootUuid}\t/\text4\tdiscard,errors=remount-ro\t0 1\nLABEL=UEFI\t/boot/efi\tvfat\tumask=0077\t0 1\n`,
    'etc/hostname': 'aks-node\n',
    'etc/machine-id': 'uninitialized\n',
    'var/lib/dpkg/status': disk.packages.map(statusParagraph).join('\n'),
    'var/lib/dpkg/available': '',
    'var/lib/dpkg/arch': 'amd64\n',
    'var/log/kern.log': bootLines(disk),
  };
  for (const kernel of disk.kernels) {
    files[`boot/vmlinuz-${kernel}`] = `placeholder for the kernel ${kernel}\n`;
    files[`usr/lib/modules/${kernel}/modules.order`] = '';
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  // The boot loader's link names the kernel that would run next, not the one that runs.
  symlinkSync(`vmlinuz-${disk.kernels.at(-1) ?? ''}`, join(root, 'boot/vmlinuz'));
}

const directories = ['boot/efi', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp', 'usr/bin', 'usr/lib', 'usr/sbin', 'var/lib/containerd', 'var/lib/dpkg/info', 'var/lib/dpkg/updates', 'var/log'];

const links: readonly (readonly [string, string])[] = [
  ['bin', 'usr/bin'],
  ['lib', 'usr/lib'],
  ['sbin', 'usr/sbin'],
  ['etc/os-release', '../usr/lib/os-release'],
];

function osRelease(version: string): string {
  return [
    `PRETTY_NAME="Ubuntu ${version} LTS"`,
    'NAME="Ubuntu"',
    'VERSION_ID="22.04"',
    `VERSION="${version} LTS (Jammy Jellyfish)"`,
    'VERSION_CODENAME=jammy',
    'ID=ubuntu',
    'ID_LIKE=debian',
    'UBUNTU_CODENAME=jammy',
    '',
  ].join('\n');
}

/** deb-control(5) as dpkg writes it into its status file: `Source` only where it differs from the name. */
function statusParagraph({ name, source, architecture, version }: PackageFact): string {
  return [
    `Package: ${name}`,
    'Status: install ok installed',
    'Priority: optional',
    'Section: misc',
    'Maintainer: Nodeward sample fleet <sample@nodeward.invalid>',
    `Architecture: ${architecture}`,
    ...(source === name ? [] : [`Source: ${source}`]),
    `Version: ${version}`,
    `Description: ${name}, entered for the sample fleet`,
    '',
  ].join('\n');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As rsyslog writes the first kernel message of a boot (RFC 3164 time). */
function bootLines({ image }: SampleDisk): string {
  const at = new Date(image.builtAt);
  const day = String(at.getUTCDate()).padStart(2, ' ');
  const stamp = `${months[at.getUTCMonth()] ?? ''} ${day} ${image.builtAt.slice(11, 19)} aks-node kernel:`;
  return `${stamp} [    0.000000] Linux version ${image.kernel} (buildd@sample) ${image.kernelBanner}\n${stamp} [    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-${image.kernel} root=PARTUUID ro\n`;
}
