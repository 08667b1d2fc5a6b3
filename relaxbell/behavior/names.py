"""Reading variable names, and checking values against them: shared by behaviors and models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Reversible, Sequence, Set

import numpy as np

from relaxbell.errors import BehaviorError, RelaxbellError
from relaxbell.exact.texts import a_kind, plain_repr
from relaxbell.frozen import FrozenMapping

Setting = Mapping[str, int]
"""Values of some variables by name."""

Names = str | Sequence[str] | None
"""Names of variables; None for the usual ones."""

_NAME = re.compile(r"[^\W\d]\w*'*")
_NAMES = "Expected letters, digits and _, not a digit first, and apostrophes ' at the end only, as in X or B_1'."


def read_names(names: str | Sequence[str], what: str, error: type[RelaxbellError]) -> tuple[str, ...]:
    """Return names as a tuple; a string is split at spaces and commas. Duplicates and sets are refused."""
    check_ordered(names, what, error)
    found = tuple(names.replace(",", " ").split()) if isinstance(names, str) else tuple(names)
    for name in found:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise error(f"{name!r} is not a variable name. {_NAMES}")
    repeated = [n for i, n in enumerate(found) if n in found[:i]]
    if repeated:
        raise error(f"{repeated[0]!r} appears twice in {what}: {', '.join(found)}. Each variable needs its own name.")
    return found


def read_variables(
    outputs: Names, inputs: Names, error: type[RelaxbellError]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of outputs and inputs, all different; by default A, B and X, Y.

    Examples
    --------
    >>> read_variables("A", None, BehaviorError)
    (('A',), ('X', 'Y'))
    """
    out = read_names(("A", "B") if outputs is None else outputs, "outputs", error)
    ins = read_names(("X", "Y") if inputs is None else inputs, "inputs", error)
    both = [name for name in out if name in ins]
    # as they are where nothing is given
    usual_out = outputs is None or (isinstance(outputs, tuple) and outputs == ("A", "B"))
    usual_in = inputs is None or (isinstance(inputs, tuple) and inputs == ("X", "Y"))
    if both and usual_out != usual_in:
        missing, usual, named = ("inputs", ins, "outputs") if usual_in else ("outputs", out, "inputs")
        none = ', "" for none' if usual_in else ""
        raise error(
            f"{missing} are those that go without saying, {' and '.join(usual)}, but {both[0]} appears among the "
            f"{named}, expected different names. Give {missing}= as well{none}."
        )
    read_names(out + ins, "outputs and inputs together", error)
    return out, ins


def check_ordered(values: object, what: str, error: type[RelaxbellError]) -> None:
    """Raise `error` for a set: its order is nobody's choice. Dictionaries and their views are in order.

    Examples
    --------
    >>> check_ordered(["A", "B"], "outputs", BehaviorError)
    """
    if isinstance(values, Set) and not isinstance(values, Mapping | Reversible):
        shown = ", ".join(sorted(map(str, values)))[:60]
        raise error(
            f"{what} is {a_kind(values)} ({shown}), which has no order, expected a list or tuple. Write it in "
            "the order meant."
        )


def read_parties(
    parties: Mapping[str, str | None] | None, outputs: Sequence[str], inputs: Sequence[str]
) -> Mapping[str, str | None] | None:
    """Return output → its party's input (None: it has none); paired in order where not given."""
    if parties is None:
        if len(outputs) != len(inputs):
            return None
        return FrozenMapping(dict(zip(outputs, inputs, strict=True)))
    if set(parties) != set(outputs):
        raise BehaviorError(f"parties names {', '.join(parties)}, expected each output once: {', '.join(outputs)}.")
    chosen = [i for i in parties.values() if i is not None]
    if sorted(chosen) != sorted(inputs):
        raise BehaviorError(
            f"parties assigns the inputs {', '.join(chosen) or '(none)'}, expected each of {', '.join(inputs)} once."
        )
    return FrozenMapping({name: parties[name] for name in outputs})


def check_values(
    setting: Setting,
    names: Sequence[str],
    cardinality: Mapping[str, int],
    what: str,
    error: type[RelaxbellError],
) -> None:
    """Raise `error` if a variable of `setting` is not among `names` or its value is out of range."""
    if not isinstance(setting, Mapping):
        example = f'{{"{names[0] if names else "A"}": 0}}'
        raise error(f"{setting!r} is {a_kind(setting)}, expected a mapping such as {example}.")
    for name, value in setting.items():
        if name not in names:
            raise error(f"{name!r} is not an {what} here. Expected one of {', '.join(names) or '(none)'}.")
        whole = not isinstance(value, bool | np.bool_) and isinstance(value, int | np.integer)
        if not whole or not 0 <= value < cardinality[name]:
            raise error(
                f"{name} = {plain_repr(value)} is out of range. {name} takes the values 0 … {cardinality[name] - 1}."
            )


def name_latex(name: str, index: str = "") -> str:
    r"""Return a variable's name in LaTeX, with an index: single letters as symbols, others upright.

    Examples
    --------
    >>> print(name_latex("A1", "0"), name_latex("Alice"), name_latex("b_x''", "2"))
    A_{1,0} \mathrm{Alice} \mathrm{b\_x}''_{2}
    """
    stem = name.rstrip("'")
    symbol = re.fullmatch(r"([^\W\d_])_?(\d*)", stem)
    if symbol:
        stem, index = symbol[1], ",".join(filter(None, (symbol[2], index)))
    elif not (stem.isupper() and stem.isalpha()):
        stem = rf"\mathrm{{{stem.replace('_', chr(92) + '_')}}}"
    return f"{stem}{name[len(name.rstrip(chr(39))) :]}" + (f"_{{{index}}}" if index else "")


def party_names(n: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of n parties' outputs and inputs: A, B, C and X, Y, Z; from n = 4 on A1 … and X1 ….

    Raises
    ------
    BehaviorError
        If n is not a positive integer.

    Examples
    --------
    >>> party_names(2)
    (('A', 'B'), ('X', 'Y'))
    >>> party_names(4)[1]
    ('X1', 'X2', 'X3', 'X4')
    """
    if not isinstance(n, int) or n < 1:
        raise BehaviorError(f"the number of parties is {n!r}, expected an integer ≥ 1. Give at least one party.")
    if n <= 3:
        return tuple("ABC"[:n]), tuple("XYZ"[:n])
    return tuple(f"A{i}" for i in range(1, n + 1)), tuple(f"X{i}" for i in range(1, n + 1))
