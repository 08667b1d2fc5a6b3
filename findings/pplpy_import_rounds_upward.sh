#!/usr/bin/env bash
# Package : pplpy 0.9.0 (the Parma Polyhedra Library for Python; with 0.8.10 all is as expected)
# Expected: `import ppl` leaves Python's arithmetic as it was: IEEE 754, rounded to nearest.
# Seen    : afterwards all floats of the thread are rounded upward: PPL sets this when it is loaded, for abstractions
#           of its own, and pplpy 0.9.0 no longer calls restore_pre_PPL_rounding. float("0.3") is 0.30000000000000004,
#           json.loads and round() return other numbers, and interval arithmetic by "one more ulp" is no enclosure.
#           New threads inherit it. ppl.__version__ says 0.8.10, whichever is installed.
# Matters : every number read or computed after the import, by any package in the process: a table of probabilities as
#           Bell experiments print them no longer sums to one by its decimals, and a lower bound may lie above the value.
#           fesetround(FE_TONEAREST) after the import takes it back; polyhedra of whole numbers do not need it.
set -euo pipefail

python=""
for candidate in "${PYTHON:-}" python3 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9].*/bin/python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
        python="$candidate"
        break
    fi
done
if [ -z "$python" ]; then
    echo "needs Python 3.12 or later: set PYTHON" >&2
    exit 2
fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
cd "$folder"

cat > seen.py <<'EOF'
import ctypes
import json
import sys
from fractions import Fraction
from importlib.metadata import version

text = "[0.1, 0.2, 0.3, 0.4]"  # a distribution, as it is printed
one, little = 1.0, 2.0**-60


def numbers():
    """Return how floats are read, rounded and added; the decimals sum to one."""
    read = json.loads(text)
    total = sum(Fraction(repr(number)) for number in read)
    return repr(float("0.3")), repr(round(0.2071067811865, 9)), one + little == one, total == 1


right = ("0.3", "0.207106781", True, True)
assert numbers() == right
import ppl

after = numbers()
print(f"pplpy {version('pplpy')}, ppl.__version__ {ppl.__version__}, float('0.3') = {after[0]}: {after}")
x = ppl.Variable(0)
segment = ppl.C_Polyhedron(ppl.Constraint_System([3 * x >= 1, x <= 7]))
ctypes.CDLL(None).fesetround(0)  # FE_TONEAREST
vertices = {str(point) for point in segment.minimized_generators()}
mended = numbers()
if sys.argv[1] == "upward":
    seen = after == ("0.30000000000000004", "0.20710678100000002", False, False)
else:
    seen = after == right
sys.exit(not (seen and mended == right and vertices == {"point(1/3)", "point(7/1)"} and ppl.__version__ == "0.8.10"))
EOF

for pair in "0.8.10 nearest" "0.9.0 upward"; do
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "pplpy==${pair% *}"
    PYTHONPATH="" "$folder/venv/bin/python" seen.py "${pair#* }"
done
echo "as described: since 0.9.0 importing ppl makes the process round upward"
