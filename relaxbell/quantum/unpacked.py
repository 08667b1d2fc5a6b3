"""A graph whose latent variable is a quantum state, as a Bell scenario: each node that responds is a party.

A node measures its share of the latent state. Which measurement, the values of its observed and hidden parents say: so
a configuration of parents is a setting. Where a parent is itself an outcome, the behavior shows only the part of the
Bell scenario's table in which setting and outcome agree ("interruption", Wolfe et al., PRX 11, 021043, 2021); under an
intervention it shows another part.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeGuard

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.derived import nonsignaling_coordinates
from relaxbell.behavior.scenario import Scenario
from relaxbell.causal.model import CausalModel
from relaxbell.errors import ModelTooLargeError, UnsupportedModelError
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.exact.rows import Rows
from relaxbell.quantum.moments import coordinate_words
from relaxbell.verify.words import Word

_LISTED = 2**18
"""Strategies of which a function may be listed."""


class Unpacked:
    """The Bell scenario behind a graph with one latent variable.

    Parameters
    ----------
    model
        The graph.

    Raises
    ------
    UnsupportedModelError
        If it has several latent variables, dependent inputs, or is a mixture.
    """

    def __init__(self, model: CausalModel) -> None:
        if len(model.latents) > 1 or model.is_mixture or model.dependent_inputs:
            found = (
                f"several latent variables, {', '.join(model.latents)}" if len(model.latents) > 1
                else "a mixture of structures" if model.is_mixture
                else f"inputs that the latent variable chooses, {', '.join(model.dependent_inputs)}"
            )  # fmt: skip
            remedy = "model.shared()" if len(model.latents) > 1 else "outputs for what the latent variable chooses"
            raise UnsupportedModelError(
                f"a quantum common cause of {model.name}: found {found}, expected one latent variable and inputs that "
                f"are free. Use {remedy}."
            )
        self.model = model
        self.nodes = model.strategies.nodes
        taken = set(model.cardinality) | set(model.latents)
        settings = []
        for node in self.nodes:
            name = f"pa_{node.name}"
            while name in taken:
                name += "'"
            settings.append(name)
        outputs = tuple(node.name for node in self.nodes)
        shape = [node.cardinality for node in self.nodes] + [node.configurations for node in self.nodes]
        self.scenario = Scenario.of(outputs, tuple(settings), shape, dict(zip(outputs, settings, strict=True)))

    @cached_property
    def coordinates(self) -> Coordinates:
        """Collins–Gisin coordinates of the Bell scenario."""
        return nonsignaling_coordinates(self.scenario)

    @cached_property
    def words(self) -> list[Word]:
        """Of the coordinates, the constant first."""
        return coordinate_words(self.coordinates, range(len(self.nodes)))

    @cached_property
    def observed(self) -> NDArray[np.int64]:
        """The observed table's cells as integer combinations of the coordinates, the constant first."""
        model, nodes = self.model, self.nodes
        units = np.eye(self.coordinates.dimension + 1, dtype=np.int64)
        tables = self.coordinates.expand(units)
        found = np.zeros((*model.observed_shape, len(units)), dtype=np.int64)
        names = [*(node.name for node in nodes), *model.inputs]
        sizes = [range(model.cardinality[name]) for name in names]
        for values in itertools.product(*sizes):
            known = dict(zip(names, values, strict=True))
            settings = tuple(int(node.configuration(known)) for node in nodes)
            cell = tuple(known[name] for name in model.outputs + model.inputs)
            found[cell] += tables[values[: len(nodes)] + settings]
        return found.reshape(-1, len(units))

    # ------------------------------------------------------ functions of strategies

    @cached_property
    def signed(self) -> sp.csc_array:
        """R with q = R · coordinates: a signed distribution over strategies that has these coordinates.

        What is linear in the coordinates is the same for it as for the quantum state.
        """
        count = self.model.strategies.count
        if count > _LISTED:
            raise ModelTooLargeError(
                f"{self.model.name} has {count:,} strategies, expected at most {_LISTED:,} where its latent variable "
                "is quantum: measures are read from them. Use fewer values."
            )
        found = sp.csc_array(np.ones((1, 1)))
        letters: list[list[tuple[tuple[int, int], ...]]] = []
        for node in self.nodes:
            own = [(x, a) for x in range(node.configurations) for a in range(node.cardinality - 1)]
            last = node.functions - 1
            columns = [last - (node.cardinality - 1 - a) * node.cardinality ** (node.configurations - 1 - x)
                       for x, a in own]  # fmt: skip
            part = np.zeros((node.functions, 1 + len(own)))
            part[last, :] = -1.0
            part[last, 0] = 1.0
            part[columns, np.arange(1, 1 + len(own))] = 1.0
            found = sp.csc_array(sp.kron(found, part, format="csc"))
            letters.append([(), *((letter,) for letter in own)])
        place = {word: k for k, word in enumerate(itertools.product(*letters))}
        return sp.csc_array(found[:, [place[word] for word in self.words]])

    @cached_property
    def values(self) -> sp.csr_array:
        """The coordinates of each strategy, in rows."""
        found = sp.csr_array(np.ones((1, 1)))
        for node in self.nodes:
            part = np.zeros((node.functions, 1 + node.configurations * (node.cardinality - 1)))
            part[:, 0] = 1.0
            for x in range(node.configurations):
                for a in range(node.cardinality - 1):
                    part[:, 1 + x * (node.cardinality - 1) + a] = node.table[:, x] == a
            found = sp.csr_array(sp.kron(found, part, format="csr"))
        letters = [
            [(), *(((x, a),) for x in range(n.configurations) for a in range(n.cardinality - 1))] for n in self.nodes
        ]
        place = {word: k for k, word in enumerate(itertools.product(*letters))}
        return sp.csr_array(found[:, [place[word] for word in self.words]])

    def check(self, rows: Rows, what: str) -> None:
        """Raise UnsupportedModelError where rows over the strategies are no function of the coordinates."""
        if rows.numbers is not None or rows.error:
            raise UnsupportedModelError(
                f"{what} has rows with numbers that are no fractions of whole ones, expected such, where the common "
                "cause is quantum. Give rational numbers."
            )
        own = sp.csr_array(rows.matrix)
        missed = abs(own @ self.signed @ self.values.T - own)
        if missed.max() > 0.25 * max(1e-9, min(abs(own.data), default=1.0)):
            place = int(np.argmax(np.asarray(missed.max(axis=1).todense()).ravel()))
            raise UnsupportedModelError(
                f"{what} is not defined for a quantum common cause: {rows.labels[place]} asks what one node does at "
                "several values of its parents at once, and such measurements are not made together. Expected "
                "probabilities with one response of each node, such as p{B(A=1) = 1} and p{B(A=1) = 1, A = 0}, and "
                "sums of them: average_causal_effect(…), query(…)."
            )

    def form(self, weights: Sequence[ExactNumber]) -> Exact:
        """Return the coefficients over the coordinates of a function of the strategies that is one of them."""
        matrix = self.signed
        found = np.full(matrix.shape[1], Fraction(0), dtype=object)
        for j in range(matrix.shape[1]):
            rows = slice(matrix.indptr[j], matrix.indptr[j + 1])
            pairs = zip(matrix.indices[rows].tolist(), matrix.data[rows].tolist(), strict=True)
            found[j] = sum((weights[i] * int(v) for i, v in pairs), Fraction(0))
        return found


def is_graph(given: object) -> TypeGuard[CausalModel]:
    """Return whether something is a causal model whose graph says more than its scenario."""
    if not isinstance(given, CausalModel):
        return False
    bell = set(given.responding) == set(given.outputs) and not given.dependent_inputs and not given.is_mixture
    read: list[Any] = [name for a in given.outputs for name in given.parents(a) if name not in given.latents]
    each = all(len([n for n in given.parents(a) if n not in given.latents]) <= 1 for a in given.outputs)
    return not (bell and each and sorted(read) == sorted(given.inputs))
