"""The certificate of a query over independent latent variables: facts, and multipliers in each box of a cover."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.certificate.claims import Certificate, as_data, as_text, refused
from relaxbell.engines.base import engine
from relaxbell.engines.independent.chain import Chain, Layout, layout_of
from relaxbell.engines.independent.constraints import read_limits
from relaxbell.engines.independent.data import Question, Scene, question
from relaxbell.engines.independent.elimination import Combo
from relaxbell.engines.independent.nearby import Nearby
from relaxbell.engines.independent.polynomials import Event, Polynomial, combined
from relaxbell.engines.independent.search import Cover, Part, searched
from relaxbell.engines.independent.traces import Trace
from relaxbell.engines.linear.certificates import given_data, multipliers
from relaxbell.engines.linear.solution import LinearSolution
from relaxbell.errors import CertificateError, RelaxbellError
from relaxbell.exact.numbers import Floats, Surd
from relaxbell.lp.clock import now
from relaxbell.measures.independent import IndependentQuery
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.verify import Refused, read_case

_BITS = 48
"""Multipliers are multiples of 2^−48."""

_DENOMINATORS = (2**6, 2**10, 10**5, 10**8)
"""Where there is one box, its multipliers may be fractions with denominators up to these."""

_MARGIN = 1e-10
"""By how much an end of a box may be missed by rounded multipliers."""

_MARGINS = (0, 1, 10, 1000, 10**5)
"""By how many units a level is lowered until it is proved."""

_UNIT = Fraction(1, 10**11)

_SECONDS = 60.0
"""For a search that has to be repeated."""


class Solved(Protocol):
    """What is needed of a solution."""

    @property
    def measure(self) -> Measure:
        """The query."""

    @property
    def observed(self) -> Behavior | Observed:
        """The data."""

    @property
    def lower_bound(self) -> float:
        """What was proved in floats."""

    @property
    def attained(self) -> Fraction | None:
        """The least value, where it is known exactly."""

    @property
    def tolerance(self) -> float:
        """How narrow the interval was to be."""

    @property
    def subject_to(self) -> tuple[object, ...]:
        """The constraints."""

    @property
    def searched(self) -> tuple[Layout, Cover] | None:
        """The boxes."""


def independent_certificate(solution: Solved) -> Certificate:
    """Return the certificate of a solution's lower bound.

    Raises
    ------
    CertificateError
        If data are floats that contradict the graph by rounding, or the verifier's limits are exceeded.
    """
    over = _query(solution).over
    if over.quotient is None:
        found = Writer(solution, over.linear("certificate")).certificate(solution.lower_bound)
        assert found is not None  # whatever is proved is claimed
        return found
    above, below = over.quotient
    low = Fraction(solution.lower_bound) if solution.attained is None else solution.attained
    for margin in _MARGINS:
        level = low - margin * _UNIT
        found = Writer(solution, above + (-level) * below, recorded=False).certificate(0.0, short=True)
        if found is not None:
            return found
    raise CertificateError(
        f"{solution.measure.name} >= {solution.lower_bound:.9g}: numerator less {float(low):.9g} times denominator was "
        f"not shown to be at least 0 in {_SECONDS:g} s. Minimize it with a coarser tolerance."
    )


@dataclass(eq=False)
class Constraints:
    """Constraints as the verifier reads them.

    Attributes
    ----------
    stated
        Measures and limits.
    places
        Of each inequality, which of these it is.
    equal
        Of each equation, which two.
    """

    stated: list[dict[str, Any]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    equal: list[tuple[int, int]] = field(default_factory=list)


class Writer:
    """Writes the certificate of one solution.

    Parameters
    ----------
    solution
        What is proved of its data.
    objective
        The linear measure that is bounded.
    recorded
        Whether the boxes of the solution are of this measure.
    """

    def __init__(self, solution: Solved, objective: LinearMeasure, *, recorded: bool = True) -> None:
        self.solution, self.objective = solution, objective
        self.measure = _query(solution)
        self.joined = objective.model
        self.scene = Scene.of(self.measure.model, self.joined)
        self.equations: Equations = self.joined.equations(solution.observed)
        if any(isinstance(v, Surd) for v in self.equations.rhs.tolist()):
            raise CertificateError(
                f"the data of {self.measure.name} have a root, expected rational numbers for a certificate over "
                "independent latent variables. Round them to fractions."
            )
        self.trace = Trace()
        polynomials = read_limits(self.measure, self.scene, solution.subject_to)
        self.constraints = self._stated(polynomials)
        why = [self.trace.given({"equal": list(pair)}) for pair in self.constraints.equal]
        goal = self._polynomial(objective)
        self.question = question(
            self.scene, goal, self.equations, polynomials, rounded=False, trace=self.trace, why=why
        )
        if self.question.contradiction:
            raise CertificateError(
                f"{self.measure.name}: found data that contradict the graph by rounding, since "
                f"{self.question.contradiction}; expected exact numbers for a certificate. Give fractions that the "
                "graph allows, such as products of rounded factors."
            )
        self.layout = layout_of(self.question)
        self.chain = Chain(self.layout)
        found = solution.searched if recorded else None
        self.cover = found[1] if found is not None and _same(found[0].question, self.question) else self._sought()
        self.wanted = solution.lower_bound if recorded else -math.inf
        self.lemmas: dict[tuple[str, int, int], int] = {}
        self.events: dict[Event, int] = {(): 0}
        self.used: dict[int, int] = {}
        self.written: list[dict[str, Any]] = []

    def _polynomial(self, measure: LinearMeasure) -> Polynomial:
        parts = []
        for leaf in measure.term.leaves():
            parts += [(Fraction(1), own) for own in self.scene.polynomials(leaf.rows)]
        return combined(iter(parts))

    def _sought(self) -> Cover:
        """Return the boxes of a new search, as far as it comes."""
        if self.question.is_linear:
            return Cover()
        solution = self.solution
        tolerance = solution.tolerance or 1e-6
        return searched(self.layout, tolerance, now() + _SECONDS, Nearby(self.layout), -math.inf).cover

    # ------------------------------------------------------------------ statements

    def _stated(self, polynomials: Sequence[tuple[Polynomial, bool]]) -> Constraints:
        """Return the constraints as rows over strategies."""
        found = Constraints()
        for polynomial, equal in polynomials:
            limit = -polynomial.get((), Fraction(0))
            rest = {monomial: v for monomial, v in polynomial.items() if monomial}
            places = []
            for sign in (1, -1) if equal else (1,):
                places.append(len(found.stated))
                found.stated.append({"measure": self._rows(rest, sign), "limit": as_text(sign * limit)})
            if equal:
                found.equal.append((places[0], places[1]))
            else:
                found.places.append(places[0])
        return found

    def _rows(self, polynomial: Polynomial, sign: int) -> dict[str, Any]:
        """Return a polynomial as fractions of trials in which events happen."""
        names = self.scene.model.local.variables
        nodes = {node.name: node for node in self.scene.model.strategies.nodes}
        parts = []
        for monomial, number in polynomial.items():
            events = []
            for _, event in monomial:
                for variable, value in event:
                    name, configuration = names[variable]
                    node = nodes[name]
                    given = np.unravel_index(configuration, node.radices) if node.radices else ()
                    pairs = [[u, int(v)] for u, v in zip(node.parents, given, strict=True)]
                    events.append([name, pairs, value])
            parts.append([as_text(sign * number), {"kind": "fraction", "events": events}])
        return {"kind": "sum", "of": parts}

    # ----------------------------------------------------------------------- proof

    def certificate(self, lower_bound: float, *, short: bool = False) -> Certificate | None:
        """Return the certificate of the bound that the boxes prove; of a quotient (`short`) None where that is less."""
        data = given_data(self.measure.model, self.equations)
        data |= {
            "measure": {"kind": "independent", "of": as_data(self.objective.statement())},
            "constraints": self.constraints.stated,
        }
        best: tuple[Fraction, dict[str, Any]] | None = None
        single = self.cover.root.cut is None
        for denominator in (None, *(_DENOMINATORS if single else ())):
            proof = self._proof(denominator)
            try:
                case = read_case(data | {"claim": {}, "proof": proof})
                proven = case.proven().a
            except Refused as refusal:
                if denominator is None:
                    raise refused(refusal) from None
                continue
            if best is None or proven > best[0]:
                best = proven, proof
        assert best is not None  # the first proof is one
        attained = None if short else self.solution.attained
        stated = Fraction(lower_bound) if attained is None else attained
        if best[0] < stated - (0 if short else Fraction(1, 10**8)):
            best = max(best, *self._of_joined(data), key=lambda own: own[0])
        if short and best[0] < stated:
            return None
        return Certificate(data | {"claim": {"lower_bound": as_text(min(best[0], stated))}, "proof": best[1]})

    def _of_joined(self, data: Mapping[str, Any]) -> Iterator[tuple[Fraction, dict[str, Any]]]:
        """Yield the proof of joined latent variables, which a search starts from."""
        try:
            found = engine(self.objective).minimize(self.solution.observed)
            if not isinstance(found, LinearSolution):
                return
            z = multipliers(self.joined, found.proof)
        except RelaxbellError:
            return
        facts = [[k, 0, as_text(v)] for k, v in enumerate(z) if v]
        leaf: Mapping[str, Any] = {"facts": facts, "limits": [], "low": [], "high": []}
        proof: dict[str, Any] = {
            "events": [[]], "facts": [{"data": k} for k in range(len(z))], "directions": [], "cover": [leaf],
        }  # fmt: skip
        try:
            yield read_case({**data, "claim": {}, "proof": proof}).proven().a, proof
        except Refused:
            return

    def _proof(self, denominator: int | None) -> dict[str, Any]:
        self.events, self.used, self.written = {(): 0}, {}, []
        directions = [self._event(direction.event) for direction in self.layout.directions]
        low, high = np.zeros(len(directions)), np.ones(len(directions))
        cover: list[dict[str, Any]] = []
        for r, side, end in self.cover.tightened:
            cut = end + (_MARGIN if side else -_MARGIN)
            if not low[r] < cut < high[r]:
                continue
            with self.chain.sought(r, side):
                leaf = self._leaf(low, high, denominator, None)
            cover.append({("high" if side else "low"): r, "at": as_text(Fraction(cut)), "proof": leaf})
            (high if side else low)[r] = cut
        stack: list[tuple[Part, Floats, Floats, _Larger | None]] = [(self.cover.root, low, high, None)]
        while stack:
            part, low, high, parent = stack.pop()
            if part.cut is None:
                cover.append(self._leaf(low, high, denominator, parent, objective=True))
                continue
            r, where = part.cut
            cover.append({"split": r, "at": as_text(Fraction(float(where)))})
            left, right = high.copy(), low.copy()
            left[r] = right[r] = where
            larger = _Larger(low, high, parent)
            stack += [(part.parts[1], right, high, larger), (part.parts[0], low, left, larger)]
        return {"events": self._events(), "facts": self.written, "directions": directions, "cover": cover}

    def _leaf(
        self,
        low: Floats,
        high: Floats,
        denominator: int | None,
        parent: _Larger | None,
        *,
        objective: bool = False,
    ) -> dict[str, Any]:
        """Return the multipliers of a box: those of its linear program, or of a box that it is a part of."""
        chain = self.chain
        solved = chain.solve(low, high)
        y = chain.program.multipliers
        while parent is not None and (
            solved is None or (objective and solved[1] + float(chain.constant) < self.wanted)
        ):  # what is proved of a larger box holds as well
            larger = chain.solve(parent.low, parent.high)
            if larger is not None and (solved is None or larger[1] > solved[1]):
                solved, y = larger, chain.program.multipliers
            parent = parent.part_of
        empty = solved is not None and not len(solved[0])
        facts: Combo = {}
        limits: dict[int, Fraction] = {}
        ends: dict[str, dict[tuple[int, int], Fraction]] = {"low": {}, "high": {}}

        def add(number: int, event: Event, value: Fraction) -> None:
            facts[number, event] = facts.get((number, event), Fraction(0)) + value

        if objective and not empty and self.trace.objective:
            add(self._lemma("objective", 0, 0), (), Fraction(-1))
        prices = np.zeros(chain.rows.count) if y is None else y
        for i, (kind, a, b, event) in chain.meanings.items():
            value = _rounded(float(prices[i]), denominator)
            if kind == "limit":
                value = max(-value, Fraction(0))
                if value:
                    limits[self.constraints.places[a]] = value
                    if self.trace.limits[a]:
                        add(self._lemma("limit", a, 0), (), -value)
            elif kind in ("low", "high"):
                value = max(value if kind == "low" else -value, Fraction(0))
                if value:
                    key = (a, self._event(event))
                    ends[kind][key] = ends[kind].get(key, Fraction(0)) + value
            elif value:
                add(self._lemma(kind, a, b), event, value)
        leaf: dict[str, Any] = {
            "facts": [[self._fact(k), self._event(event), as_text(v)] for (k, event), v in facts.items() if v],
            "limits": [[j, as_text(v)] for j, v in limits.items()],
        }
        leaf |= {side: [[r, e, as_text(v)] for (r, e), v in own.items()] for side, own in ends.items()}
        return leaf | ({"empty": True} if empty else {})

    def _lemma(self, kind: str, a: int, b: int) -> int:
        """Return the number of the fact behind a row of the program."""
        key = (kind, a, b)
        if key not in self.lemmas:
            trace = self.trace
            if kind == "shape":
                known = self.question.linear[self.layout.shapes[a].district]
                combo = known.combos[list(known.pivots)[b]]
            elif kind == "question":
                combo = trace.equations[a]
            else:
                combo = trace.objective if kind == "objective" else trace.limits[a]
            self.lemmas[key] = trace.lemma(combo)
        return self.lemmas[key]

    def _fact(self, number: int) -> int:
        """Return the place of a fact in the file, after all that it is a sum of."""
        if number not in self.used:
            own = self.trace.facts[number]
            stated = {kind: self._row(value) if kind == "data" else value for kind, value in own.items()}
            if number in self.trace.sums:
                combo = self.trace.sums[number]
                stated = {"sum": [[self._fact(k), self._event(event), as_text(v)] for (k, event), v in combo.items()]}
            self.used[number] = len(self.written)
            self.written.append(stated)
        return self.used[number]

    def _row(self, i: int) -> int:
        """Return the verifier's number of an equation of the data."""
        model, tables = self.joined, self.equations.tables
        if tables is None:
            return i
        sizes = [model.cardinality[name] for name in model.inputs]
        every = [dict(zip(model.inputs, x, strict=True)) for x in np.ndindex(*sizes)]
        free = [n for n in model.inputs if n in model.free_inputs]
        each = model.inputs_connected or model.has_any
        used = [k for k, x in enumerate(every) if each or not any(x[n] for n in free)]
        count = len(self.equations.rhs) - len(used)
        return i if i < count else count + used[i - count]

    def _event(self, event: Event) -> int:
        return self.events.setdefault(event, len(self.events))

    def _events(self) -> list[list[list[Any]]]:
        names = self.scene.model.local.variables
        return [[[*names[variable], value] for variable, value in event] for event in self.events]


@dataclass(frozen=True)
class _Larger:
    """A box that was split, and what it is a part of."""

    low: Floats
    high: Floats
    part_of: _Larger | None


def _query(solution: Solved) -> IndependentQuery:
    """Return the query of a solution."""
    assert isinstance(solution.measure, IndependentQuery)  # as the engine makes it
    return solution.measure


def _rounded(value: float, denominator: int | None) -> Fraction:
    if denominator is not None:
        return Fraction(value).limit_denominator(denominator)
    return Fraction(round(math.ldexp(value, _BITS)), 2**_BITS)


def _same(one: Question, other: Question) -> bool:
    """Return whether two questions are the same, so that boxes of one are boxes of the other."""
    pairs = [(one.objective, other.objective), (one.equations, other.equations), (one.limits, other.limits)]
    linear = ({d: own.pivots for d, own in q.linear.items()} for q in (one, other))
    return all(a == b for a, b in pairs) and next(linear) == next(linear)
