#!/usr/bin/env bash
# Package : inflation 2.0.3, InflationLP.write_to_file, with highspy 1.16.0
# Expected: the problem that solve() hands to Mosek, to the last digit, in either format: for a user without Mosek's license
#           the file is the way to another solver.
# Seen    : the .mps file holds every number with four decimals, the .lp file all digits. Both are valid, and no
#           warning is given. Bell's scenario, one source, no inflation at all: a PR box that is heralded in 4 of
#           100000 attempts is "feasible" from the .mps file, since its probabilities are 0.0000; and of 100 boxes on a
#           facet, mixtures of deterministic ones, 9 are "infeasible", that is, nonlocal, from it.
# Matters : the verdict is the whole result of the inflation technique: "infeasible" is published as a proof that no
#           classical model exists, and critical visibilities by bisection are right to 1e-4 only.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'inflation==2.0.3' 'highspy==1.16.0' 'numpy==2.4.4' 'scipy==1.17.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import highspy
import numpy as np
from inflation import InflationLP, InflationProblem
from scipy.optimize import linprog

cells = list(itertools.product((0, 1), repeat=4))
strategies = list(itertools.product((0, 1), repeat=4))
boxes = np.array([[float(a == s[x] and b == s[2 + y]) for a, b, x, y in cells] for s in strategies])
chsh = np.array([(-1.0) ** (a + b + x * y) for a, b, x, y in cells])
best = boxes[boxes @ chsh == 2]  # the vertices of a facet

scenario = InflationProblem(
    {"source": ["A", "B"]}, outcomes_per_party=(2, 2), settings_per_party=(2, 2), inflation_level_per_source=(1,),
    order=("A", "B"), classical_sources="all", verbose=0,
)  # fmt: skip
relaxation = InflationLP(scenario, verbose=0)


def verdicts(p):
    relaxation.set_distribution(p.reshape(2, 2, 2, 2))
    found = []
    for name in ("box.lp", "box.mps"):
        relaxation.write_to_file(name)
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        assert solver.readModel(name) == highspy.HighsStatus.kOk
        solver.run()
        found.append(solver.modelStatusToString(solver.getModelStatus()))
    # 1 when local: the total weight of deterministic boxes below p
    weight = -linprog(-np.ones(16), A_ub=boxes.T, b_ub=p, bounds=(0, None)).fun
    return *found, weight


pr = np.array([0.5 * ((a + b + x * y) % 2 == 0) for a, b, x, y in cells])
silent = np.array([float(a == b == 1) for a, b, x, y in cells])
for rate in (1e-2, 4e-5):
    text, fixed, weight = verdicts(rate * pr + (1 - rate) * silent)
    print(f"PR box in {rate:g} of the attempts: .lp {text}, .mps {fixed}; local weight 1 - {1 - weight:.1e}")
    assert text == "Infeasible" and abs(1 - weight - rate) < 1e-8
    assert fixed == ("Infeasible" if rate > 1e-3 else "Optimal"), "more decimals are written now"
    box_file = open("box.mps").read().split("RHS")[1]
assert "e-05" not in box_file and "0.0000" in box_file.replace("1.0000", "")

generator = np.random.default_rng(0)
wrong = 0
for _ in range(100):
    text, fixed, weight = verdicts(generator.dirichlet(np.ones(len(best))) @ best)
    assert text == "Optimal" and abs(weight - 1) < 1e-7
    wrong += fixed == "Infeasible"
print(f"mixtures of {len(best)} deterministic boxes: 100 of 100 feasible from .lp, {wrong} infeasible from .mps")
assert wrong >= 3, "more decimals are written now"
EOF
