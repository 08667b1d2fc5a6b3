"""A clock for tests of time limits, so that they neither wait nor depend on how busy the machine is."""


class Clock:
    """Each reading is `step` seconds after the one before."""

    def __init__(self, step=0.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def replaced(monkeypatch, step):
    """Let the package read such a clock; return it."""
    clock = Clock(step)
    monkeypatch.setattr("relaxbell.lp.clock.clock", clock)
    return clock
