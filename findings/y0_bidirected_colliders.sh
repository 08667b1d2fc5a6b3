#!/usr/bin/env bash
# Package : y0 0.2.11, are_d_separated on an NxMixedGraph with a bidirected edge
# Expected: m-separation. In Bell's graph X -> A <-> B <- Y (A <-> B: the hidden source) B is a collider between A and
#           Y, so conditioning on B connects them: A and Y are dependent given B in nearly every model.
# Seen    : "separated", for A and Y given B, B and X given A, X and Y given A and B: five wrong verdicts of 24. The
#           same graph with the source drawn as a node gets all 24 right, as networkx does: parents across a
#           bidirected edge are not married.
# Matters : post-selection on an outcome (detection!) is what opens loopholes; here the tool says that it does no
#           harm. Lists of testable independencies of graphs with hidden common causes inherit it.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'y0==0.2.11' 'networkx==3.6.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import networkx as nx
from y0.algorithm.conditional_independencies import are_d_separated
from y0.dsl import Variable
from y0.graph import NxMixedGraph

A, B, X, Y, L = (Variable(n) for n in "ABXYL")
mixed = NxMixedGraph.from_edges(directed=[(X, A), (Y, B)], undirected=[(A, B)])
drawn = NxMixedGraph.from_edges(directed=[(X, A), (Y, B), (L, A), (L, B)])
plain = nx.DiGraph([(X, A), (Y, B), (L, A), (L, B)])
wrong, count = [], 0
for u, v in itertools.combinations((A, B, X, Y), 2):
    others = [n for n in (A, B, X, Y) if n not in (u, v)]
    for given in itertools.chain.from_iterable(itertools.combinations(others, k) for k in range(3)):
        count += 1
        truth = nx.is_d_separator(plain, {u}, {v}, set(given))
        assert bool(are_d_separated(drawn, u, v, conditions=given)) == truth
        verdict = bool(are_d_separated(mixed, u, v, conditions=given))
        if verdict != truth:
            wrong.append(f"{u},{v}|{''.join(map(str, given))}")
            assert verdict
print(f"{len(wrong)} of {count} verdicts wrong, all of them 'separated':", " ".join(wrong))
assert "A,Y|B" in wrong and "B,X|A" in wrong and "X,Y|AB" in wrong, "colliders on bidirected edges are seen now"
EOF
