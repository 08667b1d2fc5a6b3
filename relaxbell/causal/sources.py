"""Networks of several independent sources: bilocality and stars, for any cardinalities and parties."""

from __future__ import annotations

from collections.abc import Sequence, Sized

import numpy as np

from relaxbell.causal.model import CausalModel
from relaxbell.causal.networks import read_sizes
from relaxbell.errors import ModelError


def bilocality(
    inputs: int | Sequence[int] = (2, 2), outputs: int | Sequence[int] = (2, 4, 2), *, input_distribution: object = None
) -> CausalModel:
    """Return Fig. 1f: A and C share one of two independent sources each with B, as in entanglement swapping.

    Parameters
    ----------
    inputs
        Cardinalities of X and Z, the settings of A and C; or of X, Y and Z if B has settings as well. One number is
        that of X and Z.
    outputs
        Cardinalities of A, B and C; one number for all.
    input_distribution
        p(inputs), see `CausalModel`.

    Returns
    -------
    CausalModel
        Outputs A, B, C, inputs X, Z (and Y), latent L1, L2.

    Raises
    ------
    ModelError
        If there are not two or three inputs, or not three outputs.

    Examples
    --------
    The paper's 64 strategies, and settings and outcomes of different number:

    >>> import relaxbell as rb
    >>> rb.bilocality().strategies.count, rb.bilocality((2, 3), (3, 2, 2)).strategies.count
    (64, 144)
    """
    settings = ("X", "Y", "Z") if isinstance(inputs, Sized) and len(inputs) == 3 else ("X", "Z")
    choices, outcomes = read_sizes(inputs, "inputs", settings), read_sizes(outputs, "outputs", "ABC")
    edges = [("X", "A"), ("L1", "A"), ("L1", "B"), ("L2", "B"), ("L2", "C"), ("Z", "C")]
    edges += [("Y", "B")] if "Y" in settings else []
    sizes = dict(zip("ABC", outcomes, strict=True)) | dict(zip(settings, choices, strict=True))
    default = (choices, outcomes) == ((2, 2), (2, 4, 2))
    name = "bilocality()" if default else f"bilocality(inputs={choices}, outputs={outcomes})"
    return CausalModel(
        edges, settings, "L1 L2", sizes, outputs="A B C", input_distribution=input_distribution, name=name
    )


def star(
    n: int,
    inputs: int | Sequence[int] = 2,
    outputs: int | Sequence[int] = 2,
    *,
    center: int | None = None,
    center_inputs: int = 1,
    parties: int | Sequence[int] | None = None,
    input_distribution: object = None,
) -> CausalModel:
    """Return a star: n independent sources, each shared by one party (or several) and the center B.

    Source: Tavakoli, Skrzypczyk, Cavalcanti, Acín, PRA 90, 062109 (2014), doi:10.1103/PhysRevA.90.062109.

    Parameters
    ----------
    n
        Number of sources.
    inputs, outputs
        Cardinalities of the outer parties, A1, A2, … with settings X1, X2, …: one number for all, or one each.
    center
        Number of outcomes of B; by default 2^n, as of a measurement in a basis of n qubits.
    center_inputs
        Number of settings of B, called Y; with a single one there is no Y.
    parties
        How many outer parties each source has, one number for all or one each; by default one.
    input_distribution
        p(inputs), see `CausalModel`.

    Returns
    -------
    CausalModel
        Outputs A1, …, B, inputs X1, … (and Y), latent L1, …, Ln.

    Raises
    ------
    ModelError
        If the numbers do not fit.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.star(3).strategies.count  # (2^2)^3 · 8
    512
    >>> rb.star(2, inputs=(2, 3, 2), center=3, parties=(1, 2)).independence.products
    ((('A1',), ('A2', 'A3')),)
    """
    for what, number, least in (("n", n, 2), ("center_inputs", center_inputs, 1)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
            raise ModelError(f"a star with {what}={number!r}: expected an integer ≥ {least}.")
    shares = read_sizes(
        1 if parties is None else parties, "parties", [f"L{i}" for i in range(1, n + 1)], "outer parties"
    )
    if any(isinstance(share, bool) or not isinstance(share, int) or share < 1 for share in shares):
        raise ModelError(f"a star with parties={parties!r}: expected a whole number ≥ 1 for each source.")
    total = sum(shares)
    outer, choices = [f"A{i}" for i in range(1, total + 1)], [f"X{i}" for i in range(1, total + 1)]
    settings, outcomes = read_sizes(inputs, "inputs", choices), read_sizes(outputs, "outputs", outer)
    source = [f"L{i}" for i, share in enumerate(shares, 1) for _ in range(share)]
    edges = [e for a, x, s in zip(outer, choices, source, strict=True) for e in ((x, a), (s, a))]
    edges += [(s, "B") for s in dict.fromkeys(source)] + ([("Y", "B")] if center_inputs > 1 else [])
    sizes = dict(zip(outer + choices, outcomes + settings, strict=True)) | {"B": 2**n if center is None else center}
    names = [*choices, "Y"] if center_inputs > 1 else choices
    sizes |= {"Y": center_inputs} if center_inputs > 1 else {}
    lists = {"inputs": (settings, 2), "outputs": (outcomes, 2), "parties": (shares, 1)}
    changed = {key: (values[0] if len(set(values)) == 1 else values, usual) for key, (values, usual) in lists.items()}
    changed |= {"center": (sizes["B"], 2**n), "center_inputs": (center_inputs, 1)}
    given = "".join(f", {key}={value}" for key, (value, usual) in changed.items() if value != usual)
    return CausalModel(
        edges,
        names,
        list(dict.fromkeys(source)),
        sizes,
        outputs=[*outer, "B"],
        input_distribution=input_distribution,
        name=f"star({n}{given})",
    )
