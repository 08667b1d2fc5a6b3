"""A clock for tests of time limits, so that they neither wait nor depend on how busy the machine is."""

import importlib


class Clock:
    """Each reading is `step` seconds after the one before; it serves in place of the module `time` as well."""

    def __init__(self, step=0.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now

    perf_counter = monotonic = __call__


def replaced(monkeypatch, modules, step):
    """Let some modules of the package, by name, read one such clock; return it."""
    clock = Clock(step)
    for name in modules:
        monkeypatch.setattr(importlib.import_module(f"relaxbell.{name}"), "time", clock)
    return clock
