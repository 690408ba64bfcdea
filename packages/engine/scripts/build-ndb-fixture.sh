#!/usr/bin/env bash
# Builds an ndb database (`Packages.db`) of the headers in clean.sqlite with rpm's own writer: distributions other
# than SUSE build rpm without it, so that lib/backend/ndb/rpmpkg.c is compiled here alone.
# Needs: the unpacked source of rpm 4.18 or newer as the only argument (`apt-get source rpm`), gcc, python3 (sqlite3), zstd.
set -euo pipefail
source=$(cd "$1" && pwd)/lib/backend/ndb
here=$(cd "$(dirname "$0")/../src/cataloger/rpm/fixtures" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/rpm"
zstd -q -d "$here/clean.sqlite.zst" -o "$work/rpmdb.sqlite"

# What rpmpkg.c wants of the rest of rpm.
cat > "$work/system.h" <<'C'
#define _GNU_SOURCE
#define _(text) text
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
static inline void *xmalloc(size_t n) { return malloc(n); }
static inline void *xcalloc(size_t n, size_t m) { return calloc(n, m); }
static inline void *xrealloc(void *p, size_t n) { return realloc(p, n); }
#include <string.h>
static inline char *xstrdup(const char *s) { return strdup(s); }
C
cat > "$work/rpm/rpmlog.h" <<'C'
#include <stdio.h>
typedef int rpmRC;
enum { RPMRC_OK = 0, RPMRC_NOTFOUND = 1, RPMRC_FAIL = 2 };
#define RPMLOG_ERR 3
#define RPMLOG_WARNING 4
#define rpmlog(level, ...) fprintf(stderr, __VA_ARGS__)
C
cat > "$work/main.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include "rpmpkg.h"
/* Standard input: a line "number length" and the header's bytes, again and again. */
int main(int argc, char **argv) {
    rpmpkgdb db;
    unsigned int number, length, last = 0;
    if (argc != 2 || rpmpkgOpen(&db, argv[1], O_RDWR | O_CREAT, 0644)) return 1;
    while (scanf("%u %u", &number, &length) == 2) {
        unsigned char *blob = malloc(length);
        if (getchar() != '\n' || fread(blob, 1, length, stdin) != length) return 2;
        if (rpmpkgPut(db, number, blob, length)) return 3;
        /* One that was erased leaves its blocks and a free slot behind. */
        if (last == 0 && (rpmpkgPut(db, 9999, blob, length) || rpmpkgDel(db, 9999))) return 4;
        last = number;
        free(blob);
    }
    rpmpkgClose(db);
    return 0;
}
C
gcc -w -I"$work" -I"$source" -o "$work/write" "$work/main.c" "$source/rpmpkg.c"
python3 - "$work/rpmdb.sqlite" <<'P' | "$work/write" "$work/Packages.db"
import sqlite3, sys
for number, blob in sqlite3.connect(sys.argv[1]).execute('select hnum, blob from Packages order by hnum'):
    sys.stdout.buffer.write(b'%d %d\n' % (number, len(blob)) + blob)
P
zstd -q -19 -f "$work/Packages.db" -o "$here/clean.ndb.zst"
ls -l "$here/clean.ndb.zst"
