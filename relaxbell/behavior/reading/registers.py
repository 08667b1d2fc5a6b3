"""Registers of a quantum program's result, and which output stands where in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import CountsError
from relaxbell.exact.texts import counted, plain_repr

Source: TypeAlias = str | int | Sequence[object]
"""A register's name, a place or places of the only register, or (name, place or places)."""

Sources: TypeAlias = Mapping[str, Source]


@dataclass(frozen=True)
class Registers:
    """What a result holds.

    Attributes
    ----------
    kind
        What was recognized, in words.
    tables
        Shots times places, by name; "" where a single register has none.
    most_first
        Whether the first place counts most where places together make a number: Cirq and samples, not Qiskit.
    only_bits
        Whether places have two values.
    weights
        How often each row was seen, if rows are not shots.
    """

    kind: str
    tables: Mapping[str, NDArray[np.int64]]
    most_first: bool
    only_bits: bool
    weights: Sequence[int] | None = None

    @property
    def text(self) -> str:
        """Registers in words, for messages."""
        return ", ".join(
            f"{name!r} ({counted(t.shape[1], 'place')})"
            if name
            else f"one without a name ({counted(t.shape[1], 'place')})"
            for name, t in self.tables.items()
        )


@dataclass(frozen=True)
class Choice:
    """Places of a register that make an output."""

    register: str
    places: tuple[int, ...]
    most_first: bool

    @property
    def text(self) -> str:
        """The choice in words."""
        places = ", ".join(map(str, self.places))
        own = f"[{places}]" if len(self.places) == 1 or not self.register else ""
        order = f", {'first' if self.most_first else 'last'} place most significant" if len(self.places) > 1 else ""
        return f"{self.register or 'place'}{own}{order}"


def choose(registers: Registers, outputs: Sequence[str], read: Sources | None, place: str) -> list[Choice]:
    """Return where each output stands; raise CountsError where that is not clear."""
    if read is None:
        return _by_default(registers, outputs, place)
    if not isinstance(read, Mapping) or set(read) != set(outputs):
        named = ", ".join(map(str, read)) if isinstance(read, Mapping) else plain_repr(read)
        raise CountsError(
            f"read= names {named}, expected each output once: {', '.join(outputs)}. Write "
            f"{_example(registers, outputs)}."
        )
    chosen = [_read_source(read[name], name, registers, place) for name in outputs]
    used = [(choice.register, own) for choice in chosen for own in choice.places]
    twice = [own for i, own in enumerate(used) if own in used[:i]]
    if twice:
        raise CountsError(
            f"{place}: read= uses place {twice[0][1]} of {twice[0][0] or 'the register'} twice, expected each place "
            "for one output. Correct it."
        )
    return chosen


def _by_default(registers: Registers, outputs: Sequence[str], place: str) -> list[Choice]:
    """Return registers that are named as the outputs, or one with a place for each output; nothing else is clear."""
    names = {name.casefold(): name for name in registers.tables}
    if len(names) == len(registers.tables) and set(names) == {name.casefold() for name in outputs}:
        return [_whole(registers, names[name.casefold()]) for name in outputs]
    if len(registers.tables) == 1:
        (name,) = registers.tables
        if registers.tables[name].shape[1] == len(outputs):
            return [Choice(name, (i,), registers.most_first) for i in range(len(outputs))]
    raise CountsError(
        f"{place} is {registers.kind} with the registers {registers.text}; expected one named like each of the "
        f"outputs {', '.join(outputs)}, or one of {len(outputs)} places. Say where they are: "
        f"{_example(registers, outputs)}."
    )


def _example(registers: Registers, outputs: Sequence[str]) -> str:
    tables = list(registers.tables)
    if len(tables) == 1:
        told = ", ".join(f"{name!r}: {i}" for i, name in enumerate(outputs))
    else:
        told = ", ".join(f"{name!r}: {tables[i % len(tables)]!r}" for i, name in enumerate(outputs))
    return f"read={{{told}}}"


def _whole(registers: Registers, name: str) -> Choice:
    return Choice(name, tuple(range(registers.tables[name].shape[1])), registers.most_first)


def _read_source(source: object, output: str, registers: Registers, place: str) -> Choice:
    tables = registers.tables
    name, own = "", source
    if isinstance(source, str):
        name, own = source, None
    elif isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], str):
        name, own = source
    elif len(tables) == 1:
        (name,) = tables
    else:
        raise CountsError(
            f"{place}: read= says {plain_repr(source)} for {output}, but there are the registers {registers.text} "
            f"places; expected a register's name or (name, place). Write {output!r}: ({next(iter(tables))!r}, 0)."
        )
    if name not in tables:
        raise CountsError(
            f"{place} has no register {name!r}, expected one of {', '.join(map(repr, tables))} ({registers.kind}). "
            f"Correct read= of {output}."
        )
    count = tables[name].shape[1]
    if own is None:
        return _whole(registers, name)
    listed = list(own) if isinstance(own, list | tuple | range | np.ndarray) else [own]
    places = []
    for i in listed:
        if isinstance(i, bool) or not isinstance(i, int | np.integer) or not 0 <= i < count:
            raise CountsError(
                f"{place}: read= says place {plain_repr(i)} for {output}, expected 0 … {count - 1} of "
                f"{name or 'the register'} ({registers.kind}). Correct it."
            )
        places.append(int(i))
    if not listed:
        raise CountsError(f"{place}: read= gives {output} no place, expected at least one. Add it.")
    return Choice(name, tuple(places), True if len(places) > 1 else registers.most_first)
