"""Largest values on levels of the NPA hierarchy beside toqito, in one run.

CPU seconds in one thread from the functional to the number, the better of two runs after a first small one: relaxbell
with its exact bound and its certificate, and toqito's constraints, solved by Clarabel (default accuracy). Each number
comes from a process of its own; what takes more than two minutes is not waited for.

python benchmarks/quantum_sets.py [--toqito PYTHON]

`--toqito` is an interpreter that has toqito (1.1.8 was tried).
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import time

ROOT = Path(__file__).resolve().parent.parent
TOO_LONG = 120
"""Seconds for one number."""

CASES = [("CHSH", "1+ab"), ("I3322", "1+ab"), ("I3322", 2), ("CGLMP 3", "1+ab"), ("CGLMP 4", "1+ab"), ("chained 4", 2)]


def functional(name):
    import relaxbell as rb

    kind, _, number = name.partition(" ")
    made = {"CGLMP": rb.catalog.cglmp, "chained": rb.catalog.chained}
    return made[kind](int(number)) if number else getattr(rb.catalog, kind)


def ours(name, level):
    import relaxbell as rb

    f = functional(name)
    started = time.process_time()
    found = rb.quantum_set(f, level.upper() if isinstance(level, str) else level).maximum(f)
    return time.process_time() - started, found.value, float(found.upper_bound)


def theirs(table, constant, level):
    import cvxpy as cp
    import numpy as np
    from toqito.state_opt.npa_hierarchy import npa_constraints

    c = np.array(table)
    a, b, x, y = c.shape
    started = time.process_time()
    p = {(i, j): cp.Variable((a, b)) for i in range(x) for j in range(y)}
    objective = sum(cp.sum(cp.multiply(c[:, :, i, j], p[i, j])) for i, j in p)
    problem = cp.Problem(cp.Maximize(objective), npa_constraints(p, level))
    problem.solve(solver="CLARABEL")
    return time.process_time() - started, float(problem.value) + constant, None


def child(task):
    kind, name, level, table, constant = json.loads(task)
    run = (lambda: ours(name, level)) if kind == "ours" else (lambda: theirs(table, constant, level))
    if kind == "ours":
        ours("CHSH", 1)
    else:
        theirs([[[[1.0]]]], 0.0, 1)
    print(json.dumps(min((run() for _ in range(2)), key=lambda own: own[0])))


def asked(python, task):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [python, __file__, "--child", json.dumps(task)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=TOO_LONG)
    except subprocess.TimeoutExpired:
        return None, f"more than {TOO_LONG} s", None
    if run.returncode:
        return None, run.stderr.strip().splitlines()[-1][:60], None
    return json.loads(run.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--toqito", help="an interpreter that has toqito")
    parser.add_argument("--child")
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return
    print(f"{'functional':12s} {'level':6s} {'relaxbell':>9s} {'value':>14s} {'rigorous':>16s} {'toqito':>8s}")
    for name, level in CASES:
        f = functional(name)
        own = asked(sys.executable, ["ours", name, level, None, None])
        line = f"{name:12s} {level!s:6s} {own[0]:8.2f}s {own[1]:14.9f} {own[2]:16.11f}"
        if given.toqito:
            other = asked(given.toqito, ["theirs", name, level, f.floats.tolist(), float(f.constant)])
            line += f" {other[0]:7.2f}s {other[1]:14.9f}" if other[0] is not None else f"  {other[1]}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
