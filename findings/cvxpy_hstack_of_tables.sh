#!/usr/bin/env bash
# Package : cvxpy 1.9.3 (variables with more than two dimensions), cp.hstack of expressions with three or more
# Expected: numpy's hstack, which joins along axis 1: .value and .shape of the expression say so, 1-D and 2-D agree.
# Seen    : the solver gets a join along the last axis, reshaped in Fortran order: entries land in other cells, in both
#           backends that know such variables (SCIPY, COO), without a word. cp.concatenate(axis=1) and cp.vstack are right.
#           CHSH of a no-signaling table p(a, x, b, y), joined from one variable for each setting of Alice, is at most 4;
#           with hstack the "optimal" value is 2, at a no-signaling table that is worth 2 when checked by hand.
# Matters : 2 is the local bound. The objective is about the wrong events, and as every .value is computed by numpy
#           afterwards, checking the printed point does not show that a better one was missed.
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

coefficients = np.zeros((2, 2, 2, 2))
for a, x, b, y in itertools.product((0, 1), repeat=4):
    coefficients[a, x, b, y] = (-1) ** (a + b + x * y)


def no_signaling_maximum(join, backend):
    halves = [cp.Variable((2, 1, 2, 2), nonneg=True) for _ in range(2)]
    table = join(halves)
    alice = [cp.sum(half, axis=2)[:, 0] for half in halves]
    bob = [cp.sum(half, axis=(0, 1)) for half in halves]
    problem = cp.Problem(
        cp.Maximize(cp.sum(cp.multiply(coefficients, table))),
        [bob[0] == bob[1], *(cp.sum(b, axis=0) == 1 for b in bob), *(m[:, 0] == m[:, 1] for m in alice)],
    )
    problem.solve(solver=cp.CLARABEL, canon_backend=backend)
    found = np.hstack([half.value for half in halves])
    assert problem.status == cp.OPTIMAL and np.array_equal(found, table.value)
    assert found.min() > -1e-7 and np.allclose(found.sum(axis=(0, 2)), 1)
    assert np.allclose(found.sum(axis=2)[..., 0], found.sum(axis=2)[..., 1])
    assert np.allclose(found.sum(axis=0)[0], found.sum(axis=0)[1])
    return problem.value


for backend in ("SCIPY", "COO"):
    wrong = no_signaling_maximum(cp.hstack, backend)
    right = no_signaling_maximum(lambda parts: cp.concatenate(parts, axis=1), backend)
    print(f"{backend}: CHSH over no-signaling tables: hstack {wrong:.6f}, concatenate {right:.6f}")
    assert abs(right - 4) < 1e-6
    assert abs(wrong - 2) < 1e-6, "hstack joins along axis 1 now"

pieces = [np.arange(12.0).reshape(2, 3, 2), 100 + np.arange(8.0).reshape(2, 2, 2)]
joined = cp.hstack([cp.Variable(p.shape) for p in pieces])
solved = cp.Variable(joined.shape)
cp.Problem(cp.Minimize(0), [solved == joined, *(v == p for v, p in zip(joined.variables(), pieces))]).solve(
    solver=cp.CLARABEL
)
moved = ~np.isclose(solved.value, np.hstack(pieces), atol=1e-6)
print(f"pieces (2, 3, 2) and (2, 2, 2): {moved.sum()} of {moved.size} cells hold another cell's value")
assert moved.sum() > 0 and np.allclose(np.sort(solved.value.ravel()), np.sort(np.hstack(pieces).ravel()))
EOF
