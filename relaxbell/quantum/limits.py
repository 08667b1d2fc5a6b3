"""`Limits`: the largest values of a functional on local, quantum and no-signaling behaviors, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from relaxbell.exact.numbers import ceil_float
from relaxbell.exact.texts import ceil_text
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import deadline
from relaxbell.quantum.local import LocalSet
from relaxbell.quantum.maxima import SetMaximum
from relaxbell.quantum.sets import nonsignaling_set, quantum_set


@dataclass(frozen=True, eq=False)
class Limits:
    """The largest values of a functional on three sets of behaviors, each with its certificate.

    Attributes
    ----------
    functional
        Of which.
    local, quantum, nonsignaling
        Its maxima. Where the level of the NPA hierarchy proves no less for quantum behaviors than what no-signaling
        ones reach, their bound and certificate count for both; the quantum maximum is exact where all are one number.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.catalog.CHSH.limits(1)
    >>> found.local.exact, round(found.quantum.value, 6), found.nonsignaling.exact
    (Fraction(2, 1), 2.828427, Fraction(4, 1))
    """

    functional: BellFunctional
    local: SetMaximum
    quantum: SetMaximum
    nonsignaling: SetMaximum

    @property
    def rows(self) -> tuple[tuple[str, str, str, str], ...]:
        """The table's rows as texts: set, maximum, bound, how it is known."""
        found = []
        for own in (self.local, self.quantum, self.nonsignaling):
            if own.exact is not None:
                found.append((own.where, str(own.exact), str(own.exact), "exact"))
            else:
                bound = ceil_text(ceil_float(own.upper_bound), 12)
                found.append((own.where, f"{own.value:.9g}", bound, "rigorous bound"))
        return tuple(found)

    def __repr__(self) -> str:
        lines = [("set", "maximum", "at most", ""), *self.rows]
        widths = [max(len(line[k]) for line in lines) for k in range(3)]
        texts = ["  ".join([*(t.ljust(w) for t, w in zip(line, widths, strict=False)), line[3]]) for line in lines]
        return "\n".join([f"largest values of {self.functional.title}", *(text.rstrip() for text in texts)])

    def _repr_html_(self) -> str:
        lines = ["<tr><th>set</th><th>maximum</th><th>at most</th><th></th></tr>"]
        lines += ["<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in self.rows]
        return f"<table>{''.join(lines)}</table>"


def limits(functional: BellFunctional, level: int | str, *, seconds: float | None = None) -> Limits:
    """Return the largest values on three sets; see `BellFunctional.limits`."""
    own = functional.scenario
    with deadline(seconds, "" if seconds is None else f"the largest values of {functional.title}", least=False):
        sets = (LocalSet(own), quantum_set(own, level), nonsignaling_set(own))
        local, quantum, loose = (where.maximum(functional) for where in sets)
    return Limits(functional, local, _between(local, quantum, loose), loose)


def _between(local: SetMaximum, quantum: SetMaximum, loose: SetMaximum) -> SetMaximum:
    """Return the quantum maximum with what the others say of it: it lies between them."""
    assert local.exact is not None  # so they are
    assert loose.exact is not None
    if not loose.exact < quantum.upper_bound:
        return quantum
    same = not local.exact < loose.exact
    value = min(max(quantum.value, float(local.exact)), float(loose.exact))
    return SetMaximum(
        quantum.where, value, loose.exact, loose.exact if same else None, quantum.behavior, loose.certificate
    )
