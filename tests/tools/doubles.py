"""Stand-ins for results of quantum programs, made of what was recorded: what is read of them, and nothing else."""

import json
from pathlib import Path

import numpy as np

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())


class BitArray:
    def __init__(self, num_bits, array):
        self.num_bits, self.array = num_bits, np.array(array, dtype=np.uint8)
        self.num_shots = self.array.shape[-2]

    def get_counts(self):
        raise AssertionError("not needed")


class DataBin:
    def __init__(self, arrays):
        self.__dict__.update(arrays)
        self.keys, self.items = arrays.keys, arrays.items


class SamplerPubResult:
    def __init__(self, **arrays):
        self.data, self.metadata = DataBin(arrays), {}

    def join_data(self):
        raise AssertionError("not needed")


class PrimitiveResult:
    def __init__(self, *pubs):
        self._pubs, self.metadata = pubs, {}

    def __iter__(self):
        return iter(self._pubs)


class QiskitCounts(dict):
    int_outcomes = hex_outcomes = None


class BackendResult:
    def __init__(self, counts):
        self._counts = counts

    def get_counts(self):
        return self._counts


class CirqResult:
    def __init__(self, records):
        self.records = {key: np.array(values, dtype=np.int8) for key, values in records.items()}

    def multi_measurement_histogram(self, keys):
        raise AssertionError("not needed")


class Qobj:
    """QuTiP's: no array and no sequence."""

    def __init__(self, array, dims=None):
        self._array = np.array(array, dtype=complex)
        self.dims = dims

    def full(self):
        return self._array


def recorded(tool, kind):
    """Return {setting: what was returned}."""
    return {tuple(setting): rest[0] if len(rest) == 1 else rest for setting, *rest in RECORDED[tool]["returned"][kind]}


def pub_result(bits):
    return SamplerPubResult(**{name: BitArray(*own) for name, own in bits.items()})
