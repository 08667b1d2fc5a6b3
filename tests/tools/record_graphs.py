"""What each tool makes of `graphs.py`, as plain data: `PYTHONPATH=tests python -m tools.record_graphs NAME` writes it.

dagitty is JavaScript: ``node`` runs ``r/inst/js/dagitty-alg.js`` of its repository, whose path is the second argument.
"""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tools.graphs import DAGITTY, MIXED, sizes

PLACE = Path(__file__).parent / "recorded_graphs.json"
DAGITTY_COMMIT = "7a657776dc8f5e5ba4e323edb028e2c2aaf29327"
_NODE = """
const fs = require("fs"), vm = require("vm");
const given = JSON.parse(fs.readFileSync(0));
vm.runInThisContext(fs.readFileSync(given.path, "utf8"));
const kinds = {};
for (const [k, v] of Object.entries(DAGitty.Graph.Edgetype)) if (v !== null && typeof v !== "object") kinds[v] = k;
const arrows = {Directed: "->", Bidirected: "<->", Undirected: "--"};
const read = {};
for (const [name, text] of Object.entries(given.texts)) {
  const g = DAGitty.GraphParser.parseGuess(text);
  read[name] = [
    g.getVertices().map(v => v.id).sort(),
    g.getEdges().map(e => [e.v1.id, arrows[kinds[e.directed]], e.v2.id]).sort(),
    g.getLatentNodes().map(v => v.id).sort(),
    g.toString()];
}
console.log(JSON.stringify(read));
"""


def by_dagitty(texts, path):
    """Return nodes, edges, latent nodes and text of each graph, as dagitty reads and writes it."""
    given = json.dumps({"texts": texts, "path": str(path)})
    run = subprocess.run(["node", "-e", _NODE], input=given, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def dagitty(path):
    import relaxbell as rb

    written = {}
    for name, (directed, bidirected) in MIXED.items():
        model = rb.CausalModel.from_graph(mixed_text(directed, bidirected), cardinality=2)
        written |= {f"{name}, nodes": model.to_dagitty(), f"{name}, edges": model.to_dagitty(bidirected=True)}
    return {"texts": by_dagitty(DAGITTY, path), "written here": by_dagitty(written, path), "written": written}


def mixed_text(directed, bidirected):
    arcs = [f"{u} <-> {v}" for u, v in bidirected]
    return "\n".join([f"{u} -> {v}" for u, v in directed] + arcs)


PGMPY_READS = ("chain", "roles", "unobserved", "short roles", "sets", "parents of a latent")
"""Of dagitty's texts; a label on an edge and bare text are refused."""


def pgmpy_graphs():
    """Return {kind: {name: object}}: dagitty's texts as pgmpy reads them, mixed graphs, latent nodes, tables."""
    from pgmpy.base import ADMG, DAG
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    latent = {}
    for name, (directed, bidirected) in MIXED.items():
        drawn = [(f"U{i}", v) for i, pair in enumerate(bidirected) for v in pair]
        latent[name] = DAG(directed + drawn, latents={u for u, _ in drawn})
    net = DiscreteBayesianNetwork([("X", "Y")])
    net.add_cpds(TabularCPD("X", 2, [[0.5], [0.5]]), TabularCPD("Y", 3, [[0.2, 0.3]] * 2 + [[0.6, 0.4]], ["X"], [2]))
    return {
        "from dagitty": {name: DAG.from_dagitty(text) for name, text in DAGITTY.items() if name in PGMPY_READS},
        "mixed": {name: ADMG(*edges) for name, edges in MIXED.items()},
        "latent": latent,
        "tables": {"net": net},
    }


def plain_networkx(graph):
    """Return nodes and edges with what is said of them, sets as lists, and the roles."""
    nodes = [
        [str(n), {k: sorted(v) if isinstance(v, set) else v for k, v in d.items()}] for n, d in graph.nodes.items()
    ]
    edges = sorted(([str(u), str(v), dict(d)] for u, v, d in graph.edges(data=True)), key=str)
    roles = {
        role: sorted(getattr(graph, role)) for role in ("latents", "exposures", "outcomes") if hasattr(graph, role)
    }
    return {"class": type(graph).__name__, "nodes": nodes, "edges": edges, "roles": roles}


def pgmpy():
    found = pgmpy_graphs()
    plain = {kind: {name: plain_networkx(g) for name, g in own.items()} for kind, own in found.items()}
    plain["cardinality"] = {n: int(c) for n, c in found["tables"]["net"].get_cardinality().items()}
    plain["to dagitty"] = {name: g.to_dagitty() for name, g in found["latent"].items()}
    return plain


def y0_graphs():
    from y0.dsl import Variable
    from y0.graph import NxMixedGraph

    def variables(edges):
        return [(Variable(u), Variable(v)) for u, v in edges]

    return {n: NxMixedGraph.from_edges(directed=variables(d), undirected=variables(b)) for n, (d, b) in MIXED.items()}


def y0():
    found = y0_graphs()
    mixed = {n: {"directed": plain_networkx(g.directed), "undirected": _undirected(g)} for n, g in found.items()}
    return {"mixed": mixed, "latent": {n: plain_networkx(g.to_latent_variable_dag()) for n, g in found.items()}}


def _undirected(graph):
    return sorted(sorted([str(u), str(v)]) for u, v in graph.undirected.edges)


def ananke_graphs():
    from ananke.graphs import ADMG

    found = {}
    for name, (directed, bidirected) in MIXED.items():
        nodes = sizes(sorted({n for edge in directed + bidirected for n in edge}))
        found[name] = ADMG(vertices=nodes, di_edges=directed, bi_edges=bidirected)
    return found


def ananke():
    plain = {}
    for name, graph in ananke_graphs().items():
        vertices = {n: [v.fixed, v.cardinality] for n, v in graph.vertices.items()}
        plain[name] = [vertices, sorted(map(list, graph.di_edges)), sorted(map(list, graph.bi_edges))]
    fixed = ananke_graphs()["instrument"]
    fixed.fix(["X"])
    plain["fixed"] = [{n: v.fixed for n, v in fixed.vertices.items()}, sorted(map(list, fixed.di_edges))]
    return plain


PACKAGES = {"ananke": "ananke-causal"}
TOOLS = {f.__name__: f for f in (pgmpy, y0, ananke, dagitty)}

if __name__ == "__main__":
    name = sys.argv[1]
    known = json.loads(PLACE.read_text()) if PLACE.exists() else {}
    made = DAGITTY_COMMIT if name == "dagitty" else version(PACKAGES.get(name, name))
    known[name] = {"version": made, "returned": TOOLS[name](*sys.argv[2:])}
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(known.items()))
    PLACE.write_text("{\n" + lines + "\n}\n")
