#!/usr/bin/env bash
# Package : highspy 1.16.0 under cvxpy 1.9.3
# Expected: a coefficient of 5e-10 is small but a number; a solver that ignores it says so.
# Seen    : HiGHS treats matrix entries of at most small_matrix_value = 1e-9 as zero (highspy's passModel returns
#           kWarning); CVXPY shows nothing. How many attempts may an event-ready Bell test make so that at most
#           0.5 "wrong" and 5 "right" outcomes are expected, at a heralding probability of 6.4e-9? 1.07e9, said
#           "optimal": 1.83e9, since p(right) is 2.7e-9 and kept, p(wrong) is 4.7e-10 and dropped. How many until every
#           outcome is expected once? 2.1e9, said: "infeasible". Counting in units of 1e9 attempts cures both.
# Matters : probabilities per attempt, per pulse or per coincidence window straddle 1e-9 in photonic experiments, and
#           the rare outcomes are those that decide. Tightening tolerances does not help: it is no tolerance.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'cvxpy==1.9.3' 'highspy==1.16.0' 'numpy==2.4.4'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import cvxpy as cp
import highspy
import numpy as np

herald = 6.4e-9
right, wrong = herald * (1 + 0.5**0.5) / 4, herald * (1 - 0.5**0.5) / 4
assert wrong < 1e-9 < right


def attempts(kind, unit):
    n = cp.Variable(nonneg=True)
    expected = np.array([right, wrong]) * unit * n
    if kind == "most":
        problem = cp.Problem(cp.Maximize(n), [expected <= np.array([5, 0.5])])
    else:
        problem = cp.Problem(cp.Minimize(n), [expected >= 1])
    value = problem.solve(solver=cp.HIGHS)
    return problem.status, float(value) * unit


for kind, truth in (("most", 0.5 / wrong), ("least", 1 / wrong)):
    plain, scaled = attempts(kind, 1.0), attempts(kind, 1e9)
    print(f"{kind}: true {truth:.4g}  attempts {plain}  1e9 attempts {scaled}")
    assert scaled[0] == "optimal" and abs(scaled[1] / truth - 1) < 1e-6
    if kind == "most":
        assert plain[0] == "optimal" and abs(plain[1] / (5 / right) - 1) < 1e-6, "the small coefficient counts now"
    else:
        assert plain[0] == "infeasible", "the small coefficient counts now"

solver = highspy.Highs()
solver.setOptionValue("output_flag", False)
print("threshold:", solver.getOptionValue("small_matrix_value")[1])
assert solver.getOptionValue("small_matrix_value")[1] == 1e-9
EOF
