#!/usr/bin/env bash
# Package : contextuality 2.1.0, quantum_realisation, nc_polytope and compute_deterministic_fraction
# Expected: a scenario takes any "list of outcomes" O, and pvms[i][j] is the projector of outcome O[j], as the docstring
#           says; so +1 and -1 give what 0 and 1 give, and the noncontextual polytope has |O|^4 vertices for CHSH's contexts.
# Seen    : pvms[i][o] is read, with o the value: -1 is Python's last entry, so +1 and -1 both get the projector of -1.
#           The polytope runs over assignments of 0 and 1 whatever O is: 16 of 81 vertices for three outcomes, and
#           for +1, -1 one of 16, and rows that are no box. compute_cf uses another matrix, which is right. No error.
# Matters : Tsirelson's box from |00> + |11> with outcomes +1, -1 has the "contextual fraction" 0.7071 (right: 0.4142) and
#           contexts that sum to 1.7071; a deterministic box with outcome 2 has the deterministic fraction 0 (right: 1).
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'cvxpy==1.9.3' 'highspy==1.16.0' 'numpy==2.4.4' 'scipy==1.17.1' 'sympy==1.14.0' 'pycddlib-standalone==3.0.0'
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps 'contextuality==2.1.0'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import numpy as np
from contextuality import EmpiricalModel, MeasurementScenario
from contextuality.utils import compute_deterministic_fraction

labels, contexts = [0, 1, 2, 3], [[0, 2], [0, 3], [1, 2], [1, 3]]
z, x, half = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), 2**-0.5
settings = [(z, 0), (x, 0), (half * (z + x), 1), (half * (z - x), 1)]
projectors = []
for observable, party in settings:  # first the projector of +1, then that of -1
    local = [(np.eye(2) + s * observable) / 2 for s in (1, -1)]
    projectors.append([np.kron(p, np.eye(2)) if party == 0 else np.kron(np.eye(2), p) for p in local])
phi = np.array([half, 0, 0, half])
state = np.outer(phi, phi)
right = np.array([
    [np.trace(state @ projectors[i][j] @ projectors[k][l]) for j in (0, 1) for l in (0, 1)] for i, k in contexts
])  # fmt: skip

fractions = {}
for outcomes in ((0, 1), (1, -1), (-1, 1)):
    model = EmpiricalModel(MeasurementScenario(labels, contexts, list(outcomes)))
    model.quantum_realisation(state, projectors)
    fractions[outcomes] = model.compute_cf(solver="HIGHS")["CF"]
    same = np.allclose(model.mvector, right)
    print(outcomes, "sums", model.mvector.sum(axis=1).round(4), "contextual fraction", round(fractions[outcomes], 6), same)
    assert same == (outcomes == (0, 1)), "outcomes other than 0 and 1 are read now"
    given = EmpiricalModel(model.measurement_scenario, right)  # the same box as a table
    assert abs(given.compute_cf(solver="HIGHS")["CF"] - (2**0.5 - 1)) < 1e-6
assert abs(fractions[0, 1] - (2**0.5 - 1)) < 1e-6 and abs(fractions[1, -1] - half) < 1e-6

for outcomes in ((0, 1), (0, 1, 2), (1, -1)):
    scenario = MeasurementScenario(labels, contexts, list(outcomes))
    vertices = {
        tuple(int((a, b) == (s[i], s[k])) for i, k in contexts for a in outcomes for b in outcomes)
        for s in itertools.product(outcomes, repeat=4)
    }
    found = {tuple(int(v) for v in row) for row in scenario.nc_polytope()}
    print(outcomes, len(vertices), "deterministic boxes,", len(found & vertices), "of them in nc_polytope")
    assert len(found & vertices) == {(0, 1): 16, (0, 1, 2): 16, (1, -1): 1}[outcomes], "nc_polytope has changed"
    assert len(vertices) == len(outcomes) ** 4

scenario = MeasurementScenario(labels, contexts, [0, 1, 2])
box = EmpiricalModel(scenario, scenario.generate_deterministic([8, 8, 8, 8]))  # all outcomes 2
fraction = compute_deterministic_fraction(box, solver="HIGHS")["OD"]
print("a deterministic box: deterministic fraction", fraction, "contextual fraction", box.compute_cf(solver="HIGHS")["CF"])
assert box.is_deterministic and abs(fraction) < 1e-9 and abs(box.compute_cf(solver="HIGHS")["CF"]) < 1e-9
EOF
