"""The proof behind a lower bound over all marginals: boxes that hold them, each with dual polynomials."""

from __future__ import annotations

from fractions import Fraction

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.engines.sources.cover import GlobalProof, cover
from relaxbell.engines.sources.minimum import minimize_network
from relaxbell.engines.sources.polynomials import Layout
from relaxbell.engines.sources.scenario import read_scenario
from relaxbell.engines.sources.settings import choices_of_settings, restricted_to
from relaxbell.engines.sources.solution import NetworkSolution
from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.measures.products import nonbilocality

_SECONDS = 60.0
_BOXES = 2000
_LOSS = Fraction(1, 10**9)
"""What is proved may fall short by this where numbers are floats: the duals are rounded."""


def boxes(solution: NetworkSolution) -> GlobalProof:
    """Return the proof that a solution carries; else look for one; see `NetworkSolution.boxes`.

    Raises
    ------
    CertificateError
        If there are too many free marginals for a proof that is found in a minute.
    """
    return _known(solution) or _sought(solution)


def layout_of(model: CausalModel, p: Behavior) -> Layout:
    """Return the groups and free parameters of a behavior, without its symmetries."""
    return Layout.of(read_scenario(nonbilocality(model), p, symmetric=False))


def _known(solution: NetworkSolution) -> GlobalProof | None:
    """Return the proof behind the solution, if it does not rest on symmetries."""
    own = solution.everywhere
    symmetric = solution.statistics["parameters removed by symmetry"] and not (own and own.settings)
    return None if symmetric else own


def _sought(solution: NetworkSolution) -> GlobalProof:
    """Return boxes that prove the lower bound, or a little less; of the whole scenario, or of two settings each."""
    model = solution.measure.model
    assert isinstance(solution.observed, Behavior)  # the measure needs one
    p = model.match(solution.observed)
    attained = solution.attained if solution.exact is not None else None
    target: ExactNumber = max(Fraction(solution.lower_bound) - _LOSS, Fraction(0)) if attained is None else attained
    layout = layout_of(model, p)
    values = (solution.marginals[side.group.name][side.group.labels[j]] for side in layout.held for j in side.free)
    point = [Fraction(float(v)).limit_denominator(10**6) for v in values]
    found = cover([layout.scenario], [target], point, most=_BOXES, seconds=_SECONDS)
    if found is not None:
        return GlobalProof(found)
    for choice in choices_of_settings(model):
        small, restricted = restricted_to(model, p, choice)
        part = minimize_network(nonbilocality(small), restricted, seconds=_SECONDS)
        if part.lower_bound < float(target) - float(_LOSS):
            continue
        best = _known(part)
        if best is None:
            held = layout_of(small, restricted).held
            point = [Fraction(float(part.marginals[s.group.name][s.group.labels[j]])) for s in held for j in s.free]
            scenario = read_scenario(nonbilocality(small), restricted, symmetric=False)
            own = cover([scenario], [target], point, most=_BOXES, seconds=_SECONDS)
            best = None if own is None else GlobalProof(own)
        if best is not None:
            return GlobalProof(best.cover, choice)
    groups = ", ".join(side.group.name for side in layout.held)
    raise CertificateError(
        f"no certificate of {solution.measure.name} >= {solution.lower_bound:.9g}: the {layout.parameters} free "
        f"marginals of {groups} were not covered in {_SECONDS:g} s. Expected few: fix some, "
        "nonbilocality(model, marginals=…), use fewer settings, or minimize with a coarser tolerance."
    )
