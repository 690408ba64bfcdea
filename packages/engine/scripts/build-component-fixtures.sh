#!/usr/bin/env bash
# Builds small real ELF files of node components with the Go toolchain, for tests on machines without one.
# Needs: go 1.24 or newer, gcc (for the pointer form of Go 1.17 and older), objcopy, python3, zstd. Nothing is downloaded.
# The code is of no use to the tests: after linking, the contents of .text, .rodata and .gopclntab
# are overwritten with zeros, so that a file of a megabyte packs into a few kilobytes.
set -euo pipefail
here=$(cd "$(dirname "$0")/../src/cataloger/node-component/fixtures" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOFLAGS=-mod=vendor GOPROXY=off GOTOOLCHAIN=local GOOS=linux CGO_ENABLED=0 GOCACHE=$work/cache

# --- a main module by the name of Kubernetes' own, its dependencies in a vendor folder ------------
mkdir -p "$work"/kubernetes/cmd/{kubelet,forked} "$work"/kubernetes/{vendor/k8s.io/api,vendor/golang.org/x/{net,text},vendor/github.com/example/old}
cat > "$work/kubernetes/go.mod" <<'M'
module k8s.io/kubernetes

go 1.24

require (
	github.com/example/old v1.0.0
	golang.org/x/net v0.7.0
	golang.org/x/text v0.6.0
	k8s.io/api v0.0.0
)

replace (
	github.com/example/old => github.com/example/fork v1.1.0
	golang.org/x/text => ./net
	k8s.io/api => ./staging/api
)
M
cat > "$work/kubernetes/vendor/modules.txt" <<'M'
# github.com/example/old v1.0.0 => github.com/example/fork v1.1.0
## explicit; go 1.24
github.com/example/old
# golang.org/x/net v0.7.0
## explicit; go 1.24
golang.org/x/net
# golang.org/x/text v0.6.0 => ./net
## explicit; go 1.24
golang.org/x/text
# k8s.io/api v0.0.0 => ./staging/api
## explicit; go 1.24
k8s.io/api
# github.com/example/old => github.com/example/fork v1.1.0
# golang.org/x/text => ./net
# k8s.io/api => ./staging/api
M
for package in k8s.io/api golang.org/x/net golang.org/x/text github.com/example/old; do
  printf 'package %s\n\nvar Value = 1\n' "$(basename "$package")" > "$work/kubernetes/vendor/$package/value.go"
done
cat > "$work/kubernetes/cmd/kubelet/main.go" <<'G'
package main

import (
	"github.com/example/old"
	"golang.org/x/net"
	"k8s.io/api"
)

func main() { println(api.Value, net.Value, old.Value) }
G
printf 'package main\n\nimport "golang.org/x/text"\n\nfunc main() { println(text.Value) }\n' > "$work/kubernetes/cmd/forked/main.go"

cd "$work/kubernetes"
stamp='-X k8s.io/component-base/version.gitVersion=v1.24.4'
build() { go build -o "$work/$1" "${@:2}"; }
build stamped -ldflags "-s -w $stamp" ./cmd/kubelet
build trimpath -trimpath -ldflags "-s -w $stamp" ./cmd/kubelet
build forked -ldflags '-s -w' ./cmd/forked
GOARCH=386 build stamped-386 -ldflags "-s -w $stamp" ./cmd/kubelet
GOARCH=mips build stamped-mips -ldflags "-s -w $stamp" ./cmd/kubelet
GOARCH=s390x build stamped-s390x -ldflags "-s -w $stamp" ./cmd/kubelet

# --- a program of nobody's, for what stands beside a kubelet ---------------------------------------
cp -r "$work/kubernetes" "$work/program"
cd "$work/program"
sed -i 's|^module .*|module github.com/example/program|' go.mod
build other -ldflags '-s -w -X main.version=1.0.0' ./cmd/kubelet

# --- the pointer form: what Go 1.17 wrote, laid out by the C compiler and linker ------------------
cat > "$work/pointers.c" <<'C'
struct text { const char *start; long length; };
static const char version[] = "go1.16.2";
static const char modules[] =
  "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
  "path\tk8s.io/kubernetes/cmd/kubelet\nmod\tk8s.io/kubernetes\tv1.24.4\t\ndep\tgolang.org/x/net\tv0.7.0\th1:x\n"
  "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2";
static struct text versionText = { version, sizeof version - 1 }, modulesText = { modules, sizeof modules - 1 };
struct { char magic[14]; unsigned char size, flags; struct text *version, *modules; }
  information __attribute__((section(".go.buildinfo"), aligned(16), used)) =
  { "\xff Go buildinf:", sizeof(void *), 0, &versionText, &modulesText };
void _start(void) { for (;;) ; }
C
gcc -nostdlib -static -no-pie -Wl,--build-id=none -o "$work/pointers" "$work/pointers.c"
# Without its section table a file still has the data segment to look in.
cp "$work/stamped" "$work/no-sections"
cp "$work/pointers" "$work/not-go"
objcopy --remove-section .go.buildinfo "$work/not-go" 2>/dev/null

python3 - "$work" <<'P'
import struct, sys, os
work = sys.argv[1]
def sections(data):
    wide, order = data[4] == 2, '<' if data[5] == 1 else '>'
    offset = struct.unpack_from(order + ('Q' if wide else 'I'), data, 40 if wide else 32)[0]
    size, count, names = struct.unpack_from(order + 'HHH', data, 58 if wide else 46)
    rows = [struct.unpack_from(order + ('IIQQQQ' if wide else 'IIIIII'), data, offset + n * size) for n in range(count)]
    for name, kind, _, _, start, length in rows:
        at = rows[names][4] + name
        yield data[at:data.index(b'\0', at)].decode(), kind, start, length
for name in os.listdir(work):
    path = os.path.join(work, name)
    if not os.path.isfile(path) or open(path, 'rb').read(4) != b'\x7fELF': continue
    data = bytearray(open(path, 'rb').read())
    for section, kind, start, length in list(sections(data)):
        if section in ('.text', '.rodata', '.gopclntab', '.noptrdata', '.data') and kind != 8 and not name.startswith(('pointers', 'not-go')):
            data[start:start + length] = bytes(length)
    if name == 'no-sections': data[40:48] = bytes(8); data[58:64] = bytes(6)
    open(path, 'wb').write(data)
P

rm -f "$here"/*.zst
for file in stamped trimpath forked other stamped-386 stamped-mips stamped-s390x pointers no-sections not-go; do
  zstd -q -19 -f "$work/$file" -o "$here/$file.zst"
  chmod 644 "$here/$file.zst"
  [ "$file" = not-go ] || go version -m "$work/$file" > "$here/$file.txt"
  sed -i "s|^$work/||" "$here/$file.txt" 2>/dev/null || true
done
