"""An interactive view: noise, entanglement and angles against the least relaxations, driven by closed forms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.quantum import born
from relaxbell.behavior.states import partially_entangled, qubit_observable
from relaxbell.causal.networks import input_signaling, measurement_dependence, outcome_signaling
from relaxbell.closed_forms.closed_form import ClosedForm
from relaxbell.closed_forms.derive import closed_form
from relaxbell.functionals.catalog import CHSH
from relaxbell.measures.dependences import dependence
from relaxbell.measures.hall import hall_dependence
from relaxbell.measures.influences import influence
from relaxbell.measures.messages import binary_entropy

if TYPE_CHECKING:
    from ipywidgets import VBox

_LEFT, _WIDTH, _ROW, _TOP = 150, 260, 26, 34
_INK, _BAR = "#222222", "#5b7fb5"
_SLIDERS = (
    ("visibility", "visibility v", 1.0, 1.0),
    ("entanglement", "state angle t", math.pi / 4, math.pi / 4),
    ("angle", "Bob's angle θ", math.pi / 2, math.pi / 4),
)
"""Argument, label, largest value, first value; all begin at 0."""


@dataclass(frozen=True, eq=False)
class Explorer:
    """Least relaxations of a two-qubit experiment; shows itself with sliders in notebooks. Made by `explorer`.

    Alice measures Z and X, Bob cos θ Z ± sin θ X, on cos t |00⟩ + sin t |11⟩ mixed with white noise.

    Attributes
    ----------
    forms
        The closed forms, by name.

    Examples
    --------
    >>> import relaxbell as rb
    >>> {name: round(value, 6) for name, value in rb.explorer().values().items()}
    {'C(X → B)': 0.207107, 'C(A → B)': 0.414214, 'H(M)': 0.735916, 'M': 0.207107, 'Hall': 0.276142}
    """

    forms: Mapping[str, ClosedForm]

    def behavior(
        self, *, visibility: float = 1.0, entanglement: float = math.pi / 4, angle: float = math.pi / 4
    ) -> Behavior:
        """Return p(a, b|x, y).

        Parameters
        ----------
        visibility
            v, 0 … 1.
        entanglement
            The state's angle t in radians, 0 (product) … π/4 (maximally entangled).
        angle
            Bob's angle θ in radians.

        Returns
        -------
        Behavior
            Shape (2, 2, 2, 2), floats.

        Raises
        ------
        BehaviorError
            If the visibility is no probability.

        Examples
        --------
        >>> import relaxbell as rb
        >>> round(rb.catalog.CHSH(rb.explorer().behavior(visibility=0.5)), 6)
        1.414214
        """
        alice = [qubit_observable(0), qubit_observable(math.pi / 2)]
        bob = [qubit_observable(angle), qubit_observable(-angle)]
        return born(partially_entangled(entanglement), [alice, bob]).visibility(visibility)

    def values(self, **setting: float) -> dict[str, float]:
        """Return the least value of each relaxation, H(M) in bits.

        Parameters
        ----------
        **setting
            As in `behavior`.

        Returns
        -------
        dict
            Name → value.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.explorer().values(entanglement=0.0)["C(X → B)"]  # a product state
        0.0
        """
        p = self.behavior(**setting)
        found: dict[str, float] = {}
        for name, form in self.forms.items():
            found[name] = max(0.0, float(form.evaluate([p]).value[0]))
            if name == "C(A → B)":  # Eq. (9): the weight of a message is C(X → B), the same formula
                found["H(M)"] = binary_entropy(found["C(X → B)"])
        return found

    def svg(self, **setting: float) -> str:
        """Return the relaxations as bars.

        Parameters
        ----------
        **setting
            As in `behavior`.

        Returns
        -------
        str
            An SVG document.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.explorer().svg(visibility=0.9).startswith("<svg")
        True
        """
        values, chsh = self.values(**setting), float(CHSH(self.behavior(**setting)))
        height = _TOP + _ROW * len(values) + 12
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 90}" height="{height}" '
            f'viewBox="0 0 {_LEFT + _WIDTH + 90} {height}" font-family="sans-serif" font-size="13" fill="{_INK}">',
            f'<rect width="100%" height="100%" fill="#ffffff"/>'
            f'<text x="10" y="20">CHSH = {chsh:.4f} (local models: at most 2)</text>',
        ]
        for k, (name, value) in enumerate(values.items()):
            y = _TOP + _ROW * k
            unit = " bit" if name == "H(M)" else ""
            parts += [
                f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{name}</text>',
                f'<rect x="{_LEFT}" y="{y + 2}" width="{_WIDTH * min(value, 1.0):.1f}" height="18" fill="{_BAR}"/>',
                f'<text x="{_LEFT + _WIDTH * min(value, 1.0) + 6:.1f}" y="{y + 15}">{value:.4f}{unit}</text>',
            ]
        return "\n".join([*parts, f'<path d="M {_LEFT} {_TOP - 4} V {height - 8}" stroke="{_INK}"/>', "</svg>"])

    @cached_property
    def widget(self) -> VBox:
        """Sliders and the picture as an ipywidgets box (extra ``notebooks``)."""
        import ipywidgets

        sliders = {
            name: ipywidgets.FloatSlider(
                description=label, min=0.0, max=most, value=first, step=0.01, style={"description_width": "initial"}
            )
            for name, label, most, first in _SLIDERS
        }
        picture = ipywidgets.HTML(self.svg())

        def redraw(_: object) -> None:
            picture.value = self.svg(**{name: slider.value for name, slider in sliders.items()})

        for slider in sliders.values():
            slider.observe(redraw, names="value")
        return ipywidgets.VBox([*sliders.values(), picture])

    def __repr__(self) -> str:
        values = "\n".join(
            f"  {name:9} {value:.6f}{' bit' if name == 'H(M)' else ''}" for name, value in self.values().items()
        )
        return f"least relaxations for CHSH = {float(CHSH(self.behavior())):.6f}\n{values}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return the sliders where ipywidgets is installed, and the picture for readers without them."""
        found: dict[str, str] = {"text/plain": repr(self), "image/svg+xml": self.svg()}
        try:
            box = self.widget
        except ModuleNotFoundError:
            return found
        shown = box._repr_mimebundle_(include=include, exclude=exclude) or {}
        return {**shown, **found}


def explorer() -> Explorer:
    """Return an interactive view of noise, entanglement and angles against the least relaxations.

    In a notebook it shows sliders (extra ``notebooks``); without ipywidgets it is a picture for the Tsirelson point,
    and `Explorer.values` gives the numbers. Its closed forms are derived once, by `closed_form`, and need the extra
    ``polytopes``; moving a slider only evaluates them.

    Returns
    -------
    Explorer
        With closed forms that any two-qubit behavior of the scenario can be put into.

    Raises
    ------
    ClosedFormError
        If exact polyhedra are not installed.

    Examples
    --------
    >>> import relaxbell as rb
    >>> noisy = rb.explorer().values(visibility=0.7)  # below 1/√2: local
    >>> max(noisy.values())
    0.0
    """
    free = measurement_dependence()
    measures = {
        "C(X → B)": influence(input_signaling(), "X", "B"),
        "C(A → B)": influence(outcome_signaling(), "A", "B"),
        "M": dependence(free),
        "Hall": hall_dependence(free),
    }
    return Explorer({name: closed_form(measure) for name, measure in measures.items()})
