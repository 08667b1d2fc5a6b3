"""`mixture`: λ chooses which of several causal structures holds; one model, with q over the strategies of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from relaxbell.causal.anything import ANY, AnyBehavior
from relaxbell.causal.changes import reordered
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.errors import ModelError, UnsupportedModelError
from relaxbell.exact.texts import a_kind


def mixture(
    models: Sequence[CausalModel | Literal["any"]] | Mapping[str, CausalModel | Literal["any"]],
) -> Mixture:
    """Return the model in which λ chooses which of several causal structures holds.

    In each trial one of them does: Svetlichny's hybrids, Phys. Rev. D 35, 3066 (1987); communication in either
    direction, whose facets are those of the causal polytope of Branciard et al., New J. Phys. 18, 013008 (2016),
    arXiv:1508.01704; edges that act in some trials only. ``"any"`` in place of a model is a part of the trials of which
    nothing is known: any behavior, as in the decomposition of Elitzur, Popescu and Rohrlich, Phys. Lett. A 162, 25
    (1992). How often which structure is needed says `fraction`.

    Parameters
    ----------
    models
        Models of the same outputs and inputs, of one latent variable each; a mapping gives them names. One may be
        ``"any"``.

    Returns
    -------
    Mixture
        A `CausalModel` with one q over the strategies of all structures: `minimize`, `bounds`, `critical_visibility`,
        `closed_form`, `curve`, `sweep`, ``model.inequalities()``, ``functional.bound(model)`` take it.

    Raises
    ------
    ModelError
        If there is none, or they differ in variables, cardinalities, input distribution, or in which inputs depend on
        the latent variable.
    UnsupportedModelError
        If one has several independent sources.

    Examples
    --------
    GHZ correlations at Svetlichny's settings, and how often nonlocality of all three parties is needed:

    >>> import relaxbell as rb
    >>> three = rb.bell((2, 2, 2))
    >>> pairs = [("X -> B", "Y -> A"), ("X -> C", "Z -> A"), ("Y -> C", "Z -> B")]
    >>> hybrid = rb.mixture([three.relax(*edges) for edges in pairs])
    >>> float(rb.catalog.svetlichny().bound(hybrid))
    4.0

    The local content of a behavior is 1 − the least fraction of the trials in which something else happens:

    >>> rest = rb.fraction(rb.mixture({"local": rb.bell(), "rest": "any"}), "rest")
    >>> rb.minimize(rest, rb.boxes.pr()).value
    1.0
    """
    pairs = _read(models)
    own = [model for _, model in pairs if isinstance(model, CausalModel)]
    if not own:
        raise ModelError('a mixture of nothing known: expected at least one causal model beside "any".')
    if len(pairs) - len(own) > 1:
        raise ModelError('"any" is there twice, expected once: one remainder says it all.')
    first = own[0]
    _check_sizes(own)
    for model in own:
        _check_alike(first, model)
    sizes = [first.cardinality[n] for n in first.outputs + first.inputs]
    anything = AnyBehavior(first.outputs, first.inputs, tuple(sizes))
    parts = [
        (model if model is first else CausalModel(**reordered(model, first.outputs, first.inputs)))
        if isinstance(model, CausalModel) else anything
        for _, model in pairs
    ]  # fmt: skip
    names = [name for name, _ in pairs]
    return Mixture(parts, names, f"mixture({' | '.join(names)})")


def _read(models: object) -> list[tuple[str, object]]:
    """Return names and structures."""
    if isinstance(models, Mapping):
        pairs = [(name, model) for name, model in models.items()]
        wrong = [name for name, _ in pairs if not isinstance(name, str) or not name]
        if wrong:
            raise ModelError(f"a structure is called {wrong[0]!r}, expected a text.")
    elif isinstance(models, Sequence) and not isinstance(models, str):
        pairs = [(model.name if isinstance(model, CausalModel) else ANY, model) for model in models]
        pairs = list(zip(_distinct([name for name, _ in pairs]), models, strict=True))
    else:
        raise ModelError(f"found {a_kind(models)}, expected a list of models, or a mapping from names to them.")
    for name, model in pairs:
        if isinstance(model, Mixture):
            raise ModelError(f"{name} is a mixture itself. Mix its structures: mixture([*other.models, …]).")
        if not isinstance(model, CausalModel | AnyBehavior) and model != ANY:
            raise ModelError(f'{name} is {a_kind(model)}, expected a CausalModel, or "any" for any behavior.')
        if isinstance(model, CausalModel) and len(model.latents) > 1:
            raise UnsupportedModelError(
                f"{model.name} has the independent sources {', '.join(model.latents)}, so what it reproduces is not "
                "convex, and neither is a mixture. Use model.shared(), which can do more."
            )
    return pairs


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names that are all different: those that are not get a number."""
    return [f"{name} #{k}" if names.count(name) > 1 else name for k, name in enumerate(names)]


def _check_alike(first: CausalModel, model: CausalModel) -> None:
    """Raise ModelError unless a model observes what the first one does."""
    for role in ("outputs", "inputs", "free_inputs"):
        own, other = getattr(first, role), getattr(model, role)
        if set(own) == set(other):
            continue
        if role == "free_inputs":
            raise ModelError(
                f"the inputs {', '.join(model.dependent_inputs) or '(none)'} of {model.name} depend on the latent "
                f"variable, and {', '.join(first.dependent_inputs) or '(none)'} of {first.name}: expected the same. "
                'For the fraction of trials with settings that are not free mix free ones with "any": in such trials '
                "nothing is excluded (Blasiak et al., PNAS 118, e2020569118, 2021)."
            )
        raise ModelError(
            f"the {role} of {model.name} are {', '.join(other)}, those of {first.name} {', '.join(own)}: expected the "
            "same. Use rename({old: new})."
        )
    names = list(first.inputs)
    table = model.input_distribution.marginal(names)
    if (table != first.input_distribution.marginal(names)).any():
        raise ModelError(f"{model.name} and {first.name} have different p(inputs). Give both the same one.")


def _check_sizes(models: Sequence[CausalModel]) -> None:
    """Raise ModelError where a node has different numbers of values, or another role."""
    known: dict[str, int] = {}
    for model in models:
        for name, size in model.cardinality.items():
            if known.setdefault(name, size) != size:
                raise ModelError(f"{name} has {size} values in {model.name} and {known[name]} in another structure.")
    hidden = {n for model in models for n in model.hidden}
    for model in models:
        clash = hidden & {*model.inputs, *model.outputs}
        if clash:
            raise ModelError(f"{min(clash)} is hidden in another structure and observed in {model.name}. Rename one.")
