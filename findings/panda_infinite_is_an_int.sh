#!/usr/bin/env bash
# Package : PANDA (github.com/stefanloerwald/panda, ab776e4); needs git, cmake, make, a C++11 compiler; several minutes
# Expected: "-i inf" calculates with integers of any size ("an arbitrary precision integer type"), and prints them.
# Seen    : results are cast to int before they are printed: "Number doesn't fit into int", and no inequality. The
#           default type is int as well, and overflows without a word: a tetrahedron with six-digit coordinates has
#           dozens of "facets", among them 0 0 0 0. Only "-i safe" says that it cannot.
# Matters : facets of a polytope with rational vertices (detector efficiencies, biased settings) have such numbers;
#           the default gives inequalities that are none.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
git clone --quiet https://github.com/stefanloerwald/panda "$folder/panda"
git -C "$folder/panda" checkout --quiet ab776e43f3de66ad9b4985fe069955e251dd695c
cmake -S "$folder/panda" -B "$folder/build" -DCMAKE_BUILD_TYPE=Release > "$folder/cmake.log" 2>&1
cmake --build "$folder/build" --target panda > "$folder/make.log" 2>&1
cd "$folder"
printf 'Vertices:\n0 0 0\n100003 1 0\n7 100019 5\n3 11 100043\n' > four
build/panda -t 1 -i inf four > inf 2>&1 || true
grep "fit into int" inf || { echo "-i inf prints large numbers now" >&2; exit 1; }
timeout 20 build/panda -t 1 four > int 2> /dev/null || true
facets=$(grep -c '^ ' int)
echo "facets of a tetrahedron, default integers: $facets"
[ "$facets" -gt 4 ] || { echo "the default no longer overflows" >&2; exit 1; }
build/panda -t 1 -i safe four > safe 2>&1 || true
grep overflow safe
