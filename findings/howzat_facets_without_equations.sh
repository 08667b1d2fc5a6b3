#!/usr/bin/env bash
# Package : howzat 0.3.9, solve, solve_exact and Backend(...).solve_exact on vertices
# Expected: `inequalities` describes the convex hull of the vertices, as the same rows do when they are read back with
#           Representation.Inequality; and `facets` is their number, 24 for the local polytope of CHSH.
# Seen    : for a hull that is not full-dimensional the equations are missing: the 24 rows, in 16 probabilities, allow
#           CHSH = 7 with 0 <= p <= 1, and read back they have 16 "vertices", of which 3 are among the 16 local boxes.
#           With the cddlib backends `facets` is 32: the 8 equations of normalization and no-signaling are counted, as
#           one inequality each. No field says that the hull is flat; `dimension` is 16, not 8. Exact arithmetic, too.
# Matters : Bell polytopes in probabilities are flat, and a count of "facets" that depends on the backend is not a property
#           of the polytope. In the 8 correlators, where there are no equations, all backends agree on 24.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'howzat==0.3.9' 'numpy==2.4.4' 'scipy==1.17.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
from fractions import Fraction
import howzat
import numpy as np
from scipy.optimize import linprog

cells = list(itertools.product((0, 1), repeat=4))
boxes = np.array([[int(a == s[x] and b == s[2 + y]) for a, b, x, y in cells] for s in cells])
chsh = np.array([(-1.0) ** (a + b + x * y) for a, b, x, y in cells])
correlators = np.array([[*s, *(a * b for a in s[:2] for b in s[2:])] for s in itertools.product((1, -1), repeat=4)])
equations = [[float((x, y) == c[2:]) for a, b, x, y in cells] for c in cells if c[:2] == (0, 0)]
for party, outcome, setting in ((0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 1)):  # the other party's setting is no matter
    equations.append([
        (-1.0) ** c[3 - party] if (c[party], c[2 + party]) == (outcome, setting) else 0.0 for c in cells
    ])  # fmt: skip
sums = [1.0] * 4 + [0.0] * 4
assert np.linalg.matrix_rank(equations) == 8 and np.allclose(boxes @ np.transpose(equations), sums)


def numbers(rows):
    return np.array([[float(Fraction(v)) for v in row] for row in rows])


seen = {}
for backend in ("default", "howzat-dd:gmprat", "lrslib+hlbl", "cddlib:gmprational"):
    solve = howzat.solve_exact if backend == "default" else howzat.Backend(backend).solve_exact
    flat, full = solve(boxes), solve(correlators)
    rows = numbers(flat.inequalities)  # b + a p >= 0
    slack = rows[:, :1] + rows[:, 1:] @ boxes.T
    held = int((abs(slack) < 1e-9).all(axis=1).sum())
    loose, tight = (
        -linprog(-chsh, A_ub=-rows[:, 1:], b_ub=rows[:, 0], bounds=(0, 1), **more).fun
        for more in ({}, {"A_eq": equations, "b_eq": sums})
    )
    seen[backend] = flat.facets
    print(f"{backend}: {flat.facets} facets, {held} held by all boxes, dimension {flat.dimension};", end=" ")
    print(f"CHSH at most {loose:.6f}, with the equations {tight:.6f}; in correlators {full.facets} facets")
    assert slack.min() > -1e-9 and len(rows) == flat.facets and flat.dimension == 16 and full.facets == 24
    assert abs(tight - 2) < 1e-7 and loose > 6.5, "the equations are there now"
    assert held == (8 if backend.startswith("cddlib") else 0)
assert seen == {"default": 24, "howzat-dd:gmprat": 24, "lrslib+hlbl": 24, "cddlib:gmprational": 32}

rows = np.ascontiguousarray(numbers(howzat.solve_exact(boxes).inequalities))
back = numbers(howzat.solve(rows, repr=howzat.Representation.Inequality).generators)
points = {tuple(np.round(g[1:] / g[0], 9)) for g in back if g[0] > 1e-12}
common = points & {tuple(map(float, b)) for b in boxes}
print(f"read back: {len(back)} generators, {len(common)} of the 16 boxes among them")
assert len(back) == 16 and len(common) == 3, "the rows come back as the boxes now"
EOF
