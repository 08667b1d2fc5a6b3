#!/usr/bin/env bash
# Package : pypoman 2.0.0 (with pycddlib-standalone 3.0.0), compute_polytope_halfspaces
# Expected: (A, b) with A x <= b exactly on the convex hull of the points, as the docstring says; an equation as two rows.
# Seen    : for a hull that is not full-dimensional the equations are among the rows of A as one inequality each: cddlib's
#           mark of them is dropped (pypoman reads that mark in the other direction). No warning.
# Matters : every Bell polytope in probabilities is such a hull. The 16 local strategies of CHSH give 32 rows: 24 facets and
#           the 8 equations of normalization and no-signaling, halved. With 0 <= p <= 1 added the maximum of CHSH over
#           these rows is 7 instead of 2, and they hold for tables of "probabilities" that sum to 12 instead of 4.
#           In the 8 correlators, where there are no equations, all is right.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'pycddlib-standalone==3.0.0' 'matplotlib==3.10.3' 'cvxopt==1.3.3' 'numpy==2.4.4' 'scipy==1.17.1'
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps 'pypoman==2.0.0'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import cdd
import numpy as np
from pypoman import compute_polytope_halfspaces
from scipy.optimize import linprog

cells = list(itertools.product((0, 1), repeat=4))
strategies = list(itertools.product((0, 1), repeat=4))
points = np.array([[float(a == s[x] and b == s[2 + y]) for a, b, x, y in cells] for s in strategies])
signs = np.array([(-1.0) ** (a + b + x * y) for a, b, x, y in cells])

A, b = compute_polytope_halfspaces(points)
held = np.isclose(points @ A.T, b).all(axis=0)
print(f"{len(A)} rows, {held.sum()} of them equations on every point")
assert (points @ A.T <= b + 1e-9).all() and A.shape == (32, 16) and held.sum() == 8, "equations come as two rows now"
for i in np.flatnonzero(held):
    assert not any(np.allclose(A[j], -A[i]) and np.isclose(b[j], -b[i]) for j in range(len(A)))

matrix = cdd.matrix_from_array(np.hstack([np.ones((16, 1)), points]))
matrix.rep_type = cdd.RepType.GENERATOR
assert len(cdd.copy_inequalities(cdd.polyhedron_from_matrix(matrix)).lin_set) == 8

for name, objective, truth in (("CHSH", signs, 2), ("sum of all p", np.ones(16), 4)):
    halved = -linprog(-objective, A_ub=A, b_ub=b, bounds=(0, 1)).fun
    mended = -linprog(-objective, A_ub=A, b_ub=b, A_eq=A[held], b_eq=b[held], bounds=(0, 1)).fun
    print(f"{name}: at most {halved:.6f} over the rows, {mended:.6f} with the equations, {truth} is right")
    assert abs(mended - truth) < 1e-7 and halved > truth + 1

correlators = np.array(
    [[*s, *(a * b for a in s[:2] for b in s[2:])] for s in itertools.product((1, -1), repeat=4)], dtype=float
)
A, b = compute_polytope_halfspaces(correlators)
best = -linprog(-np.array([0, 0, 0, 0, 1, 1, 1, -1.0]), A_ub=A, b_ub=b, bounds=(None, None)).fun
print(f"in correlators: {len(A)} rows, CHSH at most {best:.6f}")
assert len(A) == 24 and abs(best - 2) < 1e-7
EOF
