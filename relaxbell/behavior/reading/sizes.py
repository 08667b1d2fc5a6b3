"""How many values variables have, and words for combinations of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from relaxbell.behavior.reading.values import MOST_VALUES, Coding
from relaxbell.behavior.resampling import whole_number
from relaxbell.errors import CountsError
from relaxbell.exact.texts import plain_repr


def read_sizes(
    seen: Mapping[str, Iterable[int]],
    kinds: Mapping[str, Coding],
    cardinality: Mapping[str, int] | None,
    what: str,
) -> tuple[int, ...]:
    """Return how many values each variable has: as given, as labels say, or one more than the largest that was seen."""
    if cardinality is not None and (not isinstance(cardinality, Mapping) or set(cardinality) - set(seen)):
        raise CountsError(
            f"cardinality is {plain_repr(cardinality)}, expected numbers of values for some of {', '.join(seen)}: "
            '{"A": 2, …}.'
        )
    sizes = []
    for name, codes in seen.items():
        least, largest = min(codes), max(codes)
        size = kinds[name].size
        if cardinality is not None and name in cardinality:
            size = whole_number(cardinality[name], f"cardinality of {name}", 1, MOST_VALUES)
        elif size is None and least == 1 < largest:
            raise CountsError(
                f"{what}: {name} takes the values 1 … {largest}, never 0. Number values from 0: subtract 1, or list "
                "them "
                f'with values={{"{name}": (1, …)}}; or give cardinality= if 0 was never seen.'
            )
        elif size is None:
            size = largest + 1
        if size <= largest:
            raise CountsError(
                f"{what}: {name} takes the value {largest}, expected 0 … {size - 1}. Correct it or the cardinality."
            )
        sizes.append(size)
    return tuple(sizes)


def note_constants(
    outputs: Sequence[str], shape: Sequence[int], cardinality: Mapping[str, int] | None, notes: list[str]
) -> None:
    """Put a note where an output is taken as a constant only because nothing else was seen."""
    constant = [n for n, size in zip(outputs, shape, strict=False) if size == 1 and n not in (cardinality or {})]
    if constant:
        notes.append(f"{', '.join(constant)} always 0, taken as constant (cardinality= says otherwise)")


def combination(names: Iterable[str], values: Iterable[object]) -> str:
    """Return values of variables in words."""
    return ", ".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
