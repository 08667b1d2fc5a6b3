"""How much of each relaxation quantum theory demands: the table of docs/quantum.rst, computed anew.

Every row is `quantum_maximum`: from below an exact behavior (rational states and measurements, or Tsirelson's theorem)
with the least value of the measure there, from above a proved bound. A search may find less than is there: more starts,
another seed or other dimensions can only raise a lower value. `--write` replaces docs/quantum_demands.csv; rows that
are not asked for stay, and so does a row whose new lower value is smaller.

python benchmarks/quantum_demands.py [--only TEXT …] [--starts N] [--seed N] [--seconds S] [--dimensions D …] [--write]
"""

import argparse
import csv
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import relaxbell as rb
from relaxbell.exact.numbers import ceil_float, floor_float
from relaxbell.exact.texts import ceil_text, floor_text

TABLE = Path(__file__).resolve().parent.parent / "docs" / "quantum_demands.csv"
FIELDS = ["scenario", "measure", "at least", "at most", "status", "from below", "from above", "starts", "seed"]

SCENARIOS = {
    "CHSH": ((2, 2), (2, 2)),
    "3322": ((3, 3), (2, 2)),
    "4422": ((4, 4), (2, 2)),
    **{f"CGLMP {d}": ((2, 2), (d, d)) for d in (3, 4, 5, 6)},
    "three parties": ((2, 2, 2), (2, 2, 2)),
}


def one_way(inputs, outputs):
    """All influences on parties that come later in an order: with fewer, three quantum parties have no model."""
    model = rb.bell(inputs, outputs).relax("X -> B", "X -> C", "Y -> C")
    return rb.maximum(*(rb.influence(model, u, v) for u, v in (("X", "B"), ("X", "C"), ("Y", "C"))))


def measures(inputs, outputs):
    """Yield the measures of a scenario, by name."""
    free = rb.measurement_dependence(inputs, outputs)
    if len(inputs) == 2:
        yield "C(X -> B)", lambda: rb.influence(rb.bell(inputs, outputs).relax("X -> B"), "X", "B")
    else:
        yield "C, one way", lambda: one_way(inputs, outputs)
    yield "M", lambda: rb.dependence(free)
    yield "Hall", lambda: rb.hall_dependence(free)
    yield "I (bit)", lambda: rb.mutual_information(free)
    if len(inputs) == 2:
        yield "p(m = 1), one bit", lambda: rb.message_weight(rb.message(inputs, outputs))


def known(inputs, outputs):
    """Return functionals of the literature to begin with."""
    if len(inputs) == 3:
        return [rb.catalog.mermin(3), rb.catalog.svetlichny(3)]
    if inputs == (2, 2):
        return [rb.catalog.cglmp(outputs[0])]
    return [rb.catalog.chained(inputs[0])]


def cases(only):
    """Yield scenario, name and measure of the rows whose name contains one of the texts."""
    for scenario, (inputs, outputs) in SCENARIOS.items():
        for name, made in measures(inputs, outputs):
            if not only or any(text in f"{scenario}: {name}" for text in only):
                yield scenario, name, made


def row(scenario, name, found, starts, seed):
    """Return what is known as a row of texts."""
    above = found.upper_bound
    below = "–" if found.maximum is None else "Tsirelson's theorem"
    if found.demand is not None:
        below = " × ".join(map(str, found.demand.realization.dimensions))
    way = "–"
    if found.classes:
        way = f"closed form, NPA {found.level}"
    elif found.ceiling is not None:
        roof = f"convex roof, NPA {found.level}"
        way = roof if found.ceiling.classes else "extreme boxes" if found.ceiling.behavior is not None else "trivial"
    return {
        "scenario": scenario,
        "measure": name,
        "at least": floor_text(floor_float(found.lower_bound), 10) if found.exact is None else str(found.exact),
        "at most": ""
        if above is None
        else ceil_text(ceil_float(above), 10)
        if found.exact is None
        else str(found.exact),
        "status": found.status,
        "from below": below,
        "from above": way,
        "starts": str(starts),
        "seed": str(seed),
    }


def number(text):
    """Return a cell as a float; nothing is 0."""
    import sympy

    return float(sympy.sympify(text)) if set(text) <= set("0123456789.+-*/() esqrt") and text else 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--starts", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--dimensions", type=int, nargs="*")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    for scenario, name, made in cases(given.only):
        started = time.perf_counter()
        try:
            found = rb.quantum_maximum(
                made(),
                starts=given.starts,
                seed=given.seed,
                dimensions=given.dimensions or None,
                seconds=given.seconds,
                functionals=known(*SCENARIOS[scenario]),
            )
        except rb.errors.RelaxbellError as error:
            print(f"{scenario}: {name}: {type(error).__name__}: {str(error)[:200]}", flush=True)
            continue
        own = row(scenario, name, found, given.starts, given.seed)
        print(*(own[field] for field in FIELDS), f"{time.perf_counter() - started:.0f} s", sep=" | ", flush=True)
        if given.write:
            kept(own)


def kept(own):
    """Write a row into the table, unless it is worse than the one that is there."""
    rows = []
    if TABLE.exists():
        with TABLE.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
    order = [(scenario, name) for scenario, name, _ in cases([])]
    old = {(r["scenario"], r["measure"]): r for r in rows}
    key = own["scenario"], own["measure"]
    before = old.get(key)
    if before is not None and before["status"] == "exact":
        return
    if before is not None and own["status"] != "exact":
        if number(before["at least"]) > number(own["at least"]):
            own |= {field: before[field] for field in ("at least", "from below", "starts", "seed")}
        if before["at most"] and (not own["at most"] or number(before["at most"]) < number(own["at most"])):
            own |= {field: before[field] for field in ("at most", "from above")}
        own["status"] = "interval" if own["at most"] else "at least"
    old[key] = own
    with TABLE.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(old[k] for k in order if k in old)


if __name__ == "__main__":
    sys.exit(main())
