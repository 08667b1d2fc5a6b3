"""Bilocality: Eqs. (12), (43)–(62), Figs. 4 and 5."""

from __future__ import annotations

from fractions import Fraction

from relaxbell.behavior.swapping import entanglement_swapping_box
from relaxbell.causal.networks import bilocality
from relaxbell.functionals.stars import star_values
from relaxbell.measures.products import nonbilocality
from relaxbell.paper.claim import Evidence, Section, Verdict
from relaxbell.solve.minimization import minimize
from relaxbell.solve.networks.scanning import marginal_ranges

section = Section()

_GRID = [Fraction(k, 20) for k in range(10, 21)]


@section.claim("bilocal strategies", "before Eq. (12)", "q is a 64-dimensional vector", "proved")
def _strategies() -> Evidence:
    count = bilocality().strategies.count
    return Evidence("proved" if count == 64 else "refuted", f"{count} strategies")


@section.claim("B", "Eqs. (59)–(60)", "I = J = v²/2 and B = √2 v for the distribution (54)", "exact at points")
def _bilocality_value() -> Evidence:
    found = [star_values(entanglement_swapping_box(v)) for v in _GRID]
    right = all(x.I == x.J == v * v / 2 for v, x in zip(_GRID, found, strict=True))
    return Evidence("exact at points" if right else "refuted", f"{len(_GRID)} visibilities from {_GRID[0]} to 1")


@section.claim("ν range", "Eqs. (57)–(58)", "0.16 ≤ ν ≤ 0.34 at v = 0.8, and ν = 1/4 at v = 1", "numerical")
def _ranges() -> Evidence:
    ends = {v: marginal_ranges(bilocality(), entanglement_swapping_box(v)) for v in (Fraction(4, 5), Fraction(1))}
    text = "; ".join(f"v = {v}: {next(iter(found.values()))}" for v, found in ends.items())
    pairs = [next(iter(found.values())) for found in ends.values()]
    expected = [(0.16, 0.34), (0.25, 0.25)]
    right = all(abs(p.lower - a) < 1e-9 and abs(p.upper - b) < 1e-9 for p, (a, b) in zip(pairs, expected, strict=True))
    return Evidence("numerical" if right else "refuted", text)


@section.claim("M_BL", "after Eq. (12), Figs. 4 and 5", "min M_BL = max[2v² − 1, 0] = B² − 1", "numerical")
def _least() -> Evidence:
    widest, count = 0.0, 0
    for v in _GRID:
        low, high = minimize(nonbilocality(bilocality()), entanglement_swapping_box(v)).interval
        expected = max(0.0, float(2 * v * v - 1))
        if not low - 1e-9 <= expected <= high + 1e-9:
            return Evidence("refuted", f"v = {v}: the global minimum is in [{low}, {high}], printed {expected}")
        widest, count = max(widest, high - low), count + 1
    verdict: Verdict = "numerical" if widest <= 1e-6 else "refuted"
    text = f"global over all ν: certified intervals of width ≤ {widest:.1e} around it at {count} visibilities"
    return Evidence(verdict, text)
