#!/usr/bin/env bash
# Builds small rpm databases with rpm itself, and a Berkeley DB of the same headers with the library of Berkeley DB.
# Needs: rpm and rpmbuild 4.18 or newer, gpg, python3 (sqlite3), perl (DB_File on libdb 5), mke2fs, zstd. Nothing is downloaded.
# The ndb database comes from build-ndb-fixture.sh, which has to run after this.
# Installation times, the key and the build host are of the day: a rebuild changes those bytes and no answer.
set -euo pipefail
here=$(cd "$(dirname "$0")/../src/cataloger/rpm" && pwd)/fixtures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1700000000 TZ=UTC GNUPGHOME=$work/gnupg
mkdir -p "$here" "$work"/{specs,rpms,database} "$GNUPGHOME"
chmod 700 "$GNUPGHOME"
pack() { zstd -q -19 -f "$1" -o "$here/$2.zst"; }

build() { # name version release epoch, further lines of the specification from standard input
  { printf 'Name: %s\nVersion: %s\nRelease: %s\nSummary: fixture\nLicense: Apache-2.0\n' "$1" "$2" "$3"
    [ -z "$4" ] || printf 'Epoch: %s\n' "$4"
    cat; } > "$work/specs/$1.spec"
  rpmbuild --quiet -bb --target x86_64 --define "_topdir $work/build" --define "_rpmdir $work/rpms" \
    --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.rpm' --define '_build_id_links none' --define 'debug_package %{nil}' "$work/specs/$1.spec"
}
sub() { printf '%%package %s\nSummary: fixture\n%s\n%%description %s\nfixture\n%%files %s\n' "$1" "${2:-}" "$1" "$1"; }
plain=$'%description\nfixture\n%files\n'

for release in 6.6.92.2-2.azl3 6.6.96.2-2.azl3; do
  { printf '%s' "$plain"; sub devel; } | build kernel "${release%-*}" "${release#*-}" ''
done
for version in 3.3.2 3.3.3; do { printf '%s' "$plain"; sub libs; } | build openssl "$version" 2.azl3 ''; done
# Azure Linux numbers some sub-packages of perl on their own; its epoch is 4.
{ printf '%s' "$plain"; sub Digest-SHA $'Epoch: 1\nVersion: 6.04\nRelease: 509.azl3'; } | build perl 5.38.2 509.azl3 4
build containerd2 2.0.0 14.azl3 '' <<'S'
%description
fixture
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/containerd2
touch %{buildroot}/usr/bin/containerd %{buildroot}/usr/share/containerd2/{a,ä}
%files
/usr/bin/containerd
/usr/share/containerd2
S
# A header of some 300 KB: a long chain of overflow pages; and enough packages for a tree of two levels.
build linux-firmware 20240709 1.azl3 '' <<'S'
%description
fixture
%install
mkdir -p %{buildroot}/usr/lib/firmware
for n in $(seq 3000); do : > %{buildroot}/usr/lib/firmware/firmware-$n.bin; done
%files
/usr/lib/firmware
S
{ printf '%s' "$plain"; for n in $(seq 30); do sub "part$n"; done; } | build texlive '2024~rc1^git1' '1.azl3' ''

database=$work/database
rpm="rpm --dbpath $database"
$rpm --initdb
gpg --quiet --batch --passphrase '' --quick-generate-key 'Fixture <fixture@example.org>' rsa2048 sign never
gpg --quiet --armor --export > "$work/key.asc"
$rpm --import "$work/key.asc"
cd "$work/rpms"
$rpm -i --justdb --nodeps kernel-6.6.92*.rpm kernel-devel-6.6.92*.rpm openssl-3.3.2*.rpm openssl-libs-3.3.2*.rpm perl*.rpm containerd2*.rpm linux-firmware*.rpm texlive*.rpm

query='%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\n'
expect() { $rpm -qa --qf "$query" | grep -v ^gpg-pubkey | LC_ALL=C sort > "$here/$1.txt"; }
expect clean
python3 - "$database" <<'P'
import sqlite3, sys
sqlite3.connect(sys.argv[1] + '/rpmdb.sqlite').execute('pragma wal_checkpoint(truncate)')
P
pack "$database/rpmdb.sqlite" clean.sqlite

# The same headers in a hash of Berkeley DB, by its own library; key 0 holds the last number, as rpm keeps it.
python3 - "$database/rpmdb.sqlite" > "$work/headers.txt" <<'P'
import sqlite3, struct, sys
rows = sqlite3.connect(sys.argv[1]).execute('select hnum, blob from Packages order by hnum').fetchall()
print(struct.pack('<I', 0).hex(), struct.pack('<I', rows[-1][0]).hex())
for number, blob in rows:
    print(struct.pack('<I', number).hex(), blob.hex())
P
perl -MDB_File -MFcntl -e '
  my %hash; my $info = DB_File::HASHINFO->new; $info->{bsize} = 4096; $info->{ffactor} = 3;
  tie(%hash, "DB_File", $ARGV[0], O_RDWR | O_CREAT, 0644, $info) or die "$!";
  while (<STDIN>) { my ($key, $value) = split; $hash{pack("H*", $key)} = pack("H*", $value); }
  untie %hash;' "$work/Packages" < "$work/headers.txt"
pack "$work/Packages" clean.bdb

# A reader that began before the update keeps what it saw: rpm commits into the log, and nothing can be copied back.
python3 - "$database" "$work" $rpm <<'P'
import glob, shutil, sqlite3, subprocess, sys
database, work, rpm = sys.argv[1], sys.argv[2], sys.argv[3:]
reader = sqlite3.connect(database + '/rpmdb.sqlite', isolation_level=None)
reader.execute('begin')
reader.execute('select count(*) from Packages').fetchone()
update = [path for name in ('openssl-3.3.3', 'openssl-libs-3.3.3') for path in glob.glob(name + '*.rpm')]
subprocess.run(rpm + ['-U', '--justdb', '--nodeps'] + update, check=True)
subprocess.run(rpm + ['-i', '--justdb', '--nodeps'] + glob.glob('kernel-6.6.96*.rpm'), check=True)
subprocess.run(rpm + ['-e', '--justdb', '--nodeps', 'texlive-part7'], check=True)
for end in ('', '-wal'):
    shutil.copy(database + '/rpmdb.sqlite' + end, work + '/dirty.sqlite' + end)
P
expect dirty
pack "$work/dirty.sqlite" dirty.sqlite
pack "$work/dirty.sqlite-wal" dirty.sqlite-wal

# --- the disk of a node that was copied in the middle of its work: the log is all that has the update ------------------
disk=$(cd "$here/../../../assessment/fixtures" && pwd)/azurelinux
mkdir -p "$disk" "$work"/tree/{etc,usr/bin,var/lib/rpm}
printf 'NAME="Microsoft Azure Linux"\nVERSION="3.0.20250102"\nID=azurelinux\nVERSION_ID="3.0"\nPRETTY_NAME="Microsoft Azure Linux 3.0"\n' > "$work/tree/etc/os-release"
for end in '' '-wal'; do cp "$work/dirty.sqlite$end" "$work/tree/var/lib/rpm/rpmdb.sqlite$end"; done
mke2fs -q -t ext4 -b 4096 -O ^has_journal -U 6e6f6465-7761-4264-8001-000000000002 -E hash_seed=6e6f6465-7761-4264-8001-000000000002 -d "$work/tree" "$work/disk.img" 8M
zstd -q -19 -f "$work/disk.img" -o "$disk/disk.img.zst"
ls -l "$here" "$disk"
