#!/usr/bin/env bash
# Package : MoMPy 1.2.0, MomentProblem(rows, algebra, dim=...)
# Expected: the moment matrix of the Navascues-Pironio-Acin hierarchy: upper bounds on quantum values, CHSH 2 sqrt(2).
# Seen    : by default words are the same up to cyclic shifts, so that the moments are traces of products, not expectation values
#           in a state. CHSH is then 2, the local bound: an "upper bound" that quantum mechanics exceeds. With
#           cyclicity=False it is 2.828427.
# Matters : a numerical upper bound below the truth looks like a discovery, and a key rate or a critical visibility made with
#           it is unsafe. Nothing in the result says which of the two sets was meant.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'MoMPy==1.2.0' 'numpy==2.4.6' 'cvxpy==1.9.3' 'clarabel==0.11.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import cvxpy as cp
import MoMPy

operators = MoMPy.OperatorSet()
alice = [int(operators.add_povm(1)[0]) for _ in range(2)]
bob = [int(operators.add_povm(1)[0]) for _ in range(2)]
operators.declare_commuting(alice, bob)
rows = [[a] for a in alice] + [[b] for b in bob] + [[a, b] for a in alice for b in bob]


def chsh(**options):
    built = MoMPy.MomentProblem(rows, operators.algebra(), dim=1, **options).build()
    model = built.to_cvxpy(psd=False, normalise_identity=True)
    known = {int(index): place for place, index in enumerate(built.variable_indices)}

    def moment(*word):
        return model.vector[known[built.get(word)]]

    def correlator(x, y):  # of projectors on +1
        return 4 * moment(alice[x], bob[y]) - 2 * moment(alice[x]) - 2 * moment(bob[y]) + 1

    value = correlator(0, 0) + correlator(0, 1) + correlator(1, 0) - correlator(1, 1)
    return float(cp.Problem(cp.Maximize(value), [model.G >> 0, *model.constraints]).solve(solver=cp.CLARABEL))


default, state = chsh(), chsh(cyclicity=False)
print(f"CHSH at level 1+AB: {default:.6f} by default, {state:.6f} with cyclicity=False")
assert abs(state - 8**0.5) < 1e-5, "moments of a state have changed"
assert default < 2.5, "the default has changed"
EOF
