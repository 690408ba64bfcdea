#!/usr/bin/env bash
# Builds the disk and filesystem fixtures of this package with the formats' own tools; gpt-4096 and inline-kernel need root.
# Needs: mke2fs, debugfs and e2fsck (e2fsprogs), sgdisk (gdisk), sfdisk (fdisk), qemu-img, losetup, cryptsetup, mkswap, zstd.
# UUIDs, hash seeds and times are fixed, so that a rebuild with the same tools changes nothing
# but the LUKS headers and the VHD footers, whose salts and identifiers are random.
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

# What independent tools say of a tree.
describe() {
python3 - "$1" <<'P'
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
        elif os.path.isfile(path) and os.path.getsize(path) < 2 ** 31:
            data = open(path, 'rb').read()
            files[path[len(tree):]] = {'size': len(data), 'sha256': hashlib.sha256(data).hexdigest()}
# debugfs makes this one afterwards: eight blocks that were never written.
files['/unwritten.bin'] = {'size': 8192, 'sha256': hashlib.sha256(bytes(8192)).hexdigest()}
directories['/'] += 2  # lost+found, unwritten.bin
directories['/lost+found'] = 0
json.dump({'files': files, 'links': links, 'directories': directories}, sys.stdout, indent=1, sort_keys=True)
print()
P
}

whole() { # name, size, tree, what makes unwritten.bin 8 KiB long, further arguments of mke2fs
  local name=$1 size=$2 tree=$3 lengthen=$4 image=$work/$1.img
  shift 4
  mke2fs -q -F -U "$uuid" -E hash_seed="$uuid",lazy_itable_init=1,nodiscard -L fixture -d "$tree" "$@" "$image" "$size"
  : > "$work/nothing"
  printf '%s\n' "write $work/nothing unwritten.bin" "$lengthen" 'set_inode_field unwritten.bin size 8192' | debugfs -w -f - "$image" > "$work/log" 2>&1
  # -D turns the large directory into an htree, as the kernel would have made it.
  e2fsck -fyD "$image" > "$work/log" 2>&1 || [ $? -eq 1 ]
  pack "$image" "$here/filesystem/ext4/fixtures/$name/volume.img.zst"
}
has_htree() { debugfs -R 'htree /many' "$work/$1.img" 2> "$work/log" | grep -q 'Root node dump'; }
ext4() { local name=$1 size=$2; shift 2; whole "$name" "$size" "$tree" 'fallocate unwritten.bin 0 7' -t ext4 "$@" && has_htree "$name"; }
ubuntu=has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum
ext4 blocks-1k 24M -b 1024 -N 256 -O "$ubuntu"
ext4 blocks-2k 24M -b 2048 -N 256 -O "$ubuntu"
ext4 blocks-4k 24M -b 4096 -N 256 -O "$ubuntu,metadata_csum_seed,orphan_file"
ext4 inode-128 24M -b 4096 -N 256 -I 128 -O "$ubuntu"
ext4 no-checksums 24M -b 1024 -N 256 -O "$ubuntu,^metadata_csum,^64bit,uninit_bg"
describe "$tree" > "$here/filesystem/ext4/fixtures/expected.json"

# --- block maps: the same tree and files with data on both sides of each step of the map --------
mapped=$work/mapped
cp -a "$tree" "$mapped"
python3 - "$mapped" <<'P'
import sys
tree = sys.argv[1]
block = 1024
single = 12
double = single + block // 4
triple = double + (block // 4) ** 2
with open(tree + '/steps.bin', 'wb') as f:
    for at in (0, single - 1, single, double - 1, double, double + 300, triple - 1, triple, triple + 9000):
        f.seek(at * block)
        f.write(b'block %06d ' % at * 64)
    f.truncate((triple + 9000) * block + 1500)
# Behind the triple step of blocks of 4 KiB: larger than any file that is read whole.
with open(tree + '/huge.bin', 'wb') as f:
    f.seek((12 + 1024 + 1024 ** 2 + 5) * 4096 + 100)
    f.write(b'far behind')
P
find "$mapped" -exec touch -h -d @1700000000 {} +
describe "$mapped" > "$here/filesystem/ext4/fixtures/expected-mapped.json"
hole='set_inode_field unwritten.bin size 8192'
whole ext2 24M "$mapped" "$hole" -t ext2 -b 1024 -N 256 && has_htree ext2
whole ext3 32M "$mapped" "$hole" -t ext3 -b 4096 -N 256 -J size=4 && has_htree ext3
# Of 1993, and without the large file, which would raise the revision: inodes of 128 bytes, no htree, and directories that do not tell what their entries are.
rm "$mapped/huge.bin"
describe "$mapped" > "$here/filesystem/ext4/fixtures/expected-revision-0.json"
whole ext2-revision-0 24M "$mapped" "$hole" -r 0 -b 1024 -N 256

# --- inline data: the same tree, and lengths around what an inode holds --------------------------
inline=$work/inline
cp -a "$tree" "$inline"
mkdir "$inline"/{lengths,names}
for length in 1 59 60 61 100 130 155 156 157 200 400; do
  printf '%0*d' "$length" "$length" > "$inline/lengths/$length"
  ln -s "$(printf '%0*d' "$length" "$length")" "$inline/lengths/link-$length"
done
for count in 1 2 3 4 5 8 12 20; do
  mkdir "$inline/names/$count"
  for n in $(seq "$count"); do : > "$inline/names/$count/name-$n"; done
done
find "$inline" -exec touch -h -d @1700000000 {} +
describe "$inline" > "$here/filesystem/ext4/fixtures/expected-inline.json"
# mke2fs 1.47.0 loses the hole at the end of a file here.
hole=$hole$'\n''set_inode_field sparse.bin size 5242897'
whole inline-data 24M "$inline" "$hole" -t ext4 -b 4096 -N 256 -O "$ubuntu,inline_data" && has_htree inline-data
whole inline-data-1k 24M "$inline" "$hole" -t ext4 -b 1024 -N 256 -I 512 -O "$ubuntu,inline_data,^metadata_csum" && has_htree inline-data-1k
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
small -t ext4 -O bigalloc -d "$tree/etc" "$work/bigalloc.img" 8M
small -t ext4 -O meta_bg,^resize_inode -d "$tree/etc" "$work/meta-bg.img" 4M
small -t ext4 -O casefold -d "$tree/etc" "$work/casefold.img" 4M
small -t ext3 -J size=1 -d "$tree/etc" "$work/dirty-ext3.img" 4M
debugfs -w -R 'feature needs_recovery' "$work/dirty-ext3.img" > "$work/log" 2>&1
# Small enough to damage it at every byte: nothing in it carries a checksum.
mkdir "$work/few"
cp -a "$inline"/lengths/{1,100,link-100} "$inline/names/3" "$work/few"
truncate -s 64K "$work/tiny-ext2.img"
truncate -s 256K "$work/tiny-inline.img"
small -t ext2 -b 1024 -N 16 -O none,filetype -d "$tree/etc" "$work/tiny-ext2.img" 64K
small -t ext4 -b 1024 -N 24 -I 256 -O none,filetype,extent,ext_attr,inline_data -d "$work/few" "$work/tiny-inline.img" 256K
# Only Linux itself lets a directory grow into the attributes, and a file grow without being written.
truncate -s 512K "$work/inline-kernel.img"
small -t ext4 -b 1024 -N 64 -I 256 -O none,filetype,extent,ext_attr,inline_data "$work/inline-kernel.img" 512K
mkdir "$work/mounted"
mount -o loop "$work/inline-kernel.img" "$work/mounted"
for count in 1 3 4 5 6 7 8; do
  mkdir "$work/mounted/$count"
  for n in $(seq "$count"); do ln -s target "$work/mounted/$count/name-$n"; done
done
rm "$work/mounted/7/name-2" "$work/mounted/7/name-6"
printf 'short' > "$work/mounted/longer" && truncate -s 5000 "$work/mounted/longer"
printf '%0100d' 7 > "$work/mounted/shorter" && truncate -s 70 "$work/mounted/shorter"
umount "$work/mounted"
for name in dirty dirty-ext3 inline-kernel loop bigalloc meta-bg casefold tiny-ext2 tiny-inline; do
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
truncate -s 8M "$work/hybrid.img"
gpt -n 1:2048:4095 -t 1:8300 -c 1:rootfs -u 1:"${uuid%1}2" -n 2:4096:6143 -t 2:8300 -u 2:"${uuid%1}3" "$work/hybrid.img" && sgdisk -h 2 "$work/hybrid.img" > "$work/log"
pack "$work/hybrid.img" "$here/partition/fixtures/hybrid/disk.img.zst"
dos() { { printf 'label: dos\nlabel-id: 0x6e6f6465\n'; printf '%s\n' "${@:2}"; } | sfdisk -q "$1" > "$work/log" 2>&1; }
# A chain whose records do not lie in ascending order, between two primary partitions and beside an unused number.
truncate -s 16M "$work/logical.img"
dos "$work/logical.img" '1: start=2048,size=2048,type=ef' '2: start=6144,size=20480,type=f' '4: start=28672,size=2048,type=83,bootable' \
  '5: start=20480,size=2048,type=83' '6: start=8192,size=2048,type=82' '7: start=12288,size=2048,type=8e' '8: start=16384,size=1024,type=fd'
pack "$work/logical.img" "$here/partition/fixtures/logical/disk.img.zst"
truncate -s 4M "$work/extended-empty.img"
dos "$work/extended-empty.img" 'start=2048,size=2048,type=83' 'start=4096,size=2048,type=5'
pack "$work/extended-empty.img" "$here/partition/fixtures/extended-empty/disk.img.zst"

# --- disk formats: a disk whose every sector says its own number -------------------------------
python3 -c "import sys; sys.stdout.buffer.write(b''.join(b'%015d\n' % n * 32 for n in range(2051)))" > "$work/flat.raw"
for subformat in fixed dynamic; do
  qemu-img convert -f raw -O vpc -o "subformat=$subformat,force_size" "$work/flat.raw" "$work/$subformat.vhd"
  pack "$work/$subformat.vhd" "$here/disk-format/vhd/fixtures/$subformat.vhd.zst"
done

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
# As older images are made: MBR, the root on a logical partition, and ext3 on it.
small -t ext3 -J size=1 -L system -d "$system" "$work/system-ext3.fs" 6M
truncate -s 16M "$work/logical.disk"
dos "$work/logical.disk" '1: start=2048,size=2048,type=ef' '2: start=4096,size=26624,type=5' '5: start=6144,size=2048,type=82' '6: start=10240,size=12288,type=83'
dd if="$work/system-ext3.fs" of="$work/logical.disk" bs=512 seek=10240 conv=notrunc status=none
pack "$work/logical.disk" "$here/assessment/fixtures/logical/disk.img.zst"
du -ch $(find "$here" -name '*.zst') | tail -1
