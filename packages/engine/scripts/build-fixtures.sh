#!/usr/bin/env bash
# Builds the disk and filesystem fixtures of this package with the formats' own tools; only gpt-4096 needs root.
# Needs: mke2fs, debugfs and e2fsck (e2fsprogs), sgdisk (gdisk), losetup, cryptsetup, mkswap, zstd.
# UUIDs, hash seeds and times are fixed, so that a rebuild with the same tools changes nothing
# but the LUKS headers, whose salts are random.
set -euo pipefail
here=$(cd "$(dirname "$0")/../src" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'cat "$work/log" >&2' ERR
export E2FSPROGS_FAKE_TIME=1700000000 SOURCE_DATE_EPOCH=1700000000 TZ=UTC
uuid=6e6f6465-7761-4264-8001-000000000001

pack() { mkdir -p "$(dirname "$2")"; zstd -q -19 -f "$1" -o "$2"; }

# --- the tree that every ext4 fixture holds ---------------------------------------------------
tree=$work/tree
mkdir -p "$tree"/{etc,many,deep/a/b/c,empty}
printf 'ID=ubuntu\nVERSION_ID="22.04"\n' > "$tree/etc/os-release"
: > "$tree/empty.txt"
ln -s etc/os-release "$tree/fast-link"
ln -s "$(printf 'deep/%.0s../' {1..20})etc/os-release" "$tree/slow-link"
printf 'at the bottom\n' > "$tree/deep/a/b/c/file"
# Written blocks alternate with holes: 900 extents need a tree two levels deep at 1 KiB per block.
python3 - "$tree" <<'P'
import sys
tree = sys.argv[1]
with open(tree + '/fragmented.bin', 'wb') as f:
    for n in range(900):
        f.seek(n * 8192)
        f.write(b'%08d' % n * 64)
with open(tree + '/sparse.bin', 'wb') as f:
    f.seek(3 * 1024 * 1024)
    f.write(b'after the hole')
    f.truncate(5 * 1024 * 1024 + 17)
with open(tree + '/large.bin', 'wb') as f:
    f.write(b''.join(b'%015d\n' % n for n in range(40000)))
P
# One file under five thousand names: a large directory, and no inode per name.
printf 'one file, many names\n' > "$tree/many/entry-00000"
for n in $(seq -f '%05g' 1 4999); do ln "$tree/many/entry-00000" "$tree/many/entry-$n"; done
find "$tree" -exec touch -h -d @1700000000 {} +

# What independent tools say of the tree.
python3 - "$tree" > "$work/expected.json" <<'P'
import hashlib, json, os, sys
tree = sys.argv[1]
files, links, directories = {}, {}, {}
for folder, names, plain in os.walk(tree):
    inside = folder[len(tree):] or '/'
    directories[inside] = len(names) + len(plain)
    if inside == '/many':
        plain = ['entry-00000', 'entry-02500', 'entry-04999']
    for name in names + plain:
        path = os.path.join(folder, name)
        if os.path.islink(path):
            links[path[len(tree):]] = os.readlink(path)
        elif os.path.isfile(path):
            data = open(path, 'rb').read()
            files[path[len(tree):]] = {'size': len(data), 'sha256': hashlib.sha256(data).hexdigest()}
# debugfs allocates this one afterwards: eight blocks that were never written.
files['/unwritten.bin'] = {'size': 8192, 'sha256': hashlib.sha256(bytes(8192)).hexdigest()}
directories['/'] += 2  # lost+found, unwritten.bin
directories['/lost+found'] = 0
json.dump({'files': files, 'links': links, 'directories': directories}, sys.stdout, indent=1, sort_keys=True)
print()
P

ext4() { # name, size, further arguments of mke2fs
  local name=$1 size=$2 image=$work/$1.img
  shift 2
  mke2fs -q -F -t ext4 -U "$uuid" -E hash_seed="$uuid",lazy_itable_init=1,nodiscard -L fixture -d "$tree" "$@" "$image" "$size"
  : > "$work/nothing"
  debugfs -w -f - "$image" > "$work/log" 2>&1 <<C
write $work/nothing unwritten.bin
fallocate unwritten.bin 0 7
set_inode_field unwritten.bin size 8192
C
  # -D turns the large directory into an htree, as the kernel would have made it.
  e2fsck -fyD "$image" > "$work/log" 2>&1 || [ $? -eq 1 ]
  debugfs -R 'htree /many' "$image" 2> "$work/log" | grep -q 'Root node dump'
  pack "$image" "$here/filesystem/ext4/fixtures/$name/volume.img.zst"
}
ubuntu=has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum
ext4 blocks-1k 24M -b 1024 -N 256 -O "$ubuntu"
ext4 blocks-2k 24M -b 2048 -N 256 -O "$ubuntu"
ext4 blocks-4k 24M -b 4096 -N 256 -O "$ubuntu,metadata_csum_seed,orphan_file"
ext4 inode-128 24M -b 4096 -N 256 -I 128 -O "$ubuntu"
ext4 no-checksums 24M -b 1024 -N 256 -O "$ubuntu,^metadata_csum,^64bit,uninit_bg"
cp "$work/expected.json" "$here/filesystem/ext4/fixtures/expected.json"
# Where tests place their damage: inode numbers as debugfs tells them.
number() { debugfs -R "stat $2" "$work/$1.img" 2> "$work/log" | sed -n 's/^Inode: \([0-9]*\).*/\1/p'; }
for name in blocks-1k no-checksums; do
  printf '{ "fragmented": %s, "many": %s }\n' "$(number $name /fragmented.bin)" "$(number $name /many)" > "$here/filesystem/ext4/fixtures/$name/inodes.json"
done

small() { mke2fs -q -F -U "$uuid" -E hash_seed="$uuid",lazy_itable_init=1,nodiscard "$@"; }
# A journal that asks to be replayed; a directory that contains its own ancestor; features that are not read.
small -t ext4 -d "$tree/etc" "$work/dirty.img" 4M
debugfs -w -R 'feature needs_recovery' "$work/dirty.img" > "$work/log" 2>&1
small -t ext4 -d "$tree/deep" "$work/loop.img" 4M
debugfs -w -R 'link /a /a/b/loop' "$work/loop.img" > "$work/log" 2>&1
small -t ext4 -O inline_data -d "$tree/etc" "$work/inline-data.img" 4M
small -t ext4 -O bigalloc -d "$tree/etc" "$work/bigalloc.img" 8M
small -t ext4 -O meta_bg,^resize_inode -d "$tree/etc" "$work/meta-bg.img" 4M
small -t ext4 -O casefold -d "$tree/etc" "$work/casefold.img" 4M
small -t ext3 -d "$tree/etc" "$work/ext3.img" 4M
small -t ext2 -d "$tree/etc" "$work/ext2.img" 4M
for name in dirty loop inline-data bigalloc meta-bg casefold ext3 ext2; do
  pack "$work/$name.img" "$here/filesystem/ext4/fixtures/$name/volume.img.zst"
done

# --- containers: the first 8 KiB are all that is looked at -------------------------------------
for type in luks1 luks2; do
  truncate -s 32M "$work/$type"
  printf 'not a secret' | cryptsetup luksFormat -q --type "$type" --uuid "$uuid" --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$work/$type" -
  head -c 8192 "$work/$type" > "$work/$type.head"
  pack "$work/$type.head" "$here/volume/fixtures/$type/head.bin.zst"
done
truncate -s 64K "$work/swap" && mkswap -q -U "$uuid" "$work/swap" 2> "$work/log"
pack "$work/swap" "$here/volume/fixtures/swap/head.bin.zst"

# --- partition tables -------------------------------------------------------------------------
gpt() { sgdisk -U "$uuid" "$@" > "$work/log"; }
truncate -s 8M "$work/gpt-512.img"
gpt -n 1:2048:4095 -t 1:8300 -c 1:rootfs -u 1:"${uuid%1}2" -n 14:4096:6143 -t 14:ef02 -u 14:"${uuid%1}3" -n 15:6144:8191 -t 15:ef00 -u 15:"${uuid%1}4" "$work/gpt-512.img"
pack "$work/gpt-512.img" "$here/partition/fixtures/gpt-512/disk.img.zst"
truncate -s 16M "$work/gpt-4096.img"
# sgdisk takes the size of a sector from the device: a loop device can have any, and needs root.
loop=$(losetup --find --show --sector-size 4096 "$work/gpt-4096.img")
gpt -n 1:256:511 -t 1:8304 -c 1:rootfs -u 1:"${uuid%1}2" "$loop" || { losetup -d "$loop"; exit 1; }
losetup -d "$loop"
pack "$work/gpt-4096.img" "$here/partition/fixtures/gpt-4096/disk.img.zst"
truncate -s 8M "$work/mbr.img"
gpt -n 1:2048:4095 -t 1:8300 "$work/mbr.img" && sgdisk -m 1 "$work/mbr.img" > "$work/log"
pack "$work/mbr.img" "$here/partition/fixtures/mbr/disk.img.zst"

# --- whole disks: the names of their partitions mislead on purpose ----------------------------
system=$work/system
mkdir -p "$system"/{etc,usr/lib,var/lib/dpkg,var/log,boot}
printf 'PRETTY_NAME="Ubuntu 22.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nID=ubuntu\n' > "$system/usr/lib/os-release"
ln -s ../usr/lib/os-release "$system/etc/os-release"
printf 'LABEL=system / ext4 defaults 0 1\nLABEL=UEFI /boot/efi vfat umask=0077 0 1\n' > "$system/etc/fstab"
cat > "$system/var/lib/dpkg/status" <<'S'
Package: libssl3
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: openssl
Version: 3.0.2-0ubuntu1.10
Description: Secure Sockets Layer toolkit

Package: linux-image-5.15.0-1041-azure
Status: install ok installed
Architecture: amd64
Source: linux-signed-azure
Version: 5.15.0-1041.48

Package: linux-image-5.15.0-1047-azure
Status: install ok installed
Architecture: amd64
Source: linux-signed-azure
Version: 5.15.0-1047.54

Package: old-config
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

S
printf 'kernel: [    0.000000] Linux version 5.15.0-1038-azure (buildd@lcy02) #45\nkernel: [    0.000000] Linux version 5.15.0-1041-azure (buildd@lcy02) #48\n' > "$system/var/log/kern.log"

disk() { # name, then (number, type, partition name, content file) for each partition of 6 MiB
  local name=$1 image=$work/$1.disk sector=2048
  shift
  truncate -s 32M "$image"
  while [ $# -gt 0 ]; do
    gpt -n "$1:$sector:$((sector + 12287))" -t "$1:$2" -c "$1:$3" -u "$1:${uuid%??}$(printf %02d "$1")" "$image"
    [ "$4" = - ] || dd if="$4" of="$image" bs=512 seek="$sector" conv=notrunc status=none
    sector=$((sector + 12288))
    shift 4
  done
  pack "$image" "$here/assessment/fixtures/$name/disk.img.zst"
}
fs() { small -t ext4 -O "$ubuntu" -L "$1" -U "$2" -d "$3" "$work/$1.fs" 6M; }
fs system "${uuid%1}5" "$system"
disk node 1 8300 'EFI System Partition' "$work/system.fs" 14 ef02 rootfs - 15 ef00 rootfs -
disk encrypted 1 8300 boot "$work/loop.img" 2 8300 root "$work/luks2.head"
disk unneeded 1 8300 rootfs "$work/luks1.head" 2 8300 data "$work/system.fs" 3 8200 more -
debugfs -w -R 'feature needs_recovery' "$work/system.fs" > "$work/log" 2>&1
disk dirty 1 8300 root "$work/system.fs"
cp -a "$system" "$work/split"
mkdir -p "$work/parts"
mv "$work/split/usr" "$work/parts/usr" && mv "$work/split/var" "$work/parts/var"
mkdir "$work/split/usr" "$work/split/var"
printf 'LABEL=split / ext4 defaults 0 1\nUUID=%s /usr ext4 ro 0 2\n/dev/disk/by-label/vardata\t/var ext4 defaults 0 2\nLABEL=elsewhere /data ext4 nofail 0 2\n' "${uuid%1}7" > "$work/split/etc/fstab"
fs split "${uuid%1}6" "$work/split"
fs usrdata "${uuid%1}7" "$work/parts/usr"
fs vardata "${uuid%1}8" "$work/parts/var"
disk split 1 8300 one "$work/vardata.fs" 2 8300 two "$work/split.fs" 3 8300 three "$work/usrdata.fs"
disk var-missing 2 8300 two "$work/split.fs" 3 8300 three "$work/usrdata.fs"
disk var-encrypted 1 8300 one "$work/luks1.head" 2 8300 two "$work/split.fs" 3 8300 three "$work/usrdata.fs"
du -ch $(find "$here" -name '*.zst') | tail -1
