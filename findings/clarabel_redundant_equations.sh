#!/usr/bin/env bash
# Package : clarabel 0.11.1 under cvxpy 1.9.3
# Expected: a linear program of 65 variables with bounded feasible set is solved; redundant but consistent equations
#           cost nothing (the solver's default answer in CVXPY for conic problems).
# Seen    : the local visibility of a chained three-setting behavior, written with one equation for each of the 36
#           probabilities and normalization: NumericalError in the first step, CVXPY's SolverError. The rank of the 37
#           equations is 16. Without the 21 that follow from them it is solved in 6 iterations, as it is with
#           static_regularization_constant=1e-7 (default 1e-8). Two settings (rank 9 of 17) raise no suspicion.
# Matters : "A q == p" with all p(ab|xy) is how every Bell and causal-bounds program is first written; no-signaling makes
#           it rank-deficient by construction, more so with each setting. Use marginals and joint probabilities of all
#           but the last outcome (Collins and Gisin), or a simplex solver.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'cvxpy==1.9.3' 'clarabel==0.11.1' 'numpy==2.4.4' 'scipy==1.17.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import cvxpy as cp
import numpy as np


def program(settings, reduced, **options):
    answers = list(itertools.product((0, 1), repeat=settings))
    cells = list(itertools.product(range(settings), range(settings), (0, 1), (0, 1)))
    local = np.array([[float(f[x] == a and g[y] == b) for f in answers for g in answers] for x, y, a, b in cells])
    angle = np.pi / (2 * settings)
    p = np.array([(1 + (-1) ** (a + b) * np.cos((2 * x - 2 * y - 1) * angle)) / 4 for x, y, a, b in cells])
    equations = np.vstack([np.column_stack([local, 0.25 - p]), [[1.0] * local.shape[1] + [0.0]]])
    sides = np.append(np.full(len(cells), 0.25), 1.0)
    rank = int(np.linalg.matrix_rank(equations))
    if reduced:
        kept = []
        for row in range(len(equations)):
            if np.linalg.matrix_rank(equations[[*kept, row]]) > len(kept):
                kept.append(row)
        equations, sides = equations[kept], sides[kept]
    q, v = cp.Variable(local.shape[1], nonneg=True), cp.Variable()
    problem = cp.Problem(cp.Maximize(v), [equations @ cp.hstack([q, v]) == sides])
    try:
        problem.solve(solver=cp.CLARABEL, **options)
    except cp.SolverError as error:
        return rank, len(sides), f"SolverError: {str(error)[:24]}"
    return rank, len(sides), float(problem.value)


truth = 4 / (6 * np.cos(np.pi / 6))
two = program(2, False)
plain, reduced = program(3, False), program(3, True)
regular = program(3, False, static_regularization_constant=1e-7)
print("two settings             (rank, equations, value):", two)
print("three settings           (rank, equations, value):", plain)
print("without redundant ones   (rank, equations, value):", reduced)
print("stronger regularization  (rank, equations, value):", regular)
assert plain[:2] == (16, 37) and abs(two[2] - 0.5**0.5) < 1e-6
assert abs(reduced[2] - truth) < 1e-6 and abs(regular[2] - truth) < 1e-6
assert isinstance(plain[2], str), "the redundant program is solved now"
EOF
