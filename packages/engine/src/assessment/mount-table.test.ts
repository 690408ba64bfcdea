import { describe, expect, it } from 'vitest';
import { createMemoryTree } from '../filesystem/memory-tree-for-tests.ts';
import { parseFstab, parseMountUnit, readMountTable } from './mount-table.ts';

describe('fstab', () => {
  it.each([
    ['UUID=ab-cd /usr ext4 ro,noatime 0 2', { what: 'UUID=ab-cd', where: '/usr', type: 'ext4', options: ['ro', 'noatime'] }],
    ['\tLABEL=x\t/var/\text4', { what: 'LABEL=x', where: '/var', type: 'ext4', options: [''] }],
    ['/dev/sda1 /with\\040space auto defaults', { what: '/dev/sda1', where: '/with space', type: 'auto', options: ['defaults'] }],
    ['LABEL=x //var//./lib ext4 defaults', { what: 'LABEL=x', where: '/var/lib', type: 'ext4', options: ['defaults'] }],
  ])('%j is one entry', (line, entry) => {
    expect(parseFstab(line)).toEqual([entry]);
  });

  it.each(['', '# a comment', '#LABEL=x /var ext4', 'LABEL=x', 'LABEL=x none swap sw', 'LABEL=x /var/../../etc ext4', '\0\0\0'])('%j is none', (line) => {
    expect(parseFstab(line)).toEqual([]);
  });
});

describe('a mount unit', () => {
  it('says what is mounted where', () => {
    expect(parseMountUnit('[Mount]\nWhat=/dev/disk/by-label/var\nWhere=/var\nType=ext4\nOptions=ro\n')).toEqual({
      what: '/dev/disk/by-label/var',
      where: '/var',
      type: 'ext4',
      options: ['ro'],
    });
  });

  it('without a place is none', () => {
    expect(parseMountUnit('[Mount]\nWhat=/dev/sda1\n')).toBeUndefined();
  });
});

it('the mount table joins fstab and mount units, and is empty without them', async () => {
  const tree = createMemoryTree({ '/etc/fstab': 'LABEL=a /usr ext4\n', '/etc/systemd/system/var.mount': 'What=LABEL=b\nWhere=/var\n' });

  expect((await readMountTable(tree)).map((entry) => entry.where)).toEqual(['/usr', '/var']);
  expect(await readMountTable(createMemoryTree({ '/etc/hostname': 'x' }))).toEqual([]);
});
