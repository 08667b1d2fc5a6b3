"""What was observed as constraints on a causal model."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.scenario import Scenario
from relaxbell.causal.equations import Equations, behavior_equations, observed_equations
from relaxbell.causal.structure import Structure
from relaxbell.errors import BehaviorError


class Observing(Structure):
    """The part of `CausalModel` that compares it with behaviors."""

    q: Any

    @cached_property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input as the graph says."""
        chosen = {name for name in (self.parties or {}).values() if name is not None}
        return Scenario.of(
            self.outputs, self.inputs, self.observed_shape, self.parties if chosen == set(self.inputs) else None
        )

    @property
    def observed_shape(self) -> tuple[int, ...]:
        """Shape of a behavior of this model: outputs, then inputs."""
        return tuple(self.cardinality[n] for n in self.outputs + self.inputs)

    def equations(self, observed: Behavior | Observed) -> Equations:
        """Return V T q = V p as exact, labeled rows.

        Parameters
        ----------
        observed
            A behavior, or values of functionals.

        Returns
        -------
        Equations
            ``.rows.array``, shape (equations, n), and their exact right-hand sides ``.rhs``.

        Raises
        ------
        BehaviorError
            If variables or cardinalities do not match the model's.
        SignalingError
            If the behavior signals where the graph forbids it; the violated equality is named.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.input_signaling().equations(rb.pr_box()).rows.array.shape
        (16, 64)
        """
        if isinstance(observed, Behavior):
            return behavior_equations(cast(Any, self), self.match(observed))  # a CausalModel
        if isinstance(observed, Observed):
            return observed_equations(cast(Any, self), observed)
        remedy = {"Counts": " Use counts.fit().behavior.", "Fit": " Use fit.behavior."}.get(type(observed).__name__, "")
        raise BehaviorError(
            f"cannot compare {self.name} with a {type(observed).__name__}. Expected a Behavior "
            f"(Behavior(array), Counts(...).fit().behavior) or an Observed.{remedy}"
        )

    def reproduces(self, observed: Behavior | Observed) -> list[Any]:
        """Return the CVXPY constraints V T q = V p: the model reproduces what was observed.

        Settings of dependent inputs that have probability 0 carry no data. Errors as `equations`.

        Parameters
        ----------
        observed
            A behavior, or values of functionals.

        Returns
        -------
        list of cvxpy.Constraint
            On ``model.q``; add ``model.valid`` where only values of functionals were observed.

        Raises
        ------
        BehaviorError
            If variables or cardinalities do not match the model's.
        SignalingError
            If the behavior signals where the graph forbids it.

        Examples
        --------
        >>> import cvxpy as cp
        >>> import relaxbell as rb
        >>> model = rb.bell()
        >>> constraints = [*model.reproduces(rb.pr_box()), model.valid]
        >>> cp.Problem(cp.Minimize(0), constraints).solve(solver=cp.HIGHS)  # Bell's theorem: infeasible
        inf
        """
        equations = self.equations(observed)
        return [equations.rows.array @ self.q == equations.floats]

    def match(self, observed: Behavior) -> Behavior:
        """Return the behavior with its axes in the model's order; raise BehaviorError if it does not fit.

        Parameters
        ----------
        observed
            With the model's variables, in any order.

        Returns
        -------
        Behavior
            Axes: the model's outputs, then its inputs.

        Raises
        ------
        BehaviorError
            If variables or cardinalities differ.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.bell().match(rb.pr_box().transposed("B A", "Y X")).outputs
        ('A', 'B')
        """
        if not isinstance(observed, Behavior):
            raise BehaviorError(f"found a {type(observed).__name__}, expected a Behavior of {self.name}.")
        if not observed.scenario.has_variables_of(self.scenario):
            raise BehaviorError(
                f"variables do not match: the behavior is {observed.scenario.symbol}, {self.name} needs "
                f"{self.scenario.symbol}. Use rename({{old: new}})."
            )
        behavior = observed.transposed(self.outputs, self.inputs)
        for name in self.outputs + self.inputs:
            if behavior.cardinality[name] != self.cardinality[name]:
                raise BehaviorError(
                    f"{name} has {behavior.cardinality[name]} values in the behavior and {self.cardinality[name]} in "
                    f"{self.name}. Build the model with the behavior's cardinalities."
                )
        return behavior

    @cached_property
    def coordinates(self) -> Coordinates:
        """Independent coordinates of the behaviors p(outputs|inputs) of this model."""
        reach = []
        for name in self.outputs:
            ancestors = self.ancestors(name)
            reached = [self.inputs_connected or n in self.dependent_inputs or n in ancestors for n in self.inputs]
            reach.append(frozenset(i for i, yes in enumerate(reached) if yes))
        shape, k = self.observed_shape, len(self.outputs)
        return Coordinates(shape[:k], shape[k:], tuple(reach))

    def coordinates_of(self, observed: Behavior) -> Coordinates:
        """Return `coordinates` for a behavior whose axes may be in another order.

        Parameters
        ----------
        observed
            With the model's variables and cardinalities.

        Returns
        -------
        Coordinates
            In the behavior's order of axes.

        Raises
        ------
        BehaviorError
            If variables or cardinalities differ.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.input_signaling().coordinates_of(rb.pr_box()).dimension
        10
        """
        self.match(observed)
        reach = dict(zip(self.outputs, self.coordinates.reach, strict=True))
        own = [frozenset(observed.inputs.index(self.inputs[j]) for j in reach[name]) for name in observed.outputs]
        k = len(observed.outputs)
        return Coordinates(observed.p.shape[:k], observed.p.shape[k:], tuple(own))
