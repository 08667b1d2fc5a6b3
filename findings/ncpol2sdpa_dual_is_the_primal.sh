#!/usr/bin/env bash
# Package : ncpol2sdpa 1.14.0, SdpRelaxation.solve(solver="cvxpy")
# Expected: `primal` and `dual`, whose gap says how far the bound can be trusted, as from its other solvers; the
#           dual one at or above the quantum value, as every level of the hierarchy is.
# Seen    : both are the one number that CVXPY returns, the same to the last bit, and `status` is "optimal" for whatever has a
#           value. CGLMP with three outcomes at level 1+AB: an "upper bound" 2.914838, below 1 + sqrt(11/3) = 2.914854,
#           which a state and measurements reach. CVXPY chose a first-order solver; nothing in the result tells.
# Matters : the zero gap is read as five exact digits; the bound is wrong in the fifth.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'ncpol2sdpa==1.14.0' 'numpy==2.4.6' 'scipy==1.17.1' 'sympy==1.14.0' 'cvxpy==1.9.3' 'scs==3.3.1' 'clarabel==0.11.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools

import cvxpy
from ncpol2sdpa import Probability, SdpRelaxation
from ncpol2sdpa.cvxpy_utils import convert_to_cvxpy

P = Probability([3, 3], [3, 3])


def p(a, b, x, y):  # the last outcome by normalization
    if a == 2:
        of_bob = P([b], [y], "B") if b < 2 else 1 - P([0], [y], "B") - P([1], [y], "B")
        return of_bob - p(0, b, x, y) - p(1, b, x, y)
    if b == 2:
        return P([a], [x], "A") - P([a, 0], [x, y]) - P([a, 1], [x, y])
    return P([a, b], [x, y])


cglmp = 0
for a, b in itertools.product(range(3), repeat=2):
    same, next_one, last = a == b, (b - a) % 3 == 1, (a - b) % 3 == 1
    signs = {(0, 0): same - next_one, (1, 0): next_one - same, (1, 1): same - next_one, (0, 1): same - last}
    cglmp = cglmp + sum(sign * p(a, b, *settings) for settings, sign in signs.items() if sign)

relaxation = SdpRelaxation(P.get_all_operators())
relaxation.get_relaxation(
    1, objective=-cglmp, substitutions=P.substitutions, extramonomials=P.get_extra_monomials("AB")
)
relaxation.solve(solver="cvxpy")
attained = 1 + (11 / 3) ** 0.5
problem = convert_to_cvxpy(relaxation)
problem.solve()
print(f"primal {-relaxation.primal:.9f}, dual {-relaxation.dual:.9f}, {relaxation.status}; a realization reaches {attained:.9f}")
print("CVXPY's own choice of solver:", problem.solver_stats.solver_name)
precise = -convert_to_cvxpy(relaxation).solve(solver=cvxpy.CLARABEL) - relaxation.constant_term
print(f"the same program by Clarabel: {precise:.9f}")
assert relaxation.primal == relaxation.dual and relaxation.status == "optimal", "there is a dual now"
assert -relaxation.dual < attained - 5e-6, "the default is precise now"
assert abs(precise - attained) < 1e-6
EOF
