#!/usr/bin/env bash
# Package : PORTA 1.4.1-20090921 as ZIB published it (github.com/denisrosset/porta, 2edb3e3); needs git, make, gcc
# Expected: xporta -T turns points into inequalities and these into points again. Where its integers are too small it
#           asks for the option -l (long arithmetic), whose output is another file of the same format.
# Seen    : with -l large numbers are printed as (hex)12a3540dd in an otherwise decimal file; xporta refuses that file:
#           "invalid format". The manual page of the format knows no such numbers.
# Matters : four points with six-digit coordinates suffice, as inequalities with measured weights have; a reader that
#           strips text in brackets, as the format asks for line numbers, takes 12a3540dd for a name or for 12.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
git clone --quiet https://github.com/denisrosset/porta "$folder/porta"
git -C "$folder/porta" checkout --quiet 2edb3e35f9782899b27a594d92668c7186a8488a
mkdir -p "$folder/porta/gnu-make/bin"
# cfree is gone from glibc; common symbols are an error since gcc 10
make --silent -C "$folder/porta/gnu-make" CFLAGS='-O2 -w -fcommon -Dcfree=free' > "$folder/make.log" 2>&1
cd "$folder"
printf 'DIM = 3\nCONV_SECTION\n0 0 0\n100003 1 0\n7 100019 5\n3 11 100043\nEND\n' > four.poi
porta/gnu-make/bin/xporta -T -l four.poi > log 2>&1
grep '<=' four.poi.ieq
grep -q '(hex)' four.poi.ieq || { echo "all numbers are decimal now" >&2; exit 1; }
cp four.poi.ieq back.ieq
porta/gnu-make/bin/xporta -T -l back.ieq > back.log 2>&1 || true
tail -n 1 back.log
if [ -e back.ieq.poi ]; then echo "it reads its own output now" >&2; exit 1; fi
