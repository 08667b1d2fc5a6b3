"""Quantum states and observables, for `relaxbell.born`.

Examples
--------
>>> import relaxbell as rb
>>> z, x = rb.states.qubit_observable(0), rb.states.qubit_observable(1.5707963267948966)
>>> rb.born(rb.states.singlet(), [[z, x], [z, x]]).p.shape
(2, 2, 2, 2)
"""

from relaxbell.behavior.states import (
    ghz,
    maximally_entangled,
    partially_entangled,
    qubit_observable,
    schmidt,
    singlet,
    werner,
)

__all__ = ["ghz", "maximally_entangled", "partially_entangled", "qubit_observable", "schmidt", "singlet", "werner"]
