#!/usr/bin/env bash
# Package : toqito 1.3.1, bell_inequality_max(..., mtype="quantum", k=1 and k="1+ab")
# Expected: the value of the named level of the Navascues-Pironio-Acin hierarchy. For CGLMP with three outcomes
#           level "1+ab" is known to be tight: 1 + sqrt(11/3) = 2.914854.
# Seen    : 2.93762 at "1+ab". The moment matrix is declared real symmetric, but the entry of a word and that of
#           the reversed word (its adjoint, the same real number) stay free of each other; a matrix that
#           ties them together (below, no other difference) gives 2.914854. And level 1 gives 4, no better than
#           no-signaling: positivity of p(ab|xy), which a first-level matrix does not imply, is left to the user;
#           with it level 1 gives 2 + 2/sqrt(3) = 3.154701. For binary outcomes (CHSH) one sees neither.
# Matters : both numbers are valid upper bounds, but "level 1+ab" of one package is not that of another, and a
#           table of critical visibilities or device-independent rates made with it is too pessimistic.
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
    'toqito==1.3.1' 'numpy==2.5.5' 'cvxpy==1.9.3' 'clarabel==0.11.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import cvxpy as cp
import numpy as np
from toqito.state_opt.bell_inequality_max import bell_inequality_max

d, box = 3, range(3)
cglmp = np.zeros((d, d, 2, 2))
for a, b in itertools.product(box, repeat=2):
    cglmp[a, b, 0, 0] = (a == b) - ((b - a) % d == 1)
    cglmp[a, b, 1, 0] = ((b - a) % d == 1) - (a == b)
    cglmp[a, b, 1, 1] = (a == b) - ((b - a) % d == 1)
    cglmp[a, b, 0, 1] = (a == b) - ((a - b) % d == 1)


def word(letters):
    """Product of projectors (setting, outcome) of one party; None if it vanishes."""
    out = []
    for letter in letters:
        if out and out[-1] == letter:
            continue
        if out and out[-1][0] == letter[0]:
            return None
        out.append(letter)
    return tuple(out)


def bound(products, adjoint, positive):
    one = [()] + [((x, a),) for x in (0, 1) for a in (0, 1)]
    monomials = [(u, v) for u in one for v in one if products or () in (u, v)]
    monomials.sort(key=lambda m: len(m[0]) + len(m[1]))  # as the package does
    gamma = cp.Variable((len(monomials),) * 2, symmetric=True)
    first, constraints = {}, [gamma >> 0, gamma[0, 0] == 1]
    for i, (u, v) in enumerate(monomials):
        for j, (s, t) in enumerate(monomials[i:], i):
            left, right = word(u[::-1] + s), word(v[::-1] + t)
            if left is None or right is None:
                constraints.append(gamma[i, j] == 0)
                continue
            key = (left, right)
            if adjoint:
                key = min(key, (left[::-1], right[::-1]))
            if key in first:
                constraints.append(gamma[i, j] == first[key])
            else:
                first[key] = gamma[i, j]

    def p(a, b, x, y):
        if a == 2:
            return (first[(), ((y, b),)] if b < 2 else 1 - sum(first[(), ((y, c),)] for c in (0, 1))) - sum(
                p(c, b, x, y) for c in (0, 1)
            )
        if b == 2:
            return first[((x, a),), ()] - sum(p(a, c, x, y) for c in (0, 1))
        return first[((x, a),), ((y, b),)]

    events = list(itertools.product(box, box, (0, 1), (0, 1)))
    if positive:
        constraints += [p(*e) >= 0 for e in events]
    value = sum(cglmp[e] * p(*e) for e in events)
    return float(cp.Problem(cp.Maximize(value), constraints).solve(solver=cp.CLARABEL))


packaged = {k: float(bell_inequality_max(cglmp, [3, 3, 2, 2], "fp", "quantum", k)) for k in (1, "1+ab")}
tied, untied = bound(True, True, False), bound(True, False, False)
plain, positive = bound(False, True, False), bound(False, True, True)
print("packaged       :", packaged)
print("1+ab, own      : words tied to their adjoints", tied, " not tied", untied)
print("level 1, own   : without positivity", plain, " with", positive)
assert abs(tied - (1 + (11 / 3) ** 0.5)) < 1e-5
assert abs(positive - (2 + 2 / 3**0.5)) < 1e-5
assert abs(packaged["1+ab"] - untied) < 1e-4 and packaged["1+ab"] > tied + 0.02, "level 1+ab has changed"
assert abs(packaged[1] - plain) < 1e-4 and packaged[1] > positive + 0.8, "level 1 has changed"
EOF
