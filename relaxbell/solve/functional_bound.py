"""The largest value of a Bell functional in a model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior.observed import Observed
from relaxbell.behavior.scenario import same_variables
from relaxbell.causal.anything import AnyBehavior
from relaxbell.causal.equations import (
    Equations,
    cell_weights,
    check_occurring,
    functional_rows,
    joint_coefficients,
    normalization_equations,
    observed_equations,
)
from relaxbell.causal.maximum import largest_value
from relaxbell.causal.model import CausalModel
from relaxbell.causal.separate import MOST_CHOICES, check_choices, separate
from relaxbell.causal.structures import Mixture
from relaxbell.engines.information.within import solve_within
from relaxbell.engines.linear.over import solve_over
from relaxbell.engines.linear.priced import priced
from relaxbell.engines.linear.program import without_information
from relaxbell.errors import FunctionalError, ModelTooLargeError
from relaxbell.exact.assignments import StoppedSearch, work
from relaxbell.exact.branching import TooCloseError
from relaxbell.exact.choices import largest_exact, without_idle
from relaxbell.exact.numbers import Exact, ExactNumber, ceil_float
from relaxbell.exact.texts import ceil_text
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import (
    Enclosure,
    LowerBound,
    TimeLimitError,
    UpperBound,
    deadline,
    remaining,
    time_is_over,
)
from relaxbell.measures.measure import Limit, LinearMeasure, check_model
from relaxbell.measures.setting_limits import SettingLimits
from relaxbell.measures.terms import Linear
from relaxbell.methods import provided
from relaxbell.quantum.base import BehaviorSet
from relaxbell.quantum.limited import limited

_LISTED = 2**14
"""Up to so many strategies times settings they are listed."""


def bound(
    functional: BellFunctional,
    model: CausalModel | BehaviorSet,
    subject_to: Any,
    *,
    nonsignaling: bool | None = None,
    seconds: float | None = None,
) -> Any:
    """Return the maximum, or with a symbol as limit its curve; see `BellFunctional.bound`."""
    # a title takes longer to write than many a maximum to find
    with deadline(seconds, "" if seconds is None else f"max {functional.title}", least=False):
        if isinstance(model, BehaviorSet):
            return _on_set(functional, model, subject_to)
        if is_symbolic(subject_to):
            return provided("BellFunctional.bound, symbolic")(functional, model, subject_to, nonsignaling)
        try:
            return functional_bound(functional, model, subject_to, nonsignaling)
        except TimeLimitError as late:
            if not isinstance(late.partial, LowerBound):
                raise
            top = functional.constant - Fraction(late.partial.lower_bound)
            known = UpperBound(f"max {functional.title}", top)
            text = f"It is at most {ceil_text(ceil_float(top), 9)} (rigorous)."
            raise TimeLimitError(f"{time_is_over()} {text}", known) from late


def _on_set(functional: BellFunctional, where: BehaviorSet, subject_to: object) -> float | ExactNumber:
    """Return the maximum on a quantum or no-signaling set, under linear conditions."""
    return limited(where, functional, subject_to).bound


def functional_bound(
    functional: BellFunctional, model: CausalModel, subject_to: Sequence[Any], nonsignaling: bool | None = None
) -> float | ExactNumber:
    """Return the maximum of a functional over a model; see `BellFunctional.bound`."""
    table = check_scenario(functional, model)
    constraints = list(subject_to) if isinstance(subject_to, Sequence) else [subject_to]
    if not constraints and not nonsignaling:
        if isinstance(model, Mixture):
            return max(_structure_bound(functional, own, table) for own in model.structures)
        if not model.dependent_inputs:
            return _unconstrained(functional, model, table) + functional.constant
        if len(model.latents) == 1 and all(set(model.parents(x)) <= set(model.latents) for x in model.dependent_inputs):
            return _setting_by_setting(functional, model, table) + functional.constant
    whole, scale = rational_multiple(functional)
    own = negated(whole, model)
    equations = behaviors(functional, model, constraints, nonsignaling)
    if without_information(constraints)[0]:
        _, found = solve_within(own, own.term, equations, constraints)
    else:
        answer = priced(own, equations, constraints, thorough=True, like=table)
        _, found = answer or solve_over(own, own.term, equations, constraints)
    value = functional.constant - scale * found.bound.bound
    return value if found.primal is not None else ceil_float(value)


def _structure_bound(functional: BellFunctional, own: CausalModel | AnyBehavior, table: Exact) -> float | ExactNumber:
    """Return the largest value in one structure of a mixture: of any behavior at each setting the largest one."""
    if isinstance(own, CausalModel):
        return functional_bound(functional, own, ())
    flat = table.reshape(-1, math.prod(table.shape[len(own.outputs) :]))
    return functional.constant + sum((max(column) for column in flat.T), Fraction(0))


def _unconstrained(functional: BellFunctional, model: CausalModel, table: Exact) -> ExactNumber:
    """Return the largest value of a table over a model whose inputs are all free, without the constant."""
    parties = separate(model)
    if parties is not None:
        try:
            return _local_maximum(functional, model, parties.functional(table))
        except TooCloseError as many:
            if model.strategies.count * len(model.settings) > _LISTED:
                raise ModelTooLargeError(
                    f"the maximum of {functional.title} over {model.name}: {many} come within 1e-12 of the largest "
                    "value, too many to compare exactly. Give coefficients of fewer digits, without square roots."
                ) from None
    if model.strategies.count * len(model.settings) > _LISTED:
        return largest_value(model, table, f"the maximum of {functional.title} over {model.name}")
    return _largest_column(table, model)


def _setting_by_setting(functional: BellFunctional, model: CausalModel, table: Exact) -> ExactNumber:
    """Return the largest value where the latent variable knows some settings, without the constant.

    At each of these settings it may choose the best strategy, however rare the setting is: the maxima add up, each of
    a model in which all settings are free.
    """
    check_occurring(model, functional.title, table.ravel(), cell_weights(model), FunctionalError)
    free = CausalModel(
        [edge for edge in model.edges if edge[1] not in model.dependent_inputs],
        inputs=model.inputs, latent=model.latents, cardinality=model.cardinality,
        hidden=model.hidden, outputs=model.outputs, name=model.name,
    )  # fmt: skip
    axes = [len(model.outputs) + model.inputs.index(name) for name in model.dependent_inputs]
    total: ExactNumber = Fraction(0)
    for setting in np.ndindex(*(table.shape[axis] for axis in axes)):
        remaining()
        place: list[slice | int] = [slice(None)] * table.ndim
        for axis, value in zip(axes, setting, strict=True):
            place[axis] = value
        own = np.full(table.shape, Fraction(0), dtype=object)
        own[tuple(place)] = table[tuple(place)]
        total += _unconstrained(functional, free, own)
    return total


def _local_maximum(functional: BellFunctional, model: CausalModel, table: Exact) -> ExactNumber:
    """Return the largest value over choices of outcomes, without the constant; no strategy is listed."""
    if work(table.shape) > MOST_CHOICES:
        table, _ = without_idle(table)
    check_choices(table.shape, lambda: f"the maximum of {functional.title} over {model.name}")
    try:
        return largest_exact(table, tick=remaining)
    except StoppedSearch as stopped:
        low, high = (value + functional.constant for value in (stopped.lower, stopped.upper))
        known = Enclosure(f"max {functional.title}", low, high)
        text = f"{time_is_over()} {known.text.replace('It', known.name, 1)}"
        raise TimeLimitError(text, known) from stopped.__cause__


def behaviors(
    functional: BellFunctional, model: CausalModel, constraints: object, nonsignaling: bool | None
) -> Equations:
    """Return the equations over q of all behaviors, or of the non-signaling ones; see `BellFunctional.bound`."""
    if nonsignaling is None:
        nonsignaling = bool(without_information(constraints)[0]) and has_marginals(functional)
    if not nonsignaling:
        return normalization_equations(model)
    shape, settings = model.observed_shape, math.prod(model.observed_shape[len(model.outputs) :])
    occurring = int(np.flatnonzero(cell_weights(model) != 0)[0]) % settings
    one = np.full((math.prod(shape) // settings, settings), Fraction(0), dtype=object)
    one[:, occurring] = Fraction(1)  # Σ p = 1 at a setting, which says nothing new
    total = BellFunctional(one.reshape(shape), model.outputs, model.inputs, parties=functional.parties, name="1")
    return observed_equations(model, Observed([(total, 1)], nonsignaling=True), occurring=True)


def has_marginals(functional: BellFunctional) -> bool:
    """Return whether a functional has terms of fewer than all parties, whose value for signaling p is a convention.

    It has none where, at each setting, all sums over one party's outcome are alike.
    """
    table, outputs = functional.coefficients, len(functional.outputs)
    if functional.parties is None:
        return False
    for axis in range(outputs):
        sums = table.sum(axis=axis).reshape(-1, *table.shape[outputs:])
        if any((sums[0] != own).any() for own in sums[1:]):
            return True
    return False


def rational_multiple(functional: BellFunctional) -> tuple[BellFunctional, ExactNumber]:
    """Return a functional with rational coefficients and no constant, and the positive number that multiplies it.

    For linear programs: √2 CHSH − 1 is as good as CHSH.
    """
    cells = functional.coefficients.ravel()
    if all(isinstance(c, Fraction) for c in cells):
        return functional - functional.constant, Fraction(1)
    scale: ExactNumber = abs(next(c for c in cells if c != 0))
    whole = (functional - functional.constant) / scale
    if not all(isinstance(c, Fraction) for c in whole.coefficients.ravel()):
        raise FunctionalError(
            f"{functional.title} is no multiple of a functional with rational coefficients, expected one for an exact "
            "linear program. Bound its rational part and that of the square root apart."
        )
    return BellFunctional(
        whole.coefficients, whole.outputs, whole.inputs, parties=whole.parties, name=functional.name
    ), scale


def check_scenario(functional: BellFunctional, model: CausalModel) -> Exact:
    """Return the coefficients in the model's order of axes; raise FunctionalError where scenarios differ."""
    if not isinstance(model, CausalModel):
        check_model(model, functional.title)
    if not same_variables(functional, model):
        raise FunctionalError(
            f"{functional.title} lives on {functional.scenario.symbol}, {model.name} on {model.scenario.symbol}."
        )
    table = functional.transposed(model.outputs, model.inputs).coefficients
    if table.shape != model.observed_shape:
        raise FunctionalError(
            f"{functional.title} has cardinalities {table.shape}, {model.name} {model.observed_shape}. "
            "Build the model with the functional's cardinalities."
        )
    return table


def _largest_column(table: Any, model: CausalModel) -> ExactNumber:
    """Return the exact maximum over strategies; floats only choose the candidates."""
    flat = table.ravel()
    size = max((abs(c) for c in flat), default=Fraction(0)) or Fraction(1)
    values = model.T.T @ np.array([float(c / size) for c in flat])
    candidates = np.flatnonzero(values >= values.max() - 1e-6 * max(1.0, abs(values).max()))
    columns = model.T[:, candidates]
    distinct = {tuple(columns.indices[s:e]) for s, e in zip(columns.indptr, columns.indptr[1:], strict=False)}
    best: ExactNumber = max(sum((flat[i] for i in cells), Fraction(0)) for cells in distinct)
    return best


def negated(functional: BellFunctional, model: CausalModel) -> LinearMeasure:
    """Return minus the functional, without its constant, as a measure on a model with the same variables."""
    table = check_scenario(functional, model)
    joint = joint_coefficients(model, str(functional), table.ravel(), cell_weights(model), FunctionalError)
    rows, (factor,) = functional_rows(model, [joint], [functional.title], FunctionalError)
    return LinearMeasure(model, f"-{functional}", term=Linear(rows.scaled(Fraction(-1, factor))))


def is_symbolic(subject_to: Any) -> bool:
    """Return whether a budget's limit is a symbol."""
    constraints = subject_to if isinstance(subject_to, list | tuple) else [subject_to]
    return any(isinstance(c, SettingLimits) or (isinstance(c, Limit) and c.is_symbolic) for c in constraints)
