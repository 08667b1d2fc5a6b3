#!/usr/bin/env bash
# Package : pgmpy 1.1.2, DAG.get_independencies on Bell's graph with a latent source
# Expected: independencies that generate all that d-separation implies, among them no-signaling: A indep. of Y given X.
# Seen    : three statements, X indep. Y, A indep. Y, B indep. X. No-signaling is not among them and does not follow:
#           Independencies.entails says no, and a = x XOR y with uniform settings satisfies all three while Alice's
#           outcome carries Bob's setting in full. is_dconnected knows that A and Y are separated given X.
#           One minimal separator for each pair is listed, and pairwise statements do not compose.
# Matters : whoever tests "all implied independencies" of a Bell or instrumental graph from that list passes a
#           signaling behavior as compatible with the graph. One needs A,X indep. Y or the conditional statement.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'pgmpy==1.1.2' 'numpy==2.4.1' 'networkx==3.6.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
from pgmpy.base import DAG
from pgmpy.independencies import Independencies

bell = DAG([("X", "A"), ("L", "A"), ("L", "B"), ("Y", "B")], latents={"L"})
listed = bell.get_independencies()
print(listed)
assert not bell.is_dconnected("A", "Y", observed=["X"]), "the graph forbids signaling"
assert not listed.entails(Independencies(["A", "Y", "X"])), "no-signaling follows now"

# a signaling distribution, uniform over its support: a = x xor y, b = 0
support = [{"X": x, "Y": y, "A": x ^ y, "B": 0} for x, y in itertools.product((0, 1), repeat=2)]


def probability(**event):
    return sum(all(point[k] == v for k, v in event.items()) for point in support) / len(support)


def independent(u, v, given=()):
    return all(
        abs(probability(**{u: s, v: t}, **g) * probability(**g) - probability(**{u: s}, **g) * probability(**{v: t}, **g))
        < 1e-12
        for s, t in itertools.product((0, 1), repeat=2)
        for g in (dict(zip(given, values)) for values in itertools.product((0, 1), repeat=len(given)))
    )


statements = listed.get_assertions()
for statement in statements:
    (u,), (v,) = statement.event1, statement.event2
    assert independent(u, v, tuple(sorted(statement.event3))), statement
assert not independent("A", "Y", ("X",))
print(f"a = x xor y satisfies all {len(statements)} and signals")
assert len(statements) == 3
EOF
