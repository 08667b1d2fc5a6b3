#!/usr/bin/env bash
# Package : pyscipopt 6.3.0 (wheel from PyPI, SCIP 10.0)
# Expected: SCIP 10 introduced numerically exact solving, and PySCIPOpt offers enableExactSolving: exact membership in
#           the local polytope, by rational arithmetic, from one pip install.
# Seen    : the method is there, the SCIP in the wheel is compiled without it: enableExactSolving(True) raises
#           "SCIP: unspecified error!"; the reason goes to standard error only. Without it a behavior with CHSH = 2 + 2e-6
#           is "optimal", that is local; SCIP's default feasibility tolerance is 1e-6. CHSH = 2.002 is refuted.
# Matters : nothing in Python's interface tells whether exactness is available, and a fallback that catches the exception
#           computes in floating point. For exact answers take polyhedra or bases to rational arithmetic oneself.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'pyscipopt==6.3.0' 'numpy==2.4.4'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import pyscipopt


def membership(excess):
    """Status of: is the isotropic behavior with CHSH = 2 + 2 * excess local?"""
    model = pyscipopt.Model()
    model.hideOutput()
    strategies = list(itertools.product((0, 1), repeat=4))
    q = [model.addVar(lb=0) for _ in strategies]
    for x, y, a, b in itertools.product((0, 1), repeat=4):
        p = (1 + (1 + excess) / 2 * (-1) ** (a + b + x * y)) / 4
        model.addCons(pyscipopt.quicksum(v for v, s in zip(q, strategies) if s[x] == a and s[2 + y] == b) == p)
    model.optimize()
    return model.getStatus()


model = pyscipopt.Model()
print("SCIP", model.version(), " offers enableExactSolving:", hasattr(model, "enableExactSolving"))
assert hasattr(model, "enableExactSolving")
try:
    model.enableExactSolving(True)
except Exception as error:
    print("enableExactSolving:", type(error).__name__, error)
else:
    raise AssertionError("the wheel solves exactly now")
found = {excess: membership(excess) for excess in (0.0, 1e-6, 1e-3)}
print("status by excess over the local bound:", found)
assert found == {0.0: "optimal", 1e-6: "optimal", 1e-3: "infeasible"}
EOF
