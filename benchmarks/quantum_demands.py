"""How much of each relaxation quantum theory demands: the table of docs/quantum.rst, computed anew.

Every row has a proved value from below and one from above; no time limit and no random number decides about it. From
below: Tsirelson's theorem where `quantum_maximum` finds the maximum exactly; else the rigorous least value at an exact
behavior, whose state and measurements are stored in docs/quantum_realizations.json in whole numbers. They are what a
search found (`--search`, with the starts and the seed of ROWS, from functionals of the literature); whatever they are,
they make a quantum behavior. From above: closed forms or convex roofs by class, extreme boxes, or a trivial bound.

python benchmarks/quantum_demands.py [--only TEXT …] [--search] [--write]

`--search` seeks realizations, keeps those that demand more than the stored ones, and stores them; `--write` replaces
the rows of docs/quantum_demands.csv that are computed.
"""

import argparse
import csv
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import relaxbell as rb
from relaxbell.closed_forms.demands import most_demanding
from relaxbell.closed_forms.quantum_maxima import by_search
from relaxbell.engines import engine
from relaxbell.exact.numbers import ceil_float, floor_float
from relaxbell.exact.texts import ceil_text, floor_text

DOCS = Path(__file__).resolve().parent.parent / "docs"
TABLE, REALIZATIONS = DOCS / "quantum_demands.csv", DOCS / "quantum_realizations.json"
FIELDS = ["scenario", "measure", "at least", "at most", "status", "from below", "from above", "starts", "seed"]

SCENARIOS = {
    "CHSH": ((2, 2), (2, 2)),
    "3322": ((3, 3), (2, 2)),
    "4422": ((4, 4), (2, 2)),
    **{f"CGLMP {d}": ((2, 2), (d, d)) for d in (3, 4, 5, 6)},
    "three parties": ((2, 2, 2), (2, 2, 2)),
}

STARTS = {"CHSH": 8, "3322": 16, "4422": 6, "CGLMP 3": 8, "CGLMP 4": 4, "CGLMP 5": 2, "CGLMP 6": 2, "three parties": 4}
"""Of the search, in each scenario; those of functionals of the literature come first."""

CLOSED = {"CHSH: C(X -> B)", "CHSH: M", "CHSH: Hall", "CHSH: p(m = 1), one bit", "3322: C(X -> B)"}
"""Rows with a complete closed form."""

SEED = 1


def one_way(inputs, outputs):
    """All influences on parties that come later in an order: with fewer, three quantum parties have no model."""
    model = rb.bell(inputs, outputs).relax("X -> B", "X -> C", "Y -> C")
    return rb.maximum(*(rb.influence(model, u, v) for u, v in (("X", "B"), ("X", "C"), ("Y", "C"))))


def measures(inputs, outputs):
    """Yield the measures of a scenario, by name."""
    if len(inputs) == 2:
        yield "C(X -> B)", lambda: rb.influence(rb.bell(inputs, outputs).relax("X -> B"), "X", "B")
    else:
        yield "C, one way", lambda: one_way(inputs, outputs)
    yield "M", lambda: rb.dependence(rb.measurement_dependence(inputs, outputs))
    yield "Hall", lambda: rb.hall_dependence(rb.measurement_dependence(inputs, outputs))
    yield "I (bit)", lambda: rb.mutual_information(rb.measurement_dependence(inputs, outputs))
    if len(inputs) == 2:
        yield "p(m = 1), one bit", lambda: rb.message_weight(rb.message(inputs, outputs))


def known(inputs, outputs):
    """Return functionals of the literature to begin with."""
    if len(inputs) == 3:
        return [rb.catalog.mermin(3), rb.catalog.svetlichny(3)]
    if inputs == (2, 2):
        return [rb.catalog.cglmp(outputs[0]), chsh_within(inputs, outputs)]
    return [rb.catalog.chained(inputs[0]), chsh_within(inputs, outputs)]


def chsh_within(inputs, outputs):
    """Return CHSH of the first two settings; outcomes but 0 are not told apart."""
    table = np.zeros((*outputs, *inputs), dtype=int)
    for a, b, x, y in np.ndindex(*outputs, 2, 2):
        table[a, b, x, y] = (-1) ** ((a > 0) + (b > 0) + x * y)
    return rb.BellFunctional(table, "A B", "X Y")


def cases(only=()):
    """Yield name of scenario, name of measure, and what makes it, of rows whose name contains one of the texts."""
    for scenario, (inputs, outputs) in SCENARIOS.items():
        for name, made in measures(inputs, outputs):
            if not only or any(text in f"{scenario}: {name}" for text in only):
                yield scenario, name, made


def stored():
    """Return the stored realizations with where they come from, by row."""
    return json.loads(REALIZATIONS.read_text(encoding="utf-8")) if REALIZATIONS.exists() else {}


def realization(own):
    """Return a stored realization: state and measurements in rational numbers."""
    return rb.classes.RationalRealization.from_json(json.dumps(own["realization"]))


def demanded(measure, found):
    """Return how much the behavior of a realization demands: a rigorous lower bound, found without an exact search."""
    assert found.check()
    return engine(measure).quick().minimize(found.behavior).lower_bound


def searched(measure, scenario, before):
    """Return what the search found to be stored, or what was there before, whichever demands more."""
    first = known(*SCENARIOS[scenario])
    starts = STARTS[scenario]
    best = (0.0 if before is None else demanded(measure, realization(before)), before)
    for own in most_demanding(measure, measure.model.scenario, None, starts, SEED, first):
        exact = own.realization()
        value = demanded(measure, exact)
        if value > best[0] + 1e-10:
            best = value, {"starts": starts, "seed": SEED, "realization": json.loads(exact.to_json())}
    return best[1]


def row(scenario, name, measure, kept):
    """Return what is known as a row of texts."""
    if f"{scenario}: {name}" in CLOSED:
        found = rb.quantum_maximum(rb.closed_form(measure, seconds=float("inf")), starts=0)
    else:
        found = by_search(measure, starts=0)
    own = {"scenario": scenario, "measure": name, "starts": "–", "seed": "–", "from below": "–", "at least": "0"}
    ceiling = found.ceiling
    roof = f"convex roof, NPA {found.level}"
    if found.classes:
        own["from above"] = f"closed form, NPA {found.level}"
    else:
        own["from above"] = roof if ceiling.classes else "extreme boxes" if ceiling.behavior is not None else "trivial"
    if found.exact is not None:
        return own | {
            "at least": str(found.exact), "at most": str(found.exact), "status": "exact",
            "from below": "Tsirelson's theorem",
        }  # fmt: skip
    own |= {"at most": ceil_text(ceil_float(found.upper_bound), 10), "status": "at most"}
    if kept is not None:
        exact = realization(kept)
        own |= {
            "at least": floor_text(floor_float(demanded(measure, exact)), 10), "status": "interval",
            "from below": " × ".join(map(str, exact.dimensions)),
            "starts": str(kept["starts"]), "seed": str(kept["seed"]),
        }  # fmt: skip
    return own


def printed():
    """Return the rows of the table, by scenario and measure."""
    if not TABLE.exists():
        return {}
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {(own["scenario"], own["measure"]): own for own in csv.DictReader(lines)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    for scenario, name, made in cases(given.only):
        started, key = time.perf_counter(), f"{scenario}: {name}"
        measure, kept = made(), stored().get(key)
        if given.search and key not in CLOSED:
            kept = searched(measure, scenario, kept)
            if kept is not None:
                store(stored() | {key: kept})
        own = row(scenario, name, measure, kept)
        print(*(own[field] for field in FIELDS), f"{time.perf_counter() - started:.0f} s", sep=" | ", flush=True)
        if given.write:
            write(printed() | {(scenario, name): own})


def store(found):
    """Write the realizations, one a line."""
    lines = [
        f"{json.dumps(key)}: {json.dumps(found[key], separators=(',', ':'))}"
        for key in (f"{scenario}: {name}" for scenario, name, _ in cases())
        if key in found
    ]
    REALIZATIONS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def write(rows):
    """Write the table."""
    with TABLE.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in ((scenario, name) for scenario, name, _ in cases()) if key in rows)


if __name__ == "__main__":
    sys.exit(main())
