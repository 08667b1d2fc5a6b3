"""Results of quantum programs, by what they offer (duck typing): Qiskit, Cirq, PennyLane, and plain dictionaries.

No quantum package is imported. Whatever a result is, it becomes registers: named tables of shots times places. A place
is Qiskit's classical bit c[i], the i-th qubit of a Cirq measurement, the i-th wire of PennyLane's samples.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import Names, party_names, read_variables
from relaxbell.behavior.reading.dictionary import Cells, whole_count
from relaxbell.behavior.reading.keys import Order, read_key, read_order
from relaxbell.behavior.reading.registers import Choice, Registers, Sources, choose
from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind, one_line, plain_repr

Outcomes: TypeAlias = Mapping[tuple[Hashable, ...], int]

_KINDS = (
    "a sampler's PubResult or BitArray or a backend's counts of Qiskit, a Result of Cirq, samples of PennyLane of "
    "shape (shots, outputs), or a dictionary of counts"
)


@dataclass(frozen=True)
class Asked:
    """What is asked of every result: the outputs, where they stand, and in which order strings are."""

    outputs: tuple[str, ...]
    read: Sources | None
    order: Order


def read_results(
    results: object,
    outputs: Names,
    inputs: Names,
    read: Sources | None,
    order: Order,
    cardinality: Mapping[str, int] | None,
    *,
    labels: bool,
) -> tuple[Cells, dict[str, int]]:
    """Return the cells of {setting: result}, and how many values variables have, where the results or people say so.

    Bits have two values, seen or not; of other digits nobody knows the largest, and it must be given. Labels say it.
    """
    if not isinstance(results, Mapping):
        raise CountsError(
            f"the results are {a_kind(results)}, expected a dictionary {{(x, y): result}}, one result for each "
            f"setting: {_KINDS}. Write {{(0, 0): result[0], …}}."
        )
    if not results:
        raise CountsError(f"the dictionary of results is empty, expected {{(x, y): result}}: {_KINDS}. Add results.")
    first = next(iter(results))
    if isinstance(first, str) and inputs is None:
        raise CountsError(
            f"the setting {plain_repr(first)} is a string, expected a tuple (x, y), one value for each input. Write "
            "tuples, or name the inputs, and give order= from left to right."
        )
    count = len(first) if isinstance(first, tuple) else 1
    out, ins = read_variables(
        party_names(max(1, count))[0] if outputs is None else outputs,
        party_names(count)[1] if inputs is None and count else inputs or (),
        CountsError,
    )
    asked = Asked(out, read, read_order(order, out, ins)[0])
    cells, sizes, told = Cells(out, ins), dict[str, int](), Counter[str]()
    for setting, result in results.items():
        own = read_key(setting, ins, read_order(order, out, ins)[1], "the setting")
        place = f"the result of setting {one_line(plain_repr(setting))}"
        outcomes, found, words = _recognized(result, asked, place)
        told[words] += 1
        for name, size in found.items():
            sizes[name] = min(size, sizes.get(name, size)) and max(size, sizes.get(name, 0))  # 0: nobody knows
        for outcome, number in outcomes.items():
            cells.add(outcome + own, number, f"{place}, outcome {plain_repr(outcome)}")
    cells.notes.extend(f"{number} × {words}" for words, number in told.items())
    if cardinality is not None and not isinstance(cardinality, Mapping):
        raise CountsError(f'cardinality is {plain_repr(cardinality)}, expected numbers of values: {{"A": 3, …}}.')
    known = ({} if labels else sizes) | dict(cardinality or {})
    unknown = [name for name, size in known.items() if not size]
    if unknown:
        raise CountsError(
            f"the results do not say how many outcomes {', '.join(unknown)} can have: found digits that are not all 0 "
            f"and 1, expected numbers of values. Give cardinality={{{unknown[0]!r}: 3, …}}; a table of counts is no "
            "table of samples, and goes to Counts."
        )
    return cells, known


def _recognized(result: object, asked: Asked, place: str) -> tuple[Outcomes, dict[str, int], str]:
    """Return how often each outcome was seen, numbers of values, and what was recognized, in words."""
    registers = _registers(result, place)
    if registers is None and isinstance(result, Mapping):
        return _dictionary(result, asked, place)
    if registers is None:
        raise CountsError(f"{place} is {a_kind(result)}, expected {_KINDS}.{_remedy(result)}")
    if asked.order is not None:
        raise CountsError(
            f"{place} is {registers.kind}, whose order is known, expected order= with dictionaries of strings only. "
            "Leave it out; read= says which output is where."
        )
    chosen = choose(registers, asked.outputs, asked.read, place)
    columns = [_values(registers, choice, name, place) for name, choice in zip(asked.outputs, chosen, strict=True)]
    outcomes = _tally([values for values, _ in columns], registers.weights)
    sizes = {name: size for name, (_, size) in zip(asked.outputs, columns, strict=True)}
    words = ", ".join(f"{name} = {choice.text}" for name, choice in zip(asked.outputs, chosen, strict=True))
    places = sum(table.shape[1] for table in registers.tables.values())
    unread = places - sum(len(choice.places) for choice in chosen)
    rest = f"; {unread} of {places} places not read" if unread else ""
    return outcomes, sizes, f"{registers.kind} ({words}{rest})"


def _tally(columns: Sequence[NDArray[np.int64]], weights: Sequence[int] | None) -> Outcomes:
    """Return how often each combination of values is in the columns."""
    found: Counter[tuple[Hashable, ...]] = Counter()
    if weights is not None:
        for values, weight in zip(zip(*(column.tolist() for column in columns), strict=True), weights, strict=True):
            found[values] += weight
        return found
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    if math.prod(sizes) > 2**62:
        raise CountsError(
            f"outcomes up to {sizes} have too many combinations, expected less than 2^62. Read fewer places."
        )
    codes, numbers = np.unique(np.ravel_multi_index(tuple(columns), tuple(sizes)), return_counts=True)
    events = zip(*(part.tolist() for part in np.unravel_index(codes, tuple(sizes))), strict=True)
    found.update(dict(zip(events, numbers.tolist(), strict=True)))
    return found


def _values(registers: Registers, choice: Choice, name: str, place: str) -> tuple[NDArray[np.int64], int]:
    """Return the value of an output in each shot, and how many values it has; 0 where only the data could say."""
    table = np.asarray(registers.tables[choice.register])[:, list(choice.places)].astype(np.int64)
    digits = int(table.max(initial=0))
    if table.min(initial=0) < 0:
        raise CountsError(
            f"{place}: {name} takes the value {int(table.min())} in {registers.kind}, expected 0, 1, …. Samples of "
            "observables are ±1: sample wires instead, or give Counts.from_trials values=(1, -1)."
        )
    if len(choice.places) == 1:
        return table[:, 0], 2 if digits < 2 and registers.only_bits else 0
    if digits > 1:
        raise CountsError(
            f"{place}: {name} is made of {len(choice.places)} places, of which one takes the value {digits}; expected "
            "bits 0 and 1. Give each output one place by read=."
        )
    most_first = table if choice.most_first else table[:, ::-1]
    value = np.zeros(len(table), dtype=np.int64)
    for column in most_first.T:
        value = 2 * value + column
    return value, 2 ** len(choice.places)


# ------------------------------------------------------------------------ packages


def _registers(result: object, place: str) -> Registers | None:
    """Return the registers of a result, None for what has none."""
    if all(hasattr(result, name) for name in ("num_bits", "num_shots", "array", "get_counts")):
        bits = _bit_array(result, "the BitArray", place)
        return Registers("Qiskit BitArray", {"": bits}, most_first=False, only_bits=True)
    if hasattr(result, "multi_measurement_histogram"):
        return _cirq(result, place)
    if hasattr(result, "metadata") and callable(getattr(getattr(result, "data", None), "keys", None)):
        return _pub_result(result, place)
    if hasattr(result, "int_outcomes") and isinstance(result, Mapping):
        return _qiskit_counts(result, place)
    if isinstance(result, _HasCounts):
        return _backend_result(result, place)
    if _is_primitive_result(result):
        pubs = list(result)
        if len(pubs) != 1:
            raise CountsError(
                f"{place} is a Qiskit PrimitiveResult of {len(pubs)} circuits, expected one circuit for each setting. "
                "Give each setting its own: {(0, 0): result[0], (0, 1): result[1], …}."
            )
        return _registers(pubs[0], place)
    if not isinstance(result, Mapping | str | bytes) and hasattr(result, "__array__"):
        return _samples(result, place)
    return None


def _is_primitive_result(result: object) -> TypeGuard[Iterable[object]]:
    if isinstance(result, Mapping | str | list | tuple) or hasattr(result, "__array__"):
        return False
    if not isinstance(result, Iterable) or not hasattr(result, "metadata"):
        return False
    return all(hasattr(pub, "data") and hasattr(pub, "metadata") for pub in result)


def _pub_result(result: object, place: str) -> Registers:
    data = getattr(result, "data", None)
    names = list(getattr(data, "keys", list)())
    arrays = {str(name): getattr(data, str(name)) for name in names}
    wrong = [name for name, array in arrays.items() if not hasattr(array, "num_bits")]
    if wrong or not arrays:
        raise CountsError(
            f"{place} is a Qiskit PubResult without bits (it holds {', '.join(names) or 'nothing'}), expected that of "
            "a sampler. Expectation values of an estimator are correlators, without numbers of trials: "
            "Behavior.from_correlators."
        )
    tables = {name: _bit_array(array, f"the register {name!r}", place) for name, array in arrays.items()}
    return Registers(f"Qiskit {type(result).__name__}", tables, most_first=False, only_bits=True)


def _bit_array(array: object, what: str, place: str) -> NDArray[np.int64]:
    """Return the bits of a Qiskit BitArray, [shot, i] being c[i]."""
    packed = np.asarray(getattr(array, "array", None), dtype=np.uint8)
    if packed.ndim != 2:
        raise CountsError(
            f"{place}: {what} has the shape {packed.shape[:-2]}, expected (): it holds several sets of parameters, "
            "which are different settings. Give each its own: result.data.NAME[0], …."
        )
    bits = np.unpackbits(packed, axis=1)[:, ::-1]
    return bits[:, : int(getattr(array, "num_bits", 0))].astype(np.int64)


@runtime_checkable
class _HasCounts(Protocol):
    """A backend's result."""

    def get_counts(self) -> object:
        """Return counts, or a list of them."""


def _backend_result(result: _HasCounts, place: str) -> Registers:
    found = result.get_counts()
    if not isinstance(found, Mapping):
        raise CountsError(
            f"{place} holds the counts of several circuits, expected one circuit for each setting. Give each setting "
            "its own: result.get_counts(0), …."
        )
    return _qiskit_counts(found, place)


def _qiskit_counts(counts: Mapping[object, object], place: str) -> Registers:
    """Return the bits of Qiskit's Counts: strings from right to left, the last register first, between spaces."""
    rows, weights = [], []
    for key, number in counts.items():
        text = str(key).replace(" ", "")
        if not text or set(text) - set("01"):
            raise CountsError(f"{place}: the outcome {plain_repr(key)} is no string of 0 and 1. Use get_counts().")
        rows.append([int(bit) for bit in reversed(text)])
        weights.append(whole_count(number, f"{place}, outcome {plain_repr(key)}"))
    if not rows or len({len(row) for row in rows}) > 1:
        raise CountsError(
            f"{place}: {len(rows)} outcomes of different lengths, expected some of one. Correct the keys."
        )
    return Registers("Qiskit Counts", {"": np.array(rows)}, most_first=False, only_bits=True, weights=weights)


def _cirq(result: object, place: str) -> Registers:
    records = getattr(result, "records", None)
    if not isinstance(records, Mapping) or not records:
        raise CountsError(
            f"{place} is a Cirq Result without measurements. Measure each party: cirq.measure(q, key='a')."
        )
    tables = {}
    for key, values in records.items():
        table = np.asarray(values)
        if table.ndim != 3 or table.shape[1] != 1:
            raise CountsError(
                f"{place}: the key {str(key)!r} is measured {table.shape[1]} times in each repetition, expected once. "
                "Give each measurement its own key."
            )
        tables[str(key)] = table[:, 0, :].astype(np.int64)
    bits = all(table.max(initial=0) < 2 for table in tables.values())
    return Registers("Cirq Result", tables, most_first=True, only_bits=bits)


def _samples(result: object, place: str) -> Registers:
    table = np.asarray(result)
    if table.ndim == 0 and table.dtype == object:
        raise CountsError(f"{place} is {a_kind(result)}, expected {_KINDS}.{_remedy(table.item())}")
    if table.dtype.kind == "c":
        raise CountsError(
            f"{place} is an array of shape {table.shape} of complex numbers, expected samples. A state holds no "
            "counts: give it to relaxbell.born with the measurements."
        )
    if table.ndim == 1 and table.dtype.kind in "iub":  # of one wire
        table = table[:, None]
    if table.ndim != 2 or table.dtype.kind not in "iub":
        raise CountsError(
            f"{place} is an array of shape {table.shape} of {table.dtype}, expected samples of whole numbers, shape "
            "(shots, outputs), as qml.sample(wires=[0, 1]) returns them. Tables of counts go to Counts, samples of "
            "observables to Counts.from_trials, probabilities to Behavior."
        )
    bits = bool(table.max(initial=0) < 2)
    return Registers("array of samples", {"": table.astype(np.int64)}, most_first=True, only_bits=bits)


def _dictionary(counts: Mapping[object, object], asked: Asked, place: str) -> tuple[Outcomes, dict[str, int], str]:
    """Return the counts of a plain dictionary of tuples, or of strings in the order that is given."""
    if asked.read is not None:
        raise CountsError(
            f"{place} is a dictionary, expected read= with results that have registers or places. Give order=, the "
            "names of the outputs from left to right in the keys."
        )
    names = asked.outputs
    if len(names) > 1 and any(isinstance(key, float | int | np.number) for key in counts):
        raise CountsError(
            f"{place} has counts of {plain_repr(next(iter(counts)))}: one number for {', '.join(names)} together, "
            "expected an outcome of each. A product of observables, or an integer of a histogram, does not say who "
            "saw what: use qml.counts(wires=[…]), result.multi_measurement_histogram(keys=[…])."
        )
    found: dict[tuple[Hashable, ...], int] = {}
    for key, number in counts.items():
        where = f"{place}, outcome {one_line(plain_repr(key))}"
        plain = str(key) if isinstance(key, str) else key
        outcome = read_key(plain, names, asked.order, f"{place}, outcome")
        if outcome in found:
            raise CountsError(f"{where} appears a second time, written otherwise; expected each once. Add both up.")
        found[outcome] = whole_count(number, where)
    bits = {value for outcome in found for value in outcome} <= {0, 1}
    digits = all(isinstance(value, int) for outcome in found for value in outcome)
    text = "from left to right" if asked.order is None else f"read as {' '.join(asked.order)}"
    return found, dict.fromkeys(names, 2 if bits else 0) if digits else {}, f"dictionary of counts ({text})"


def _remedy(result: object) -> str:
    """Return what to do with what is no result."""
    if hasattr(result, "full") or (isinstance(result, Sequence) and any(hasattr(v, "full") for v in result)):
        return " A state of QuTiP holds no counts: give it to relaxbell.born with the measurements."
    if isinstance(result, tuple) and len(result) == 3 and isinstance(result[0], Sequence):
        return (
            " This looks like measurement_statistics of QuTiP, probabilities from which those that are 0 may be "
            "missing: give state and measurements to relaxbell.born."
        )
    if isinstance(result, list | tuple) and result and all(isinstance(part, Mapping) for part in result):
        return (
            f" These are {len(result)} dictionaries: of observables that were counted each for itself, which outcomes "
            "came together is lost (use qml.counts(wires=[…])); of several sets of parameters or shots, give each "
            "its own setting, or add them up."
        )
    if isinstance(result, list | tuple) and any(hasattr(part, "data") or hasattr(part, "records") for part in result):
        return f" These are {len(result)} results, of several settings or runs: give each setting its own."
    if isinstance(result, list | tuple):
        return " Rows of trials go to Counts.from_trials."
    return " Run the program first, or write its counts as a dictionary {(a, b): count}."
