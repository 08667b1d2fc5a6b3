"""Where a closed form holds: a polytope of behaviors, in coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.observed import Functional, Observed
from relaxbell.behavior.partial import CellSum
from relaxbell.behavior.scenario import Scenario
from relaxbell.causal.equations import Equations, cell_weights, observed_equations
from relaxbell.causal.model import CausalModel
from relaxbell.errors import BehaviorError, MeasureError
from relaxbell.exact.factors import SquareSystem
from relaxbell.exact.numbers import Exact, as_exact, common_denominator, to_floats
from relaxbell.exact.texts import a_kind
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.notation import marginal_names

if TYPE_CHECKING:
    from sympy import Symbol


@dataclass(frozen=True, eq=False)
class Domain:
    """Behaviors p = K u ≥ 0 with u = (1, coordinates).

    Attributes
    ----------
    name
        ``nonsignaling``, ``model`` or ``slice``.
    model
        Its variables and cardinalities are those of p.
    expansion
        K, exact, shape (cells, D + 1), cells in C order of the model's table.
    labels
        Names of the D coordinates.
    coordinates
        The coordinates of Collins and Gisin behind u, or None for a slice.
    parties
        For each output the input that its party chooses, where every party has its own; else None.
    """

    name: str
    model: CausalModel
    expansion: Exact
    labels: tuple[str, ...]
    coordinates: Coordinates | None
    parties: dict[str, str | None] | None

    @property
    def dimension(self) -> int:
        """Number D of coordinates."""
        return len(self.labels)

    @property
    def text(self) -> str:
        """Which behaviors these are, in words."""
        words = {"nonsignaling": "non-signaling p", "model": "every p of the model", "slice": "p in the slice"}
        return words[self.name]

    @property
    def in_values(self) -> bool:
        """Whether the coordinates are values that were observed."""
        return False

    @property
    def sides(self) -> Exact:
        """Right-hand sides of `equations`, as affine functions of the coordinates."""
        return self.expansion * cell_weights(self.model)[:, None]

    def equations(self) -> Equations:
        """Return the equations T q = p · p(dependent|free) with p left open."""
        weights = cell_weights(self.model)
        return Equations(self.model.observed_rows, np.full(len(weights), Fraction(0), dtype=object), weights)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The coordinates as sympy symbols: ``p(00|01)``, ``pA(0|0)``, …, or t, t1, … on a slice."""
        import sympy

        return tuple(sympy.Symbol(label, real=True) for label in self.labels)

    @cached_property
    def scenario(self) -> Scenario:
        """The variables; parties as the graph says, also where it gives some inputs to none."""
        parties = self.parties if self.name == "nonsignaling" else self.model.parties
        return Scenario.of(self.model.outputs, self.model.inputs, self.model.observed_shape, parties)

    @cached_property
    def positivity(self) -> list[tuple[int, ...]]:
        """The rows K u ≥ 0 in whole numbers, each once, in lowest terms."""
        return list(dict.fromkeys(whole_numbers(row) for row in self.expansion if any(row[1:])))

    @cached_property
    def inside(self) -> tuple[int, ...] | None:
        """A generic behavior of the unrelaxed model (of the model, where signaling is allowed), as whole numbers.

        The divisor, then the coordinates times it. None on a slice.
        """
        if self.coordinates is None:
            return None
        model = self.model.unrelaxed if self.name == "nonsignaling" else self.model
        weights = np.random.default_rng(0).integers(1, 1000, model.strategies.count)
        cells = np.array([int(v) for v in model.T @ weights], dtype=object).reshape(model.observed_shape)
        if model.has_any:  # cells need not be normalized; those of strategies are no special point either
            cells, weights = _any_behavior(model.observed_shape, len(model.outputs))
        if model.dependent_inputs:
            cells = _conditioned(cells, len(model.outputs))
        u = self.coordinates.project(cells * Fraction(1, int(weights.sum())))
        u[0] = Fraction(1)
        return whole_numbers(list(u)) if all(u[1:] > 0) else None

    @cached_property
    def corners(self) -> list[tuple[int, ...]]:
        """Some vertices: u of strategies of the unrelaxed model (of the model, where signaling is allowed).

        None of them on a slice, nor where settings are dependent.
        """
        model = self.model.unrelaxed if self.name == "nonsignaling" else self.model
        if self.coordinates is None or model.dependent_inputs:
            return []
        tables = np.unique(model.T.toarray().T, axis=0)
        found = np.rint(tables @ self.reading.T)
        exact = (found @ self.expansion.T.astype(np.float64) == tables).all(axis=1)
        return [tuple(int(v) for v in u) for u in found[exact]]

    def functional(self, form: Sequence[Fraction]) -> BellFunctional:
        """Return the functional with the value form · u on the domain."""
        exact = np.array(form, dtype=object)
        if self.coordinates is None:
            raise MeasureError("terms on a slice are affine functions of its coordinates, not functionals of p.")
        return BellFunctional(
            self.coordinates.lift(exact),
            self.model.outputs,
            self.model.inputs,
            constant=exact[0],
            parties=self.parties if self.name == "nonsignaling" else None,
        )

    @cached_property
    def reading(self) -> NDArray[np.float64]:
        """Matrix that reads u off a flat table p, shape (D + 1, cells)."""
        cells = self.expansion.shape[0]
        if self.coordinates is None:
            return np.linalg.pinv(self.expansion.astype(float))
        eye = np.eye(cells)
        columns = [self.coordinates.project(eye[i].reshape(self.coordinates.shape)) for i in range(cells)]
        found = np.array(columns).T
        # Σ p = number of settings, so this row reads the constant 1
        found[0] = 1.0 / np.prod(self.coordinates.inputs)
        return found

    @cached_property
    def residual(self) -> NDArray[np.float64]:
        """Matrix that is zero on the flat tables of the domain."""
        return to_floats(self.expansion) @ self.reading - np.eye(self.expansion.shape[0])

    def vector(self, behavior: Behavior | Observed) -> Exact:
        """Return u of an exact behavior; raise BehaviorError if it is not in the domain's affine hull."""
        if not isinstance(behavior, Behavior):
            raise BehaviorError(f"found {a_kind(behavior)}, expected a Behavior.")
        behavior = self.model.match(behavior)
        exact = behavior.exact
        if exact is None:
            raise BehaviorError("a closed form is exact on exact behaviors: found floats. Use evaluate, or rounded.")
        if self.coordinates is not None:
            u = self.coordinates.project(np.array(exact * Fraction(1), dtype=object))
            u[0] = Fraction(1)
        else:
            u = _solved(self.expansion, exact.ravel())
        if (self.expansion @ u != exact.ravel()).any():
            where = {"nonsignaling": "is signaling", "model": "violates an equality of the model"}
            raise BehaviorError(
                f"the behavior {where.get(self.name, 'is not in the slice')}: the closed form does not hold there. "
                "Derive it on a larger domain, for example domain='model'."
            )
        return u


@dataclass(frozen=True, eq=False)
class ValuesDomain(Domain):
    """Values of some functionals, u = (1, values): nothing else is known of p.

    Attributes
    ----------
    observed
        The functionals, in the order of the coordinates; its values do not matter.
    name, model, expansion, labels, coordinates, parties
        As in `Domain`; the expansion has a row for each equation on q, not for each cell.
    """

    observed: Observed

    @property
    def text(self) -> str:
        """Which behaviors these are, in words."""
        return "these values, whatever the rest of p"

    @property
    def in_values(self) -> bool:
        """Whether the coordinates are values that were observed."""
        return True

    @property
    def sides(self) -> Exact:
        """Right-hand sides of `equations`: a row for each functional, then what is known anyway."""
        return self.expansion

    def equations(self) -> Equations:
        """Return V T q = values, which are left open."""
        return observed_equations(self.model, self.observed)

    @cached_property
    def reading(self) -> NDArray[np.float64]:
        """Matrix that reads u off a flat table p."""
        return np.array(self._rows, dtype=np.float64)

    @cached_property
    def _rows(self) -> list[Exact]:
        """U as linear functions of the flat table: the constant is Σ p over the number of settings."""
        order = [
            (*self.observed.outputs, *self.observed.inputs).index(n) for n in (*self.model.outputs, *self.model.inputs)
        ]
        shape = self.model.observed_shape
        one = np.full(shape, Fraction(1, math.prod(shape[len(self.model.outputs) :])), dtype=object)
        tables = (np.asarray(f.coefficients.transpose(order) + f.constant * one) for f in self.observed.functionals)
        return [one.ravel(), *(table.ravel() for table in tables)]

    @cached_property
    def residual(self) -> NDArray[np.float64]:
        """Zero where all settings have the same sum of probabilities."""
        k = len(self.model.outputs)
        outcomes, settings = math.prod(self.model.observed_shape[:k]), math.prod(self.model.observed_shape[k:])
        return np.tile(np.eye(settings) - 1 / settings, (1, outcomes))

    def functional(self, form: Sequence[Fraction]) -> BellFunctional:
        """Return the functional with the value form · u: a combination of those that were observed."""
        table = sum(c * row for c, row in zip(form[1:], self._rows[1:], strict=True))
        shape = self.model.observed_shape
        whole = np.asarray(table + np.full(math.prod(shape), Fraction(0), dtype=object)).reshape(shape)
        return BellFunctional(whole, self.model.outputs, self.model.inputs, constant=form[0])

    @cached_property
    def positivity(self) -> list[tuple[int, ...]]:
        """The range that each value has over all tables of probabilities; what else holds is found."""
        found = []
        k = len(self.model.outputs)
        for i, row in enumerate(self._rows[1:], start=1):
            cells = row.reshape(-1, math.prod(self.model.observed_shape[k:]))
            least, most = Fraction(sum(cells.min(axis=0))), Fraction(sum(cells.max(axis=0)))
            for end, sign in ((least, 1), (most, -1)):
                unit = [Fraction(0)] * (self.dimension + 1)
                unit[0], unit[i] = -sign * end, Fraction(sign)
                found.append(whole_numbers(unit))
        return found

    def vector(self, behavior: Behavior | Observed) -> Exact:
        """Return u of an exact behavior, or of values of the same functionals."""
        if isinstance(behavior, Observed):
            own = [(str(f), np.asarray(f.coefficients).tolist()) for f in self.observed.functionals]
            if [(str(f), np.asarray(f.coefficients).tolist()) for f in behavior.functionals] != own:
                raise BehaviorError(f"found other functionals than {', '.join(self.labels)}. Give values of these.")
            return np.array([Fraction(1), *behavior.values], dtype=object)
        if not isinstance(behavior, Behavior):
            raise BehaviorError(f"found {a_kind(behavior)}, expected a Behavior or Observed values.")
        exact = self.model.match(behavior).exact
        if exact is None:
            raise BehaviorError("a closed form is exact on exact behaviors: found floats. Use evaluate, or rounded.")
        return np.array([row @ exact.ravel() for row in self._rows], dtype=object)


def _values(model: CausalModel, observed: Observed) -> ValuesDomain:
    """Return the domain of values of functionals; raise MeasureError where their coefficients are data."""
    shares = [f.share.label for f in observed.functionals if isinstance(f, CellSum) and f.share is not None]
    if shares:
        raise MeasureError(
            f"{shares[0]} is a share of those selected, no linear function of p, expected values of such. Use "
            "closed_bounds, which takes shares; or give the cells, Observed.partial(p(outputs, S|inputs), …) with None "
            "where S is not 1."
        )
    irrational = [str(f) for f in observed.functionals if not all(isinstance(v, Fraction) for v in _numbers(f))]
    if irrational:
        raise MeasureError(
            f"{irrational[0]} has irrational coefficients, expected rational ones: terms have such numbers."
        )
    names = tuple(str(f) for f in observed.functionals)
    sides = [observed_equations(model, _with_values(observed, value)).rhs for value in (0, 1)]
    expansion = np.full((len(sides[0]), len(names) + 1), Fraction(0), dtype=object)
    expansion[:, 0] = sides[0]
    for k in range(len(names)):
        expansion[k, k + 1] = sides[1][k] - sides[0][k]
    return ValuesDomain("values", model, expansion, names, None, None, observed)


def _numbers(functional: Functional) -> list[object]:
    return [as_exact(v) for v in (*functional.coefficients.ravel(), functional.constant)]


def _with_values(observed: Observed, value: int) -> Observed:
    return Observed(((f, value) for f in observed.functionals), nonsignaling=observed.nonsignaling)


def read_domain(model: CausalModel, domain: object) -> Domain:
    """Return the domain that a user names: 'nonsignaling', 'model', behaviors that span a slice, observed values.

    None means 'nonsignaling' where the model without relaxations is a Bell scenario, else 'model'.
    """
    if isinstance(domain, Observed):
        return _values(model, domain)
    own = model.unrelaxed.coordinates
    parties = _parties(model, own)
    if domain is None:
        domain = "nonsignaling" if parties is not None else "model"
    if isinstance(domain, str):
        if domain not in ("nonsignaling", "model"):
            raise MeasureError(
                f"domain {domain!r} is unknown, expected 'nonsignaling', 'model', or behaviors that span a slice."
            )
        if domain == "nonsignaling" and parties is None:
            raise MeasureError(
                f"{model.name} without its relaxed edges is not a Bell scenario, in which every output has its own "
                "input with two values or more, so no-signaling is not defined. Use domain='model'."
            )
        coordinates = own if domain == "nonsignaling" else model.coordinates
        labels = tuple(marginal_names(coordinates, model.outputs))
        return Domain(domain, model, _expansion(coordinates), labels, coordinates, parties)
    return _slice(model, domain, parties)


def _parties(model: CausalModel, coordinates: Coordinates) -> dict[str, str | None] | None:
    """Return which output has which input of its own; None where one has several or shares it."""
    if any(len(reach) != 1 for reach in coordinates.reach) or len(set(coordinates.reach)) < len(coordinates.reach):
        return None
    if model.unrelaxed.dependent_inputs:
        return None
    return {name: model.inputs[next(iter(reach))] for name, reach in zip(model.outputs, coordinates.reach, strict=True)}


def _any_behavior(shape: tuple[int, ...], outputs: int) -> tuple[Exact, NDArray[np.int64]]:
    """Return positive numbers of the same sum for each setting, and that."""
    cells = np.random.default_rng(0).integers(1, 1000, shape).astype(object)
    first = (0,) * outputs
    total = 1000 * int(np.prod(shape[:outputs]))
    cells[first] += total - cells.sum(axis=tuple(range(outputs)))
    return cells, np.array([total])


def _conditioned(cells: Exact, outputs: int) -> Exact:
    """Return p(outputs|inputs) of joint counts."""
    total = cells.sum(axis=tuple(range(outputs)), keepdims=True)
    found: Exact = cells * Fraction(1) / total * cells.sum()
    return found


def _expansion(coordinates: Coordinates) -> Exact:
    columns = []
    for k in range(coordinates.dimension + 1):
        unit = np.zeros(coordinates.dimension + 1, dtype=object)
        unit[k] = 1
        columns.append(coordinates.expand(unit).ravel())
    return np.array(columns, dtype=object).T * Fraction(1)


def _slice(model: CausalModel, behaviors: object, parties: dict[str, str | None] | None) -> Domain:
    if isinstance(behaviors, Behavior) or not isinstance(behaviors, Iterable):
        raise MeasureError(
            f"the domain is {a_kind(behaviors)}, expected 'nonsignaling', 'model', or a sequence of behaviors "
            "that span a slice."
        )
    tables = []
    for behavior in behaviors:
        if not isinstance(behavior, Behavior) or behavior.exact is None:
            raise MeasureError(
                f"a slice is spanned by exact behaviors: found {type(behavior).__name__}"
                f"{' of floats' if isinstance(behavior, Behavior) else ''}. Give Fractions, or use rounded(model, …)."
            )
        tables.append(np.array(model.match(behavior).exact, dtype=object).ravel() * Fraction(1))
    if not all(isinstance(v, Fraction) for table in tables for v in table):
        raise MeasureError(
            "the behaviors of a slice are irrational, expected rational ones: terms have rational numbers."
        )
    kept = [tables[0]] if tables else []
    for table in tables[1:]:
        if _rank([t - kept[0] for t in (*kept[1:], table)]) == len(kept):
            kept.append(table)
    if len(kept) < 2:
        raise MeasureError(f"{len(tables)} behaviors span no slice, expected at least two different ones.")
    expansion = np.array([kept[0], *(t - kept[0] for t in kept[1:])], dtype=object).T
    labels = ("t",) if len(kept) == 2 else tuple(f"t{i}" for i in range(1, len(kept)))
    return Domain("slice", model, expansion, labels, None, parties)


def _rank(vectors: list[Exact]) -> int:
    import flint

    if not vectors:
        return 0
    denominator = common_denominator([v for vector in vectors for v in vector])
    return int(flint.fmpz_mat([[int(v * denominator) for v in vector] for vector in vectors]).rank())


def _solved(matrix: Exact, right: Exact) -> Exact:
    """Return x with x_0 = 1 that solves the least independent set of equations matrix x = right (object arrays)."""
    normal = matrix.T @ matrix
    columns = [{i: v for i, v in enumerate(column) if v != 0} for column in normal.T]
    return np.array(SquareSystem(columns).solve(list(matrix.T @ right)), dtype=object)


def whole_numbers(row: Sequence[Fraction]) -> tuple[int, ...]:
    """Return the smallest whole multiple of a row of rationals, same direction."""
    denominator = common_denominator(row)
    whole = [int(v * denominator) for v in row]
    divisor = int(np.gcd.reduce(np.array(whole, dtype=object))) or 1
    return tuple(v // divisor for v in whole)
