import { join } from 'node:path';

/**
 * Where the sample fleet keeps what a cloud would keep:
 *
 *     disks/NODE.img          the node's own disk; patch it in place and the next discovery sees it. Nodes
 *                             that share the disk of their image have none until somebody puts one here
 *                             (a changed copy of images/DISK.img) or a reboot makes theirs differ
 *     images/DISK.img         unpacked disks of `disks/`, read only: nodes share them
 *     advisory-database/      built from feeds/, purpose `sample`
 *     operations/ID.json      one file per operation, written once
 *     operations.log          what was done to which node, one JSON object per line
 *     prepared.json           written last: the folder is complete
 *     auto-upgrade.json       settings that were changed, by cluster
 *     fail.json               optional: {"pool", "node", "phase", "code"}, with "cluster" where pools of
 *                             several clusters have the name; the next operation on that pool fails
 *                             there, and the file is gone. {"cluster", "code"}: the control plane
 *     image-overrides.json    optional: {"IMAGE": "name of a disk of disks/, or path of a raw image"};
 *                             what nodes that are moved to IMAGE find on their disks
 */
export interface StateFolder {
  readonly path: string;
  readonly disks: string;
  readonly images: string;
  readonly advisoryDatabase: string;
  readonly operations: string;
  readonly log: string;
  readonly prepared: string;
  readonly autoUpgrade: string;
  readonly fail: string;
  readonly imageOverrides: string;
}

export function stateFolder(path: string): StateFolder {
  return {
    path,
    disks: join(path, 'disks'),
    images: join(path, 'images'),
    advisoryDatabase: join(path, 'advisory-database'),
    operations: join(path, 'operations'),
    log: join(path, 'operations.log'),
    prepared: join(path, 'prepared.json'),
    autoUpgrade: join(path, 'auto-upgrade.json'),
    fail: join(path, 'fail.json'),
    imageOverrides: join(path, 'image-overrides.json'),
  };
}

export function nodeDiskPath(folder: StateFolder, node: string): string {
  return join(folder.disks, `${node}.img`);
}

/** Where a disk of `disks/` lies unpacked, for all nodes and pools. */
export function sharedDiskPath(folder: StateFolder, disk: string): string {
  return join(folder.images, `${disk}.img`);
}
