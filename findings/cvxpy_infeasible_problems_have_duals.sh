#!/usr/bin/env bash
# Package : cvxpy 1.9.3 with HiGHS (highspy 1.16.0), Clarabel 0.11.1, SCS 3.3.1, SciPy 1.17.1 and SCIP (pyscipopt 6.3.0)
# Expected: an infeasible problem has no dual values; variables are None and so should dual_value be.
# Seen    : with HIGHS, CLARABEL and SCS the constraints of an infeasible "is p local?" carry a Farkas certificate in
#           dual_value, of one sign convention: y.A + z >= 0 for every strategy and y.p + z < 0. It is a violated Bell
#           inequality (from HiGHS with entries -1, 0, 1: four events). With SCIPY and SCIP the same attribute is
#           None. The scale differs: y.p + z is -1 from the conic solvers, the violation itself from HiGHS; and the
#           raw highspy getDualRay has the opposite sign.
# Matters : membership tests need no second program for the inequality. But code that takes dual_value is not None as
#           "solved", or the solver for exchangeable, is wrong, and a certificate must be checked and rescaled.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'cvxpy==1.9.3' 'highspy==1.16.0' 'clarabel==0.11.1' 'scs==3.3.1' 'scipy==1.17.1' 'pyscipopt==6.3.0' 'numpy==2.4.4'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import cvxpy as cp
import numpy as np

strategies = list(itertools.product((0, 1), repeat=4))  # a(0), a(1), b(0), b(1)
events = list(itertools.product((0, 1), repeat=4))  # x, y, a, b
local = np.array([[float(s[x] == a and s[2 + y] == b) for s in strategies] for x, y, a, b in events])

p = np.array([(1 + 0.5**0.5 * (-1) ** (a + b + x * y)) / 4 for x, y, a, b in events])
for solver in (cp.HIGHS, cp.CLARABEL, cp.SCS, cp.SCIPY, cp.SCIP):
    q = cp.Variable(len(strategies), nonneg=True)
    reproduces, normalized = local @ q == p, cp.sum(q) == 1
    problem = cp.Problem(cp.Minimize(0), [reproduces, normalized])
    problem.solve(solver=solver)
    assert problem.status == "infeasible" and q.value is None
    y, z = reproduces.dual_value, normalized.dual_value
    if solver in (cp.SCIPY, cp.SCIP):
        print(solver, "dual_value", y)
        assert y is None and z is None, f"{solver} returns a certificate now"
        continue
    assert y is not None, f"{solver} returns no certificate now"
    smallest, here = (y @ local + z).min(), y @ p + z
    print(solver, f"least local value {smallest:.4f}, at p {here:.4f}, entries {y.min():.2f} ... {y.max():.2f}")
    assert smallest > -1e-6 and here < 0, "no certificate, or of another sign"
    if solver == cp.HIGHS:
        assert np.array_equal(np.unique(np.abs(y)), [0, 1]) and abs(here - (1 - 2**0.5) / 2) < 1e-9
    else:
        assert abs(here + 1) < 1e-3
EOF
