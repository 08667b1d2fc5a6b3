#!/usr/bin/env bash
# Package : toqito 1.3.1, toqito.state_opt.bell_inequality_max(..., mtype="classical")
# Expected: the largest value over deterministic strategies. The docstring says that the classical and the
#           no-signaling maximum are computed exactly.
# Seen    : right where every outcome is binary, wrong as soon as one party has three outcomes. For random integer
#           functionals of three outcomes and two settings each most values differ from enumeration, some of them
#           too small, some too large, even above the no-signaling maximum that the same function returns. No
#           matter of convention: a symmetric inequality as CGLMP's comes out right (2), so a test with it does
#           not see the fault.
# Matters : a too small local bound announces a violation that is none; a too large one hides a violation.
#           Whoever leaves binary outcomes should enumerate the strategies, as below in five lines.
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
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'toqito==1.3.1' 'numpy==2.5.5' 'cvxpy==1.9.3'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import numpy as np
from toqito.state_opt.bell_inequality_max import bell_inequality_max


def enumerated(table):  # table[a, b, x, y]
    outputs, _, settings, _ = table.shape
    answers = itertools.product(range(outputs), repeat=settings)
    return max(sum(table[f[x], :, x, :] for x in range(settings)).max(axis=0).sum() for f in answers)


def packaged(table, kind="classical"):
    return float(bell_inequality_max(table, list(table.shape), "fp", kind))


random = np.random.default_rng(1)
binary = [random.integers(-3, 4, (2, 2, 3, 2)).astype(float) for _ in range(10)]
ternary = [random.integers(-3, 4, (3, 3, 2, 2)).astype(float) for _ in range(10)]
assert all(abs(packaged(t) - enumerated(t)) < 1e-9 for t in binary)

difference = [packaged(t) - enumerated(t) for t in ternary]
print("packaged - enumerated, binary outcomes :", [0.0] * 10)
print("packaged - enumerated, ternary outcomes:", difference)
above = [packaged(t) - packaged(t, "nosignal") for t in ternary]
print("packaged - no-signaling maximum        :", np.round(above, 3).tolist())
assert min(difference) < -0.5 and max(difference) > 0.5, "the values agree now, or err in one direction only"
assert max(above) > 0.5, "no value exceeds the no-signaling maximum now"

d = 3
cglmp = np.zeros((d, d, 2, 2))
for a, b in itertools.product(range(d), repeat=2):
    cglmp[a, b, 0, 0] = (a == b) - ((b - a) % d == 1)
    cglmp[a, b, 1, 0] = ((b - a) % d == 1) - (a == b)
    cglmp[a, b, 1, 1] = (a == b) - ((b - a) % d == 1)
    cglmp[a, b, 0, 1] = (a == b) - ((a - b) % d == 1)
print("CGLMP:", packaged(cglmp), "enumerated:", enumerated(cglmp))
assert abs(packaged(cglmp) - 2) < 1e-9 and enumerated(cglmp) == 2
EOF
