#!/usr/bin/env bash
# Package : causalboundingengine 0.1.5, BinaryConf(X, Y).ATE.entropybounds and .PNS.entropybounds
# Expected: bounds under weak confounding, I(X : Y(0), Y(1)) <= theta bits. At theta -> 0 there is no confounding, so the
#           average treatment effect is the difference of means; at theta = 1 nothing is assumed, so the
#           bounds are Manski's, and Tian and Pearl's for the probability of necessity and sufficiency (PNS).
# Seen    : the outcomes of the untreated are not read: a coin takes their place. At theta = 1e-6 the effect is 0.30 where the
#           difference of means is 0.50, and still 0.30 when all outcomes of the untreated are inverted (0.10). The
#           program of PNS does not fix p(x): its upper end is 0.85 where 0.75 holds without any assumption.
# Matters : sensitivity analysis by information is new and has few implementations; this one excludes the true effect.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'causalboundingengine==0.1.5' 'numpy==2.4.6' 'pandas==3.1.1' 'cvxpy==1.9.3' 'scs==3.2.11'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
from causalboundingengine.scenarios import BinaryConf

x = np.repeat([1, 1, 0, 0], [40, 10, 15, 35])
seen = np.repeat([1, 0, 1, 0], [40, 10, 15, 35])
inverted = np.where(x == 1, seen, 1 - seen)

found = {}
for name, y in (("as seen", seen), ("untreated inverted", inverted)):
    data = BinaryConf(x, y)
    difference = y[x == 1].mean() - y[x == 0].mean()
    effect = data.ATE.entropybounds(theta=1e-6)
    found[name] = effect
    print(f"{name:20} difference of means {difference:.2f}, effect without confounding {np.round(effect, 3)}")
    print(f"{'':20} Manski {np.round(data.ATE.manski(), 3)}, theta = 1 {np.round(data.ATE.entropybounds(theta=1.0), 3)}")
    assert abs(difference - sum(effect) / 2) > 0.1, "the untreated are read now"
assert np.allclose(found["as seen"], found["untreated inverted"], atol=1e-6)

data = BinaryConf(x, seen)
free, weak = data.PNS.tianpearl(), data.PNS.entropybounds(theta=1.0)
print(f"PNS: at most {free[1]:.2f} by Tian and Pearl, at most {weak[1]:.2f} under theta = 1")
assert weak[1] > free[1] + 0.05, "p(x) is fixed now"
EOF
