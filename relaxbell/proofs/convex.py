"""Maxima of affine functions compared on a polytope, exactly."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.closed_forms.derive import require_ppl
from relaxbell.closed_forms.domains import Domain, whole_numbers
from relaxbell.errors import ProofError
from relaxbell.exact.conversion import library
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, as_exact, common_denominator, sign
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.maximum import Maximum
from relaxbell.proofs.comparing import Formula

if TYPE_CHECKING:
    from sympy import Expr

Affine = tuple[ExactNumber, ...]
"""Coefficients over (1, coordinates)."""

_SLACK = Fraction(1, 2**60)
"""Irrational coefficients are replaced by rational ones nearer than this, on coordinates between 0 and 1."""

_MOST_TERMS = 20_000


def affine_terms(formula: Formula, domain: Domain) -> list[Affine] | None:
    """Return the affine functions whose maximum a formula is; None if it is no maximum of exact ones."""
    import sympy

    if isinstance(formula, BellFunctional):
        formula = Maximum(formula)
    if isinstance(formula, Maximum):
        return [functional_form(term, domain) for term in formula]
    places = {label: k + 1 for k, label in enumerate(domain.labels)}
    try:
        return _of_sympy(sympy.expand(formula), places, len(domain.labels) + 1)
    except ValueError:  # √2 and √3 in one term
        return None


def functional_form(functional: BellFunctional, domain: Domain) -> Affine:
    """Return a functional over the coordinates of a domain: literally, as it reads p."""
    own = functional.transposed(domain.model.outputs, domain.model.inputs)
    if own.coefficients.shape != domain.model.observed_shape:
        raise ProofError(
            f"{functional.title} has cardinalities {own.coefficients.shape}, {domain.model.name} "
            f"{domain.model.observed_shape}. Give a formula of the model's scenario."
        )
    form = np.array(own.coefficients.ravel() @ domain.expansion, dtype=object)
    form[0] = form[0] + own.constant
    return tuple(form)


def _of_sympy(expression: Expr, places: dict[str, int], size: int) -> list[Affine] | None:
    """Return the terms of sums, nonnegative multiples and maxima of affine expressions."""
    import sympy

    if isinstance(expression, sympy.Max):
        parts = [_of_sympy(argument, places, size) for argument in expression.args]
        return None if any(p is None for p in parts) else [form for p in parts for form in p or ()]
    if expression.is_Add:
        parts = [_of_sympy(argument, places, size) for argument in expression.args]
        if any(p is None for p in parts):
            return None
        total: list[Affine] = [(Fraction(0),) * size]
        for part in parts:
            total = [tuple(a + b for a, b in zip(x, y, strict=True)) for x in total for y in part or ()]
            if len(total) > _MOST_TERMS:
                return None
        return total
    free = expression.free_symbols
    factor, rest = expression.as_independent(*free, as_Add=False) if free else (expression, sympy.S.One)
    number = as_exact(factor)
    if number is None:
        return None
    if rest == 1:
        return [(number, *(Fraction(0),) * (size - 1))]
    if rest.is_Symbol and str(rest) in places:
        return [tuple(number if k == places[str(rest)] else Fraction(0) for k in range(size))]
    if factor == 1 or sign(number) < 0:
        return None
    inner = _of_sympy(rest, places, size)
    return None if inner is None else [tuple(number * c for c in form) for form in inner]


class Region:
    """The polytope of a closed form's domain, where its constraints hold; linear programs in exact arithmetic."""

    def __init__(self, domain: Domain, constraints: Iterable[Sequence[Fraction]]) -> None:
        self.domain = domain
        self.rows = [*domain.positivity, *(tuple(-v for v in whole_numbers(c)) for c in constraints)]

    def largest(
        self, form: Sequence[Fraction], above: Sequence[Sequence[Fraction]] = ()
    ) -> tuple[Fraction, Exact] | None:
        """Return the largest value of form − max(above), and coordinates (1, u) that attain it; None if empty."""
        require_ppl()
        ppl = library()

        size = self.domain.dimension
        extra = 1 if above else 0
        program = ppl.MIP_Problem(size + extra, ppl.Constraint_System(), ppl.Linear_Expression([0] * (size + extra), 0))
        for row in self.rows:
            program.add_constraint(ppl.Linear_Expression([*map(int, row[1:]), *(0,) * extra], int(row[0])) >= 0)
        for other in above:
            below = common_denominator(other)
            whole = [int(-c * below) for c in other]
            program.add_constraint(ppl.Linear_Expression([*whole[1:], below], whole[0]) >= 0)
        unit = common_denominator(form)
        target = [int(c * unit) for c in form]
        program.set_objective_function(ppl.Linear_Expression([*target[1:], *(-unit,) * extra], target[0]))
        program.set_optimization_mode("maximization")
        if program.solve()["status"] != "optimized":
            return None
        best = program.optimal_value()
        point = program.optimizing_point()
        divisor = int(point.divisor())
        numbers = [Fraction(int(v), divisor) for v in point.coefficients()]
        numbers += [Fraction(0)] * (size + extra - len(numbers))
        u = np.array([Fraction(1), *numbers[:size]], dtype=object)
        return Fraction(int(best.numerator), int(best.denominator)) / unit, u

    def excess(self, forms: Sequence[Affine], others: Sequence[Affine]) -> tuple[Exact | None, bool]:
        """Return coordinates at which max(forms) > max(others), or None; and whether then there are surely none.

        Irrational coefficients enter the linear programs rounded: what is found is checked exactly, and nothing found
        is a proof only where more than rounding is missing.
        """
        known, near, sure = set(others), [_rounded(other) for other in others], True
        for form in forms:
            if form in known:
                continue
            found = self.largest(_rounded(form), near)
            if found is None:
                continue
            gap, u = found
            value = _value(form, u)
            if gap > 0 and all(_above(value, _value(other, u)) for other in others):
                return u, True
            rational = gap <= 0 and all(isinstance(c, Fraction) for row in (form, *others) for c in row)
            sure &= rational or (self.domain.coordinates is not None and gap < -len(form) * _SLACK)
        return None, sure

    def samples(self, count: int, rng: np.random.Generator, telling: Sequence[Affine] = ()) -> Iterator[Exact]:
        """Yield coordinates of the region: vertices and random mixtures of them.

        Vertices are taken in telling directions first, then in those of random games and in random ones.
        """
        vertices: list[Exact] = []
        queue = list(telling)
        for _ in range(count):
            if len(vertices) < 4 or rng.random() < 0.5:
                direction = queue.pop(0) if queue else self._game(rng) if rng.random() < 0.7 else self._random(rng)
                found = self.largest(_rounded(direction))
                if found is None:
                    return
                vertices.append(found[1])
                yield found[1]
                continue
            chosen = rng.choice(len(vertices), size=min(3, len(vertices)), replace=False)
            weights = [Fraction(int(v)) for v in rng.integers(1, 20, len(chosen))]
            mixed: Exact = sum(vertices[i] * w for i, w in zip(chosen, weights, strict=True)) / sum(weights)
            yield mixed

    def _random(self, rng: np.random.Generator) -> Affine:
        return tuple(Fraction(int(v)) for v in rng.integers(-9, 10, self.domain.dimension + 1))

    def _game(self, rng: np.random.Generator) -> Affine:
        """Return a random XOR game for some parties with two settings each, such as CHSH: nonlocal behaviors win it.

        Each player's outcomes are split in two for each setting; the other parties' settings are 0.
        """
        model, parties = self.domain.model, self.domain.parties or {}
        shape, k = model.observed_shape, len(model.outputs)
        several = [j for j in range(len(model.inputs)) if shape[k + j] > 1]
        playing = sorted(rng.permutation(several)[: int(rng.integers(2, max(3, len(several) + 1)))].tolist())
        values = {j: rng.choice(shape[k + j], 2, replace=False) for j in playing}
        own = [model.inputs.index(x) if (x := parties.get(name)) else None for name in model.outputs]
        players = [i for i in range(k) if (own[i] in playing if own[i] is not None else rng.random() < 0.7)]
        splits = {i: [_split(shape[i], rng), _split(shape[i], rng)] for i in players}
        table = np.zeros(shape, dtype=object)
        for bits in itertools.product((0, 1), repeat=len(playing)):
            bit = dict(zip(playing, bits, strict=True))
            setting = tuple(values[j][bit[j]] if j in bit else 0 for j in range(len(model.inputs)))
            wins = np.array(int(rng.choice([-1, 1])), dtype=object)
            for i in range(k):
                mine = splits[i][bit.get(own[i], 0)] if i in splits else [1] * shape[i]
                wins = np.multiply.outer(wins, np.array(mine, dtype=object))
            table[(..., *setting)] += wins
        return tuple(Fraction(v) for v in table.ravel() @ self.domain.expansion)


def _split(outcomes: int, rng: np.random.Generator) -> list[int]:
    """Return 1 or −1 for each outcome; both occur where there are two outcomes or more."""
    signs = [1, -1, *rng.choice([-1, 1], size=max(0, outcomes - 2)).tolist()]
    return [int(v) for v in rng.permutation(signs[:outcomes])]


def _rounded(form: Affine) -> tuple[Fraction, ...]:
    """Return rational coefficients, within less than half of `_SLACK`."""
    return tuple(c if isinstance(c, Fraction) else c.bounds(80 + _bits(c))[0] for c in form)


def _bits(number: Surd) -> int:
    return max(0, int(abs(float(number)))).bit_length()


def _value(form: Affine, u: Exact) -> ExactNumber:
    value: ExactNumber = sum((c * v for c, v in zip(form, u, strict=True)), Fraction(0))
    return value


def _above(one: ExactNumber, other: ExactNumber) -> bool:
    """Return whether one number surely exceeds another."""
    try:
        return sign(one - other) > 0
    except ValueError:  # different square roots
        (low, _), (_, high) = (x.bounds(200) if isinstance(x, Surd) else (x, x) for x in (one, other))
        return low > high
