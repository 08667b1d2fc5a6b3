"""The statistical strength of data against a model: their relative entropy from what it reproduces.

A measure like others, but neither a function of q alone nor a linear program: its engine projects the data as
`evidence` projects a prediction, and its lower bounds are test factors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.certificate.claims import Certificate, as_data, as_texts, claimed
from relaxbell.engines.base import engine
from relaxbell.engines.linear.certificates import common_data, multipliers, proof_data
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.engine import ConvexEngine
from relaxbell.engines.linear.program import Problem
from relaxbell.engines.linear.solution import ConvexSolution, convex_solution
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, to_floats
from relaxbell.lp.highs import Answer
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.measure import LinearMeasure, Measure, check_model
from relaxbell.measures.terms import ZERO
from relaxbell.trials.null import Null
from relaxbell.trials.projection import Projector

if TYPE_CHECKING:
    import cvxpy as cp

    from relaxbell.curves.curve import Curve
    from relaxbell.curves.paths import Path

_LOGARITHMS = 2**70
"""Logarithms of factors are rounded down to multiples of 1/_LOGARITHMS."""

_UNSEEN = Fraction(1, 2**30)
"""Share of the factor 1 that is mixed in where the data have impossible events, so that tangents hold beside them."""


@dataclass(frozen=True, eq=False, repr=False)
class Strength(Measure):
    """Relative entropy of the data from the nearest distribution that a model reproduces, in nat for each trial.

    It is no function of q alone; see `strength`.

    Attributes
    ----------
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.strength(rb.bell()).unit
    'nat'
    """

    @property
    def compares(self) -> bool:
        """True: models need not reproduce the data."""
        return True

    @property
    def expression(self) -> cp.Expression:
        """Raise MeasureError: it needs the data.

        Raises
        ------
        MeasureError
            It says what to use instead.
        """
        self._refuse("expression")

    def statement(self) -> dict[str, object]:
        return {"kind": "strength"}

    def linear(self, what: str) -> LinearMeasure:
        self._refuse(what)

    def zero_like(self, what: str) -> LinearMeasure:
        raise MeasureError(
            f"{self.name} has no {what}: it is what evidence estimates. Use evidence(counts, measure).strength, of a "
            "measure such as influence(…)."
        )

    def _refuse(self, what: str) -> NoReturn:
        raise MeasureError(
            f"{self.name} is a relative entropy of data from a model, not a function of q and not piecewise linear, so "
            f"it has no {what}. Use minimize, curve or sweep; or mean_distance(model), which has one."
        )

    @property
    def formula(self) -> str:
        return "Σ p ln(p / p_q)"

    def _at(self, q: Floats) -> float:
        self._refuse("value without data")


def strength(model: CausalModel) -> Strength:
    """Return the statistical strength of data against a model, in nat for each trial.

    The least relative entropy Σ p(settings) p ln(p / p_model) of the data from what the model reproduces: by how much
    the logarithm of the best bet against the model grows with each trial, the quantity of `Evidence.strength` (W. van
    Dam, R. D. Gill, P. D. Grünwald, IEEE Trans. Inf. Theory 51, 2812 (2005), doi:10.1109/TIT.2005.851738). The data may
    signal. Settings are distributed as in the model's ``input_distribution``.

    Parameters
    ----------
    model
        Whose behaviors the data are compared with: ``bell()`` for local models. Budgets are given as `subject_to`.

    Returns
    -------
    Strength
        In nat. Its lower bounds are test factors with rational entries, which certificates state.

    Raises
    ------
    MeasureError
        If it is no model.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.strength(rb.bell()), rb.boxes.pr()).value, 9)  # ln(4/3)
    0.287682072
    """
    check_model(model, "strength")
    inputs = ",".join(small(n) for n in model.inputs)
    outputs = ",".join(small(n) for n in model.outputs)
    p, q = rf"p({outputs} \mid {inputs})", rf"p_q({outputs} \mid {inputs})"
    equation = rf"\sum_{{{outputs},{inputs}}} p({inputs}) {p} \ln \frac{{{p}}}{{{q}}}"
    return Strength(model, "strength", "nat", definition=Definition("strength", strength, {}, "D", equation))


@dataclass(frozen=True, eq=False)
class FactorProof(Proof):
    """A proof by a test factor.

    Attributes
    ----------
    factor
        R ≥ 0 times p(free inputs), a rational for each cell.
    mean
        What proves the bound of its mean over the model.
    problem, bound, primal, stopped, support
        As in `Proof`; the multipliers z are logarithms of R over the bound of its mean, rounded down.
    """

    factor: Exact | None = None
    mean: Proof | None = None


@dataclass(frozen=True, eq=False, repr=False)
class StrengthSolution(ConvexSolution):
    """The strength of data against a model; see `Solution` and `ConvexSolution`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> s = rb.minimize(rb.strength(rb.bell()), rb.boxes.tsirelson())
    >>> round(s.value, 7), s.value - s.lower_bound < 1e-9
    (0.0320746, True)
    """

    @cached_property
    def certificate(self) -> Certificate:
        """The test factor that proves the lower bound, for anyone to check without this package."""
        proof = self.proof
        assert isinstance(proof, FactorProof)
        assert proof.factor is not None
        assert proof.mean is not None
        model = self.measure.model
        data = common_data(model, proof)
        data["measure"] = as_data(self.measure.statement())
        mean = proof_data(model, proof.mean, stated=False)
        normal = multipliers(model, proof.mean)
        z = [*as_texts(proof.factor), *as_texts(normal[-math.prod(model.observed_shape[len(model.outputs) :]) :])]
        data["proof"] = {"z": z, "weights": None, "constraints": mean["constraints"][1:]}
        return claimed(data, Fraction(self.lower_bound))


@dataclass(frozen=True, eq=False)
class StrengthEngine(ConvexEngine[Strength, StrengthSolution]):
    """Projects the data on what the model reproduces; the factor p/p_model, divided by its mean, is the proof."""

    @property
    def floor(self) -> float | None:
        return 0.0

    def check_size(self) -> None:
        self.measure.model.strategies.check_listed()

    def solved(self, equations: Equations, subject_to: object) -> tuple[Answer, Proof]:
        model = self.measure.model
        if equations.behavior is None:
            raise MeasureError(
                f"{self.measure.name} is of all probabilities: found values of functionals, expected a Behavior."
            )
        nothing = LinearMeasure(model, "0", term=ZERO)
        settings = np.asarray(model.input_distribution.table)
        null = Null(nothing, subject_to, settings, Fraction(0))
        free = free_chances(model)
        exact = equations.rhs * free
        projector = Projector(null, to_floats(exact), insured=False)
        found = projector.factor(Fraction(0))
        excess = np.array([Fraction(v) for v in found.excess.tolist()], dtype=object)
        if (found.excess <= -1).any():
            excess = excess * (1 - _UNSEEN)
        table = np.array([float(v) for v in excess])
        extreme = null.largest(table, Fraction(0))
        assert extreme.proof is not None
        factor = np.array([1 + Fraction(v) for v in table.tolist()], dtype=object)
        logs = _logarithms(factor, 1 + extreme.bound)
        z = logs * free
        total: ExactNumber = (z * equations.rhs).sum()
        if total <= 0:  # the factor 1
            z, total, factor = z * 0, Fraction(0), np.full(len(factor), Fraction(1), dtype=object)
            extreme = null.largest(np.zeros(len(table)), Fraction(0))
            assert extreme.proof is not None
        assert extreme.proof is not None
        own = extreme.proof.bound
        bound = DualBound(total, z, Fraction(0), own.weights, own.budgets[1:], own.affine, information=own.information)
        within = extreme.proof.problem
        problem = Problem(ZERO, equations, within.budgets[1:], within.affine, within.information)
        q = projector.nearest_weights(Fraction(0))
        value = max(_divergence(to_floats(exact), model, q, free), float(total))
        answer = Answer(True, q, np.empty(0), value, "projection", 0, 0.0)
        return answer, FactorProof(problem, bound, factor=factor * free, mean=extreme.proof)

    def solution(
        self, observed: Behavior | Observed, equations: Equations, answer: Answer, proof: Proof
    ) -> StrengthSolution:
        return convex_solution(StrengthSolution, self.measure, observed, equations, answer, proof)

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        if path.parameter.power != 1:
            raise MeasureError(
                f"{self.measure.name} is sampled along the line itself, not along {path.parameter.text}: choose the "
                "parameter so that the behaviors are affine in it."
            )
        from relaxbell.engines.linear.family import family_along
        from relaxbell.engines.linear.sampled import sampled

        return sampled(family_along(self, path, subject_to), path)


def free_chances(model: CausalModel) -> Exact:
    """Return p(free inputs) for each cell."""
    free = [i for i, name in enumerate(model.inputs) if name in model.free_inputs]
    table = np.asarray(model.input_distribution.table)
    others = tuple(i for i in range(table.ndim) if i not in free)
    sums = table.sum(axis=others, keepdims=True) if others else table
    wide = np.broadcast_to(sums, model.observed_shape)
    return np.array([Fraction(v) for v in wide.ravel().tolist()], dtype=object)


def _logarithms(factor: Exact, mean: Fraction) -> Exact:
    """Return ln(R / mean), rounded down; of a factor 0 what no float is below."""
    with localcontext() as context:
        context.prec = 60
        last = _decimal(mean).ln()
        return np.array(
            [
                Fraction(math.floor((_decimal(r).ln() - last) * _LOGARITHMS) - 1, _LOGARITHMS)
                if r > 0
                else Fraction(-1000)
                for r in factor
            ],
            dtype=object,
        )


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def _divergence(f: Floats, model: CausalModel, q: Floats, free: Exact) -> float:
    """Return Σ f ln(f / T q), without losing digits where they are close."""
    made = (model.T @ q) * to_floats(free)
    on = f > 0
    if (made[on] <= 0).any():
        return math.inf
    ratio = made[on] / f[on] - 1
    return float(f[on] @ (ratio - np.log1p(ratio))) - float((made[on] - f[on]).sum())


engine.register(Strength, StrengthEngine.of)
