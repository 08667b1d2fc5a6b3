"""Null sets: the joint distributions p(outputs, settings) of models within budgets, and the largest mean over them.

A strategy contributes to the mean of a table R the number Σ_x p(x) R(outputs, x), so that the largest mean over all q
within the budgets is a linear program of which only the cost changes with R. Where settings may be biased, the strategy
chooses the worst distribution of settings within the bias: that changes its cost, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import normalization_equations
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.engines.information.within import solve_problem
from relaxbell.engines.linear.dual import DualBound, Proof, dual_bound
from relaxbell.engines.linear.over import read_problem
from relaxbell.engines.linear.program import LinearProgram, Problem, linear_program, without_information
from relaxbell.errors import InfeasibleError, MeasureError, ModelTooLargeError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, common_denominator
from relaxbell.exact.rows import Rows
from relaxbell.lp.highs import LiveModel, Status
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.information import InformationBudget
from relaxbell.measures.measure import Budget, Limit, Measure
from relaxbell.measures.settings import setting_layout
from relaxbell.measures.terms import ZERO, Linear
from relaxbell.trials.priced_means import priced_mean

_BITS = 46
"""Costs that are no small whole numbers are rounded to multiples of 2^−_BITS of their size, to the safe side."""

_SHARP = 1e4
"""Costs are magnified for the solver: near ties decide on photon data, where a strength is 1e-8."""

_DENSE = 2**24
"""Numbers of a table of columns in which equal ones are found."""

_WHOLE = 2.0**40
"""Sums of whole numbers below this are exact, with room for the multipliers of a bound."""


@dataclass(frozen=True, eq=False)
class Extreme:
    """Where a table has its largest mean over a null set.

    Attributes
    ----------
    value
        The mean, in floating point.
    joint
        The distribution over the cells that has it, flat.
    bound
        No distribution of the null set has a larger mean; rigorous, exact where the table is of small whole numbers.
    proof
        Whose multipliers prove it, for minus the mean; None where it was not asked for.
    weights
        Of the strategies that have it, in floating point.
    slope
        The same multipliers prove that the mean is at most ``bound + slope · (ε − limit)``, for every ε.
    """

    value: float
    joint: Floats
    bound: Fraction
    proof: Proof | None = None
    slope: Fraction = Fraction(0)
    weights: Floats | None = None


class Null:
    """The joint distributions of a model's outputs and settings with a measure at most ε, for every ε.

    Parameters
    ----------
    measure
        A linear measure, or the mutual information.
    subject_to
        Budgets and affine constraints beside it, as in `minimize`.
    settings
        Exact probabilities of the settings, axes as the model's inputs.
    bias
        How far p(settings|λ), given what was before, may be from them.
    """

    def __init__(self, measure: Measure, subject_to: object, settings: Exact, bias: Fraction) -> None:
        self.measure, self.model = measure, measure.model
        self.settings, self.bias = settings, bias
        self.shape = self.model.observed_shape
        bits, others = without_information(subject_to)
        self.beside = tuple(others)
        self.moving = measure <= 0
        if isinstance(self.moving, InformationBudget):
            bits = (self.moving, *bits)
        else:
            others = [self.moving, *others]
        problem = read_problem(measure, ZERO, normalization_equations(self.model), others)
        self.problem = replace(problem, information=bits)

    def __getstate__(self) -> dict[str, object]:
        """Return what it was made of: live programs are made anew where they are needed."""
        own = type(self)
        return {n: v for n, v in self.__dict__.items() if not isinstance(getattr(own, n, None), cached_property)}

    @cached_property
    def program(self) -> LinearProgram:
        """The linear program; costs and the first budget's limit are set for each run."""
        return linear_program(self.problem)

    @cached_property
    def _kept(self) -> NDArray[np.intp]:
        """One strategy of those that fill the same cells and count alike in the budgets: their costs are the same."""
        own, costs = self.program, self._costs
        count = costs.count
        if costs.groups is not None or len(own.upper) * count > _DENSE:
            return np.arange(count)
        columns = np.hstack([costs.cells, own.matrix[:, :count].T.toarray()])
        return np.sort(np.unique(columns, axis=0, return_index=True)[1])

    @cached_property
    def _live(self) -> LiveModel:
        own = self.program
        columns = np.append(self._kept, np.arange(self._costs.count, own.matrix.shape[1]))
        return LiveModel(own.matrix[:, columns], own.cost[columns], own.lower, own.upper)

    def _weights(self, live: LiveModel) -> Floats:
        """Return the weights of all strategies in the last run."""
        q = np.zeros(self._costs.count)
        q[self._kept] = np.maximum(live.x[: len(self._kept)], 0.0)
        return q

    @cached_property
    def _costs(self) -> _Costs:
        return _Costs(self.model, self.settings, self.bias)

    @property
    def others(self) -> list[Limit]:
        """The budgets beside the one whose limit is ε."""
        _, *rest = (
            (*self.problem.information, *self.problem.budgets)
            if isinstance(self.moving, InformationBudget)
            else (*self.problem.budgets, *self.problem.information)
        )
        return rest

    @property
    def ceiling(self) -> Fraction:
        """A limit that no model exceeds."""
        if isinstance(self.moving, InformationBudget):
            weights = self.moving.measure.layout.floats
            return Fraction(-float(weights @ np.log2(weights))) + Fraction(1, 2**20)
        return self.problem.budgets[0].measure.term.ceiling()

    @property
    def is_nonnegative(self) -> bool:
        """Whether the measure cannot be negative."""
        return isinstance(self.moving, InformationBudget) or self.problem.budgets[0].measure.term.is_nonnegative

    def differences(self, other: Null) -> str:
        """Return in what this hypothesis and another differ, in words; nothing where both say the same of a trial.

        Designs of settings and their bias may differ: they are the experiment's, and each run states its own.
        """
        one, two = self.model, other.model
        if one.name != two.name or one.T.shape != two.T.shape or abs(one.T - two.T).nnz:
            return f"models: {one.name} and {two.name}"
        if self.measure.name != other.measure.name:
            return f"measures: {self.measure.name} and {other.measure.name}"
        budgets = [sorted(own.others, key=str) for own in (self, other)]
        if [(b.measure.name, b.limit) for b in budgets[0]] != [(b.measure.name, b.limit) for b in budgets[1]]:
            return f"budgets: {' and '.join(', '.join(map(str, own)) or 'none' for own in budgets)}"
        rows = [own._affine_rows() for own in (self, other)]
        if rows[0] != rows[1]:
            return f"constraints: {len(rows[0]):,} rows and {len(rows[1]):,}, {len(rows[0] & rows[1]):,} of them alike"
        return ""

    def _affine_rows(self) -> frozenset[tuple[object, ...]]:
        """Return the affine constraints row by row, as exact numbers that can be compared."""
        found = set()
        for own in self.problem.affine:
            matrix = own.rows.matrix
            data = matrix.data if own.rows.numbers is None else own.rows.numbers
            for i, right in enumerate(own.rhs.tolist()):
                part = slice(matrix.indptr[i], matrix.indptr[i + 1])
                pairs = zip(matrix.indices[part].tolist(), data[part].tolist(), strict=True)
                entries = sorted((j, Fraction(v) * own.rows.scale) for j, v in pairs if v)
                found.add((own.equality, right, *entries))
        return frozenset(found)

    def largest(self, table: Floats, limit: Fraction, *, rigorous: bool = True) -> Extreme:
        """Return the largest mean of a table over the distributions within a limit on the measure.

        Parameters
        ----------
        table
            A number for each cell, in the shape of the model's table or flat.
        limit
            On the measure.
        rigorous
            Whether to find the rigorous bound as well; without it `bound` is only the largest entry.

        Raises
        ------
        InfeasibleError
            If nothing is within the limits.
        """
        flat = np.asarray(table, dtype=np.float64).ravel()
        if self.is_priced:
            return self._priced(flat, limit)
        if self.bias and not self.model.strategies.can_be_listed:
            raise ModelTooLargeError(
                f"settings_bias for {self.model.name}, whose worst bias needs a list of strategies: found "
                f"{self.model.strategies.count_text}, too many. Expected no settings_bias, or fewer settings."
            )
        costs = self._costs
        gain, unit = costs.of(flat)
        top = float(gain.max())
        lost = top - gain  # whole where `unit` says so
        size = float(lost.max())
        if size == 0.0:
            proof, _ = self._proof(lost, np.zeros(len(self.program.upper)), limit)
            bound = (Fraction(top) + costs.error) * costs.exact_unit
            return Extreme(top * unit, costs.joint(flat, self._any(limit)), bound, proof)
        if self.problem.information:
            return self._within(flat, limit, lost, top)
        run, sharp = self._run(lost / size, limit)
        q = self._weights(run)
        value = (top - float(lost @ q)) * unit
        joint = costs.joint(flat, q)
        if not rigorous:
            return Extreme(value, joint, Fraction(float(flat.max())), weights=q)
        whole, scale = costs.whole(lost, size)
        proof, power = self._proof(whole, run.duals * (size / sharp / float(scale)), limit)
        floor = max(Fraction(0), _rational(proof.bound.bound, self.measure) * power)
        bound = (Fraction(top) + costs.error - floor * scale) * costs.exact_unit
        proof = _times(proof, power * scale * costs.exact_unit)
        # where the largest entry is the bound, it is that for all limits
        slope = proof.bound.budgets[0] if floor else Fraction(0)
        return Extreme(value, joint, bound, proof, slope)

    @cached_property
    def is_priced(self) -> bool:
        """Whether the strategies are too many to be listed, so that linear programs are over those that are priced."""
        return not self.model.strategies.can_be_listed and not self.bias and not self.problem.information

    def check_projected(self, what: str) -> None:
        """Raise ModelTooLargeError where nothing can be projected on it, since its strategies are not listed."""
        if self.is_priced:
            raise ModelTooLargeError(
                f"{what} takes a projection on the null set, and {self.model.name} has "
                f"{self.model.strategies.count_text} strategies, found too many for a list. Expected a game that was "
                "named before the data were seen: evidence(…, game=…), such as catalog.chained(m), or the witness "
                "of a minimum for earlier trials; or no game at all."
            )

    def _priced(self, flat: Floats, limit: Fraction) -> Extreme:
        """Return the same without a list of strategies, always with its proof."""
        first, *others = self.problem.budgets
        constraints: list[Budget | AffineConstraint] = [Budget(first.measure, limit), *others, *self.problem.affine]
        try:
            answer, proof, joint = priced_mean(self.model, flat, self.settings, constraints)
        except InfeasibleError:
            raise self._empty(limit) from None
        top = Fraction(float(flat.max()))
        bound = min(top, -_rational(proof.bound.bound, self.measure))
        slope = proof.bound.budgets[0] if bound < top else Fraction(0)
        return Extreme(-answer.value, joint, bound, proof, slope)

    def _empty(self, limit: Fraction) -> InfeasibleError:
        return InfeasibleError(
            f"no strategies of {self.model.name} have {self.measure.name} <= {float(limit):g} and satisfy the "
            "other constraints: the null hypothesis is empty. Give larger budgets."
        )

    def _within(self, flat: Floats, limit: Fraction, lost: Floats, top: float) -> Extreme:
        """Return the same within budgets in bits: cone programs, not live ones."""
        costs = self._costs
        whole, scale = costs.whole(lost, float(lost.max()))
        problem, power = self._problem(whole, limit)
        answer, found = solve_problem(problem, self.measure)
        q = np.maximum(answer.x[: len(lost)], 0.0)
        floor = max(Fraction(0), _rational(found.bound, self.measure) * power)
        proof = _times(Proof(problem, found), power * scale * costs.exact_unit)
        moves = isinstance(self.moving, InformationBudget)
        multipliers = proof.bound.information if moves else proof.bound.budgets
        return Extreme(
            (top - float(lost @ q)) / costs.unit,
            costs.joint(flat, q),
            (Fraction(top) + costs.error - floor * scale) * costs.exact_unit,
            proof,
            multipliers[0] if floor else Fraction(0),
            q,
        )

    def _run(self, cost: Floats, limit: Fraction) -> tuple[LiveModel, float]:
        """Minimize a cost of size one within a limit, magnified; where the solver gives up, anew and less magnified."""
        live, program = self._live, self.program
        place = program.budgets[0]
        live.set_rows(np.array([-np.inf]), np.array([float(limit)]), np.arange(place.start, place.stop, dtype=np.int32))
        for sharp in (_SHARP, _SHARP, 1.0):
            live.set_cost(cost[self._kept] * sharp)
            live.run()
            if live.status in (Status.OPTIMAL, Status.INFEASIBLE):
                break
            live.forget()
        if live.status is Status.INFEASIBLE:
            raise self._empty(limit)
        live.answer()  # raises where the run ended otherwise
        return live, sharp

    def _any(self, limit: Fraction) -> Floats:
        cost = np.zeros(self.model.strategies.count)
        if self.problem.information:
            answer, _ = solve_problem(self._problem(cost, limit)[0], self.measure)
            return np.maximum(answer.x[: len(cost)], 0.0)
        return self._weights(self._run(cost, limit)[0])

    def _proof(self, whole: Floats, duals: Floats, limit: Fraction) -> tuple[Proof, int]:
        """Return what bounds the least Σ whole · q from below, in units of a power of two, and that."""
        problem, power = self._problem(whole, limit)
        return Proof(problem, dual_bound(problem, self.program, duals / power)), power

    def _problem(self, whole: Floats, limit: Fraction) -> tuple[Problem, int]:
        """Return the problem of the least Σ whole · q within a limit, in units of a power of two, and that."""
        rows = Rows(sp.csr_array(whole[None, :]), ("mean",))
        size = float(abs(whole).max())
        # in units of the largest entry, so that the multipliers are of size one
        power = 1 if size < 2 else 2 ** int(np.ceil(np.log2(size)))
        budgets, bits = self.problem.budgets, self.problem.information
        if isinstance(self.moving, InformationBudget):
            bits = (InformationBudget(self.moving.measure, limit), *bits[1:])
        else:
            budgets = (Budget(budgets[0].measure, limit), *budgets[1:])
        objective = Linear(replace(rows, scale=Fraction(1, power)))
        return replace(self.problem, objective=objective, budgets=budgets, information=bits), power


def _rational(number: ExactNumber, measure: Measure) -> Fraction:
    if not isinstance(number, Fraction):
        raise MeasureError(
            f"the budgets of {measure.name} have irrational numbers, found {number}. Give fractions or floats."
        )
    return number


def _times(proof: Proof, factor: Fraction) -> Proof:
    """Return the proof with all multipliers times a factor."""
    own = proof.bound
    bound = DualBound(
        own.bound * factor,
        own.z * factor,
        own.offset * factor,
        {leaf: weights * factor for leaf, weights in own.weights.items()},
        tuple(share * factor for share in own.budgets),
        tuple(y * factor for y in own.affine),
        information=tuple(share * factor for share in own.information),
    )
    return Proof(proof.problem, bound)


class _Costs:
    """What each strategy contributes to the mean of a table, and which cells it fills."""

    def __init__(self, model: CausalModel, settings: Exact, bias: Fraction) -> None:
        self.count = model.strategies.count
        self.cells = model.T.indices.reshape(self.count, -1)
        shape = model.observed_shape[len(model.outputs) :]
        total = int(np.prod(shape))
        place = self.cells % total
        self.cells = np.take_along_axis(self.cells, np.argsort(place, axis=1, kind="stable"), axis=1)
        place = np.sort(place, axis=1)
        dependent = tuple(i for i, name in enumerate(model.inputs) if name in model.dependent_inputs)
        free = settings.sum(axis=dependent, keepdims=True) if dependent else settings
        exact = np.broadcast_to(free, shape).ravel()
        numbers = [Fraction(v) for v in exact]
        self.denominator = common_denominator([*numbers, bias])
        unit = self.denominator if self.denominator < 2**20 else 1
        self.unit = unit
        self.size = int(np.prod(model.observed_shape))
        self.exact = False
        self.weights = np.array([float(v * unit) for v in numbers])[place]
        self.bias = bias
        self.groups: NDArray[np.intp] | None = None
        self.error = Fraction(0)
        if not bias:
            return
        if isinstance(model, Mixture) and model.has_any:
            raise MeasureError(
                f"settings_bias for {model.name}: any behavior is given by its cells, which do not say what it does at "
                'other settings. Expected a mixture without "any", or no settings_bias.'
            )
        if dependent:
            if len(dependent) < len(model.inputs):
                raise MeasureError(
                    f"settings_bias for {model.name}: {', '.join(model.dependent_inputs)} depend on the latent "
                    "variable already, the other inputs do not. Expected all inputs or none; relax the other edges too."
                )
            self.groups = setting_layout(model, "the bias of p").numbers
            self.low = np.full(len(self.groups), -float(bias * unit))
            self.high = -self.low
        else:
            self.low = np.array([-float(min(bias, v) * unit) for v in numbers])
            self.high = np.array([float(min(bias, 1 - v) * unit) for v in numbers])

    def of(self, flat: Floats) -> tuple[Floats, float]:
        """Return numbers, one for each strategy, and the unit by which they are its means; `error` says how exact."""
        values = flat[self.cells]
        gain = (values * self.weights).sum(axis=1)
        if self.bias:
            if self.groups is None:
                gain = gain + self._shifts(values)[1]
            else:
                own = values[self.groups, 0].T
                extra = self._shifts(own)[1]
                gain = gain.copy()
                gain[self.groups] += extra[None, :]
        largest = float(abs(flat).max(initial=0.0))
        terms = 2 * self.cells.shape[1] + 8
        whole = self.unit == self.denominator and bool((flat == np.rint(flat)).all()) and largest * self.unit < _WHOLE
        self.exact = whole
        self.error = Fraction(0) if whole else Fraction(largest * self.unit * terms * 2.0**-51)
        return gain, 1.0 / self.unit

    @property
    def exact_unit(self) -> Fraction:
        """The unit, exactly."""
        return Fraction(1, self.unit)

    def whole(self, lost: Floats, size: float) -> tuple[Floats, Fraction]:
        """Return whole numbers times a unit, at most `lost`."""
        if self.exact:
            return lost, Fraction(1)
        scale = 2.0 ** (int(np.ceil(np.log2(size))) - _BITS)
        return np.floor(lost / scale), Fraction(scale)

    def joint(self, flat: Floats, q: Floats) -> Floats:
        """Return the joint distribution of weights q, with the worst bias."""
        used = np.flatnonzero(q)
        out = np.zeros(self.size)
        values = flat[self.cells[used]]
        weights = self.weights[used]
        if self.bias and self.groups is None:
            weights = weights + self._shifts(values)[0]
        np.add.at(out, self.cells[used], weights * q[used, None])
        if self.groups is not None:
            totals = q[self.groups].sum(axis=0)
            own = self.cells[self.groups, 0]
            shift = self._shifts(flat[own].T)[0].T * totals[None, :]
            np.add.at(out, own, shift)
        return out / self.unit

    def _shifts(self, values: Floats) -> tuple[Floats, Floats]:
        """Return, for rows of values, the shifts of p(settings) that raise their mean most, and by how much."""
        order = np.argsort(-values, axis=1, kind="stable")
        room = (self.high - self.low)[order]
        left = -self.low.sum() - (np.cumsum(room, axis=1) - room)
        given = np.clip(left, 0.0, room) + self.low[order]
        shifts = np.empty_like(values)
        np.put_along_axis(shifts, order, given, axis=1)
        return shifts, (shifts * values).sum(axis=1)
