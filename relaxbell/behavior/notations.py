"""Tables by sets of outputs, and the matrices and tensors that QETLAB, toqito and Ket write: one reader for both.

A tensor has one axis for each output. Its first place stands for "left out", the others for the settings of the
output's party, and, in Collins–Gisin notation, within a setting for the outcomes without the last: place
1 + x (k − 1) + a for outcome a of k at setting x. Two parties make the matrix [[1, ⟨B⟩], [⟨A⟩, ⟨AB⟩]].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Block, Coordinates
from relaxbell.behavior.names import Names, read_parties, read_variables
from relaxbell.errors import RelaxbellError
from relaxbell.exact.arrays import axis_names, complete_table, real_array
from relaxbell.exact.numbers import Exact, exact_array, to_floats
from relaxbell.exact.texts import a_kind, plain_repr


@dataclass(frozen=True)
class Reader:
    """How tables are read: for whom, and what they may hold.

    Attributes
    ----------
    outputs, inputs, parties
        Names; which input each output's party chooses.
    error
        Raised where something does not fit.
    numbers
        What the tables hold, in words.
    cells
        Where a table over all cells goes, as a call.
    floats
        Whether floats are read, or exact numbers only.
    """

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    parties: Mapping[str, str | None]
    error: type[RelaxbellError]
    numbers: str
    cells: str
    floats: bool = False

    @classmethod
    def of(
        cls,
        outputs: Names,
        inputs: Names,
        parties: Mapping[str, str | None] | None,
        error: type[RelaxbellError],
        numbers: str,
        cells: str,
        *,
        floats: bool = False,
    ) -> Reader:
        """Return the reader for names as people give them; raise `error` where it is not known who chooses what."""
        out, ins = read_variables(outputs, inputs, error)
        owners = read_parties(parties, out, ins)
        if owners is None:
            raise error(
                f"which party chooses which input? Found outputs {', '.join(out)} and inputs {', '.join(ins)}. Give "
                "parties={output: input or None}."
            )
        return cls(out, ins, owners, error, numbers, cells, floats)

    @property
    def own(self) -> list[int | None]:
        """Position of each output's input; None where it has none."""
        chosen = [self.parties[name] for name in self.outputs]
        return [None if name is None else self.inputs.index(name) for name in chosen]

    def array(self, values: object, what: str, axes: Sequence[str] = ()) -> NDArray[Any]:
        """Return a table of exact numbers, or of floats where one is and these are read."""
        complete = complete_table(values, what, self.error, axes)
        table = exact_array(complete)
        if table is None and self.floats:
            found = to_floats(real_array(complete, what, self.error, axes))
            if not np.isfinite(found).all():
                place = [int(i) for i in np.argwhere(~np.isfinite(found))[0]]
                raise self.error(f"{what} has {found[tuple(place)]} at {place}, expected finite numbers. Correct it.")
            return found
        if table is None:
            raise self.error(f"{what} is not exact, expected integers, Fractions or sympy numbers a + b√n (one n).")
        return table

    def coordinates(self, values: Sequence[int], settings: Sequence[int]) -> Coordinates:
        """Return the coordinates of a scenario of so many values and settings."""
        reach = tuple(frozenset() if j is None else frozenset({j}) for j in self.own)
        return Coordinates(tuple(values), tuple(settings), reach)


def read_form(
    tables: object, reader: Reader, cardinality: Mapping[str, int] | None
) -> tuple[Coordinates, NDArray[Any], set[tuple[int, ...]] | None]:
    """Return the coordinates and the form of tables by sets of outputs, and which were given, or of a matrix (None)."""
    if is_tensor(tables):
        return *_read_tensor(tables, reader, cardinality), None
    if cardinality is not None:
        raise reader.error(
            "cardinality is given, expected it with a matrix only: tables by sets of outputs have their shapes. Leave "
            "it out."
        )
    return _read_tables(tables, reader)


# ----------------------------------------------------------------- sets of outputs


def join_names(names: Sequence[str]) -> str:
    """Return names as one word where each is a letter, else with spaces."""
    return ("" if all(len(name) == 1 for name in names) else " ").join(names)


def split_form(coordinates: Coordinates, form: Exact, outputs: Sequence[str], *, outcomes: bool) -> dict[str, Any]:
    """Return a form as {"": constant, "A": array, "AB": array, …}, axes: outcomes but the last, then settings."""
    found: dict[str, Any] = {"": form[0]}
    for block in coordinates.blocks:
        part = form[block.start : block.start + block.size].copy()
        shape = block.shape if outcomes else block.shape[len(block.members) :]
        part = part.reshape(shape)
        part.setflags(write=False)
        found[join_names([outputs[i] for i in block.members])] = part
    return found


def _read_tables(tables: object, reader: Reader) -> tuple[Coordinates, NDArray[Any], set[tuple[int, ...]]]:
    """Return the coordinates and the form of tables as `split_form` gives them, and which sets were given.

    Cardinalities are read off the shapes; outcome axes may be left out where all parties of a table have two values.
    """
    outputs, own = reader.outputs, reader.own
    if not isinstance(tables, Mapping):
        shape = getattr(tables, "shape", None)
        found = a_kind(tables) if shape is None else f"{a_kind(tables)} of shape {shape}"
        raise reader.error(
            f"found {found}, expected a mapping from sets of outputs to tables of {reader.numbers}, such as "
            f"{{{join_names(list(outputs[:2]))!r}: table, {outputs[0]!r}: table}}, or a matrix."
        )
    given: dict[tuple[int, ...], NDArray[Any]] = {}
    for key, values in tables.items():
        members = _members(key, outputs, reader.error)
        settings = [name for j, name in enumerate(reader.inputs) if j in {own[i] for i in members}]
        short = len(axis_names(values) or ()) == len(settings)
        axes = settings if short else [*(outputs[i] for i in members), *settings]
        table = reader.array(values, f"the table of {key!r}", axes)
        if members in given:
            raise reader.error(f"{key!r} is there a second time, expected each set of outputs once. Add both up.")
        given[members] = table
    coordinates = _sizes(given, reader)
    inexact = any(table.dtype != object for table in given.values())
    form: NDArray[Any] = np.full(coordinates.dimension + 1, Fraction(0), dtype=object)
    blocks = {block.members: block for block in coordinates.blocks}
    for members, table in given.items():
        if not members:
            form[0] = table.item()
            continue
        block = blocks[members]
        if table.shape not in (block.shape, block.shape[len(members) :]) or table.size != block.size:
            raise reader.error(
                f"the table of {join_names([outputs[i] for i in members])!r} has shape {table.shape}, expected "
                f"{block.shape} as the other tables say. Give all tables of one scenario."
            )
        form[block.start : block.start + block.size] = table.ravel()
    return coordinates, to_floats(form) if inexact else form, set(given)


def _sizes(given: Mapping[tuple[int, ...], NDArray[Any]], reader: Reader) -> Coordinates:
    """Return the coordinates of the scenario that the shapes of tables say."""
    outputs, own = reader.outputs, reader.own
    sizes, values_of = [1] * len(reader.inputs), [2] * len(outputs)
    for members, table in given.items():
        reach = [own[i] for i in members if own[i] is not None]
        if table.ndim not in (len(reach), len(reach) + len(members)):
            raise reader.error(
                f"the table of {join_names([outputs[i] for i in members])!r} has {table.ndim} axes, expected "
                f"{len(reach)} for settings, after {len(members)} for outcomes without the last (or none, if all have "
                "two values)."
            )
        for axis, j in zip(
            range(table.ndim - len(reach), table.ndim), sorted(j for j in reach if j is not None), strict=True
        ):
            sizes[j] = max(sizes[j], table.shape[axis])
        if table.ndim > len(reach):
            for axis, i in enumerate(members):
                values_of[i] = max(values_of[i], table.shape[axis] + 1)
    return reader.coordinates(values_of, sizes)


def _members(key: object, outputs: Sequence[str], error: type[RelaxbellError]) -> tuple[int, ...]:
    if not isinstance(key, str):
        raise error(
            f"the set of outputs {key!r} is {a_kind(key)}, expected a string of some of {', '.join(outputs)}: "
            "'A', 'AB' or 'A1 A2'; '' is the constant."
        )
    names = [key] if key in outputs else key.split() if " " in key.strip() else list(key.strip())
    unknown = [name for name in names if name not in outputs]
    if unknown or len(set(names)) < len(names):
        raise error(
            f"{key!r} does not name outputs, expected some of {', '.join(outputs)}: 'A', 'AB' or 'A1 A2'; '' is the "
            "constant."
        )
    members = tuple(outputs.index(name) for name in names)
    if list(members) != sorted(members):
        raise error(f"{key!r} is not in the order of the outputs {', '.join(outputs)}. Reorder it.")
    return members


# -------------------------------------------------------------- matrices and tensors


def is_tensor(values: object) -> bool:
    """Return whether these are meant as a matrix or tensor, and not as tables by sets of outputs.

    Examples
    --------
    >>> is_tensor({"A": [0, 0]}), is_tensor([[1, 0], [0, 1]]), is_tensor("AB")
    (False, True, False)
    """
    return isinstance(values, list | tuple) or (hasattr(values, "__array__") and not isinstance(values, Mapping))


def _read_tensor(
    values: object, reader: Reader, cardinality: Mapping[str, int] | None
) -> tuple[Coordinates, NDArray[Any]]:
    """Return the coordinates and the form of a matrix or tensor.

    Without `cardinality`, which may name outputs and inputs, all outputs have two values.
    """
    table = reader.array(values, f"the matrix of {reader.numbers}")
    _check_axes(table, reader)
    coordinates = _shaped(table, reader, cardinality)
    form = np.empty(coordinates.dimension + 1, dtype=table.dtype)
    form[0] = table[(0,) * table.ndim]
    for block in coordinates.blocks:
        part = table[coordinates.members(block)].reshape(_split(coordinates, block))
        order = _order(coordinates, block)
        form[block.start : block.start + block.size] = part.transpose(np.argsort(order)).ravel()
    return coordinates, form


def write_tensor(coordinates: Coordinates, form: NDArray[Any]) -> NDArray[Any]:
    """Return a form as a tensor that `read_form` reads."""
    lengths = [1 + _settings(coordinates, i) * (k - 1) for i, k in enumerate(coordinates.outputs)]
    table = np.empty(lengths, dtype=form.dtype)
    table[(0,) * table.ndim] = form[0]
    for block in coordinates.blocks:
        place = coordinates.members(block)
        part = form[block.start : block.start + block.size].reshape(block.shape)
        table[place] = part.transpose(_order(coordinates, block)).reshape(table[place].shape)
    return table


def _check_axes(table: NDArray[Any], reader: Reader) -> None:
    outputs = reader.outputs
    if table.ndim == len(outputs) and table.size:
        return
    k = len(outputs)
    hint = (
        f" A table of all p({','.join(outputs)}|{','.join(reader.inputs)}) goes to {reader.cells}."
        if table.ndim == k + len(reader.inputs) and k
        else ""
    )
    raise reader.error(
        f"the matrix of {reader.numbers} has shape {table.shape}, expected {k} axes, one for each of "
        f"{', '.join(outputs)}, each of length 1 + (places of that party). Give outputs= and inputs= of as many "
        f"parties, or a mapping from sets of outputs to tables.{hint}"
    )


def _shaped(table: NDArray[Any], reader: Reader, cardinality: Mapping[str, int] | None) -> Coordinates:
    """Return the coordinates of the scenario that the lengths of the axes say."""
    known = _read_sizes(cardinality, reader)
    values = [known.get(name, 2) for name in reader.outputs]
    settings = [1] * len(reader.inputs)
    for name, k, length, j in zip(reader.outputs, values, table.shape, reader.own, strict=True):
        places = length - 1
        told = 1 if j is None else known.get(reader.inputs[j])
        most = places if told is None else told * (k - 1)
        if places != most or places % max(1, k - 1) or (places == 0) != (k == 1):
            whole = f"1 + settings · {k - 1}" if told is None else f"1 + {told} · {k - 1} = {1 + told * (k - 1)}"
            raise reader.error(
                f"the matrix of {reader.numbers} has shape {table.shape}: axis {reader.outputs.index(name)}, of "
                f"{name}, has length {length}, expected {whole} for {k} outcomes. Give "
                f"cardinality={{{name!r}: outcomes, …}} as they are; the first row and column are the marginals."
            )
        if j is not None:
            settings[j] = (told or 1) if k == 1 else places // (k - 1)
    return reader.coordinates(values, settings)


def _read_sizes(cardinality: object, reader: Reader) -> dict[str, int]:
    if cardinality is None:
        return {}
    if not isinstance(cardinality, Mapping):
        raise reader.error(
            f"cardinality is {plain_repr(cardinality)}, expected a number for each variable, such as "
            f"{{{reader.outputs[0]!r}: 3}}. QETLAB's desc [oa ob ia ib] is dict(zip('ABXY', desc))."
        )
    for name, size in cardinality.items():
        if name not in reader.outputs + reader.inputs:
            raise reader.error(
                f"cardinality names {name!r}, which is none of {', '.join(reader.outputs + reader.inputs)}. Leave it "
                "out."
            )
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise reader.error(f"cardinality of {name!r} is {plain_repr(size)}, expected an integer ≥ 1.")
    return {name: int(size) for name, size in cardinality.items()}


def _settings(coordinates: Coordinates, i: int) -> int:
    return math.prod(coordinates.inputs[j] for j in coordinates.reach[i])


def _split(coordinates: Coordinates, block: Block) -> list[int]:
    """Shape of a block in a tensor, each axis split into setting and outcome; without setting where there is none."""
    return [
        size
        for i in block.members
        for size in (*(coordinates.inputs[j] for j in coordinates.reach[i]), coordinates.outputs[i] - 1)
    ]


def _order(coordinates: Coordinates, block: Block) -> list[int]:
    """Axes of a block (outcomes, then settings) in the order of `_split`."""
    count = len(block.members)
    return [
        axis
        for k, i in enumerate(block.members)
        for axis in (*(count + block.inputs.index(j) for j in coordinates.reach[i]), k)
    ]
