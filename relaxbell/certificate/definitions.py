"""The definition of a measure, and row weights that mirror it, as they stand in a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from relaxbell.certificate.claims import as_text, sparse_row
from relaxbell.errors import CertificateError
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import Largest, LargestRow, Leaf, Linear, Term, Total, is_nonnegative, leaves

Weights = Mapping[Leaf, Any]


def definition_data(definition: Mapping[str, Any], term: Term, sign: int, owner: Measure) -> dict[str, Any]:
    """Return a measure's definition, with one's own rows written out.

    `sign` is that of the factors passed: `Rows.scaled` moves it into the matrix; the denominators of one's own rows are
    in the definition.
    """
    kind = definition.get("kind")
    if kind is None:
        raise CertificateError(
            f"{owner.name} states no definition, so nobody could check it. Build it with measure(…)."
        )
    if kind == "multiple":
        own = -sign if Fraction(definition["factor"]) < 0 else sign
        return {"kind": "sum", "of": [[definition["factor"], definition_data(definition["of"], term, own, owner)]]}
    if kind in ("sum", "maximum"):
        assert isinstance(term, Total | Largest)
        parts = zip(definition["of"], term.parts, strict=True)
        return {"kind": kind, "of": [["1", definition_data(d, part, sign, owner)] for d, part in parts]}
    if kind == "average causal effect":
        target, values = definition["target"], [definition["outcome"]]
        one, other = (_probability(target, values, [[definition["source"], u]]) for u in definition["values"])
        return {"kind": "sum", "of": [["1", one], ["-1", other]]}
    if kind in ("message weight", "message entropy"):
        message = definition["message"]
        weight = _probability(message, list(range(1, owner.model.cardinality[message])), [])
        return weight if kind == "message weight" else {"kind": "binary entropy", "of": weight}
    if kind in ("dependence", "hall dependence"):
        return {"kind": "dependence", "hall": kind != "dependence"}
    if kind != "rows":
        return dict(definition)
    own_rows = [leaf.rows for leaf in leaves(term)]
    units = [Fraction(sign, unit) for unit in definition["units"]]
    rows = [sparse_row(group, i, unit) for group, unit in zip(own_rows, units, strict=True) for i in range(len(group))]
    norms = {"linear": [], "max": [1] * len(rows), "sum": [len(rows)]}
    groups = norms[definition["norm"]] if definition["norm"] in norms else [len(group) for group in own_rows]
    return {"kind": "rows", "rows": rows, "groups": groups}


def _probability(target: str, values: list[int], do: list[list[Any]]) -> dict[str, Any]:
    return {"kind": "probability", "target": target, "values": values, "do": do}


def weights_data(definition: Mapping[str, Any], term: Term, share: Fraction, factor: Fraction, weights: Weights) -> Any:
    """Return row weights for `share` times the term, mirroring the definition.

    The rows of the term contain the factors passed on the way; those of the definition do not.
    """
    kind = definition["kind"]
    if kind == "multiple":
        return [weights_data(definition["of"], term, share, factor * Fraction(definition["factor"]), weights)]
    if kind in ("sum", "maximum"):
        assert isinstance(term, Total | Largest)
        shares = [share] * len(term.parts) if kind == "sum" else _shares(term.parts, share, weights)
        parts = zip(definition["of"], term.parts, shares, strict=True)
        found = [weights_data(d, part, own, factor, weights) for d, part, own in parts]
        return found if kind == "sum" else [[as_text(s * factor), w] for s, w in zip(shares, found, strict=True)]
    if kind == "average causal effect":
        return [None, None]
    if kind == "dependence" or isinstance(term, Linear):
        return None
    return [as_text(u * factor) for leaf in leaves(term) for u in weights.get(leaf, [Fraction(0)] * len(leaf.rows))]


def _shares(parts: tuple[Term, ...], share: Fraction, weights: Weights) -> list[Fraction]:
    """Split the share of a maximum so that the weights of each part are feasible for its own."""
    needs = [_need(part, weights) for part in parts]
    shares = [least for least, _ in needs]
    # what is left goes where it can do no harm: to a norm, whose rows need not use it, or to what is never negative
    order = sorted(range(len(parts)), key=lambda i: (needs[i][1], not is_nonnegative(parts[i])))
    shares[order[0]] += share - sum(shares)
    return shares


def _need(term: Term, weights: Weights) -> tuple[Fraction, bool]:
    """Return the least share for which the weights are feasible, and whether it must be exactly that."""
    if isinstance(term, Total | Largest):
        needs = [_need(part, weights) for part in term.parts]
        fixed = (any if isinstance(term, Total) else all)(f for _, f in needs)
        sizes = [size for size, _ in needs]
        return (max(sizes) if isinstance(term, Total) else sum(sizes, Fraction(0))), fixed
    sizes = [abs(u) for u in weights.get(term, [Fraction(0)])]
    if isinstance(term, Linear):
        return sizes[0], True
    return (sum(sizes, Fraction(0)) if isinstance(term, LargestRow) else max(sizes)), False
