#!/usr/bin/env bash
# Builds the file systems that were copied while they were mounted and a package database was being written.
# Needs root for loop mounts, mke2fs (e2fsprogs), python3 and zstd. The kernel's own mount of a copy says what is in them.
set -euo pipefail
here=$(cd "$(dirname "$0")/../src/filesystem/ext4/fixtures" && pwd)
work=$(mktemp -d)
trap 'mountpoint -q "$work/live" && umount "$work/live"; mountpoint -q "$work/shown" && umount "$work/shown"; rm -rf "$work"' EXIT
uuid=6e6f6465-7761-4264-8001-000000000009
mkdir "$work/live" "$work/shown"

database() { # version of the package whose database is rewritten; as dpkg does it: beside, flushed, renamed over
  python3 - "$work/live" "$1" <<'P'
import os, sys
root, version = sys.argv[1:]
folder = root + '/var/lib/dpkg'
os.makedirs(folder, exist_ok=True)
packages = [('openssl', version), ('zlib1g', '1:1.2.11.dfsg-2ubuntu9.2')] + [('filler-%d' % n, version) for n in range(60)]
with open(folder + '/status-new', 'w') as f:
    f.write(''.join('Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n\n' % p for p in packages))
    f.flush()
    os.fsync(f.fileno())
os.rename(folder + '/status-new', folder + '/status')
directory = os.open(folder, os.O_RDONLY)
os.fsync(directory)
P
}

copy() { # name, size, what the log is mounted with, arguments of mke2fs
  local name=$1 size=$2 options=$3 image=$work/$1.img
  shift 3
  mke2fs -q -F -U "$uuid" -E hash_seed="$uuid",nodiscard -N 128 "$@" "$image" "$size"
  mount -o "loop,$options" "$image" "$work/live"
  mkdir -p "$work/live/etc"
  printf 'ID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nPRETTY_NAME="Ubuntu 22.04.5 LTS"\n' > "$work/live/etc/os-release"
  database 3.0.2-0ubuntu1.10
  umount "$work/live"
  # What follows is in the log and nowhere else.
  mount -o "loop,$options" "$image" "$work/live"
  for n in $(seq 40); do mkdir -p "$work/live/usr/share/$n"; echo "$n" > "$work/live/usr/share/$n/file"; done
  sync "$work/live/usr/share/1/file"
  # Directories go and files take their blocks: the log must not bring the directories back.
  rm -r "$work"/live/usr/share/{1..30}
  database 3.0.2-0ubuntu1.15
  python3 -c "import os,sys; f = open(sys.argv[1], 'wb'); f.write((b'\xc0\x3b\x39\x98' + bytes(12)) * 1024); f.flush(); os.fsync(f.fileno())" "$work/live/like-a-journal"
  database 3.0.2-0ubuntu1.18
  echo 'not flushed' > "$work/live/half-done"
  cp "$image" "$work/$name.copy"
  umount "$work/live"
  mkdir -p "$here/$name"
  zstd -q -19 -f "$work/$name.copy" -o "$here/$name/volume.img.zst"
  mount -o loop "$work/$name.copy" "$work/shown"
  python3 - "$work/shown" > "$here/$name/shown.json" <<'P'
import hashlib, json, os, sys
root = sys.argv[1]
shown = {}
for folder, names, files in os.walk(root):
    for name in files:
        path = os.path.join(folder, name)
        shown[path[len(root):]] = 'file ' + hashlib.sha256(open(path, 'rb').read()).hexdigest()
    for name in names: shown[os.path.join(folder, name)[len(root):]] = 'directory'
json.dump(shown, sys.stdout, indent=1, sort_keys=True)
print()
P
  umount "$work/shown"
}
copy journal-ext4 6M commit=300 -t ext4 -b 1024 -O metadata_csum,64bit -J size=1
copy journal-ext4-no-checksums 6M commit=300 -t ext4 -b 1024 -O ^metadata_csum,^64bit -J size=1
copy journal-ext3-data 16M data=journal,commit=300 -t ext3 -b 4096 -J size=4
du -ch "$here"/journal-*/volume.img.zst | tail -1
