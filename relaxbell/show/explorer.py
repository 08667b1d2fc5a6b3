"""An interactive view: noise, entanglement, angles and losses against the least relaxations, and what trials prove."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from html import escape
from numbers import Integral
from typing import TYPE_CHECKING

from sympy import Symbol

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.quantum import born
from relaxbell.behavior.states import partially_entangled, qubit_observable
from relaxbell.causal.networks import input_signaling, measurement_dependence, message, outcome_signaling
from relaxbell.closed_forms.closed_form import ClosedForm
from relaxbell.closed_forms.derive import closed_form
from relaxbell.errors import CountsError
from relaxbell.exact.texts import floor_text
from relaxbell.functionals.catalog import CHSH
from relaxbell.measures.dependences import dependence
from relaxbell.measures.hall import hall_dependence
from relaxbell.measures.influences import influence
from relaxbell.measures.messages import binary_entropy, message_weight
from relaxbell.trials.chances import log_tail
from relaxbell.trials.testing import read_confidence
from relaxbell.trials.text import power_text

if TYPE_CHECKING:
    from ipywidgets import VBox

    from relaxbell.curves.curve import Curve
    from relaxbell.measures.measure import Measure

_LEFT, _WIDTH, _ROW, _TOP = 110, 260, 26, 54
_INK, _BAR, _PROVED = "#222222", "#9db8dd", "#222222"
_TRIALS = 1000
_SLIDERS = (
    ("visibility", "visibility v", 1.0, 1.0),
    ("entanglement", "state angle t", math.pi / 4, math.pi / 4),
    ("angle", "Bob's angle θ", math.pi / 2, math.pi / 4),
    ("efficiency", "efficiency η", 1.0, 1.0),
    ("trials", "log10 of trials", 9.0, 3.0),
)
"""Argument, label, largest value, first value; all begin at 0."""


@dataclass(frozen=True, eq=False)
class Explorer:
    """Least relaxations of a two-qubit experiment; shows itself with sliders in notebooks. Made by `explorer`.

    Alice measures Z and X, Bob cos θ Z ± sin θ X, on cos t |00⟩ + sin t |11⟩ mixed with white noise. Detectors lose
    results, for which outcome 0 is reported. Bars are what has to be relaxed, and dark ones in them what a number of
    trials proves of it.

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
        self,
        *,
        visibility: float = 1.0,
        entanglement: float = math.pi / 4,
        angle: float = math.pi / 4,
        efficiency: float = 1.0,
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
        efficiency
            η of each detector; where it sees nothing, outcome 0 is reported.

        Returns
        -------
        Behavior
            Shape (2, 2, 2, 2), floats.

        Raises
        ------
        BehaviorError
            If the visibility or the efficiency is no probability.

        Examples
        --------
        >>> import relaxbell as rb
        >>> round(rb.catalog.CHSH(rb.explorer().behavior(visibility=0.5)), 6)
        1.414214
        """
        alice = [qubit_observable(0), qubit_observable(math.pi / 2)]
        bob = [qubit_observable(angle), qubit_observable(-angle)]
        p = born(partially_entangled(entanglement), [alice, bob]).visibility(visibility)
        return p if efficiency == 1 else p.with_losses(efficiency, assign=0)

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

    @cached_property
    def limits(self) -> Mapping[str, Curve]:
        """The largest CHSH value, exact, where a relaxation is at most ε, by the name of the relaxation."""
        measures: dict[str, Measure] = {}
        for name, form in self.forms.items():
            measures[name] = form.measure
            if name == "C(A → B)":
                measures["H(M)"] = message_weight(message())
        limit = Symbol("ε", real=True)
        return {name: CHSH.bound(own.model, [own <= limit]) for name, own in measures.items()}

    def log_p(self, trials: int, **setting: float) -> float:
        """Return the natural logarithm of the p-value of local models after trials that come out as expected.

        Parameters
        ----------
        trials
            How many, with uniform settings.
        **setting
            As in `behavior`.

        Returns
        -------
        float
            The binomial tail of the CHSH game, of which local models win at most 3/4, whatever memory they have; see
            `relaxbell.evidence`.

        Raises
        ------
        CountsError
            If the number is none.

        Examples
        --------
        >>> import math, relaxbell as rb
        >>> round(math.exp(rb.explorer().log_p(100)), 4)  # 85 are won
        0.0111
        """
        return log_tail(self._won(trials, setting), trials, Fraction(3, 4))

    def at_least(self, trials: int, *, confidence: float = 0.95, **setting: float) -> dict[str, float]:
        """Return what trials that come out as expected prove of each relaxation, H(M) in bits.

        Parameters
        ----------
        trials
            How many, with uniform settings.
        confidence
            Of the limits.
        **setting
            As in `behavior`.

        Returns
        -------
        dict
            Name → the least ε that the trials do not reject; 0 where they reject none. The CHSH game decides, as if it
            had been named before: the exact binomial tail, and the largest CHSH value where the relaxation is at most
            ε (`limits`).

        Raises
        ------
        CountsError, MeasureError
            If the number or the confidence is none.

        Examples
        --------
        >>> import relaxbell as rb
        >>> view = rb.explorer()
        >>> [round(view.at_least(n)["M"], 4) for n in (10, 1000, 100000)]
        [0.0, 0.1666, 0.2034]
        >>> view.at_least(10**6, efficiency=0.8)["M"]  # below 2(√2 − 1)
        0.0
        """
        from scipy.stats import beta

        level = 1 - read_confidence(confidence)
        won = self._won(trials, setting)
        least = 8 * float(beta.ppf(level, won, trials - won + 1)) - 4 if won else -4.0  # CHSH is 8 times that less 4
        found = {}
        for name, line in self.limits.items():
            limit = line.crossing(least) if least > float(line.value(0)) else 0
            own = float(line.domain[1] if limit is None else limit)
            found[name] = binary_entropy(min(own, 0.5)) if name == "H(M)" else own
        return found

    def _won(self, trials: object, setting: Mapping[str, float]) -> int:
        """Return how many trials of the CHSH game are won, as expected, rounded down."""
        if isinstance(trials, bool) or not isinstance(trials, Integral) or trials < 1:
            raise CountsError(f"trials is {trials!r}, expected their number, such as 1000.")
        return math.floor(int(trials) * (4 + float(CHSH(self.behavior(**setting)))) / 8 + 1e-9)

    def svg(self, *, trials: int = _TRIALS, **setting: float) -> str:
        """Return the relaxations as bars, with marks at what is proved.

        Parameters
        ----------
        trials
            How many, as in `at_least`.
        **setting
            As in `behavior`.

        Returns
        -------
        str
            An SVG document.

        Raises
        ------
        CountsError
            If the number is none.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.explorer().svg(visibility=0.9, efficiency=0.95, trials=5000).startswith("<svg")
        True
        """
        values, chsh = self.values(**setting), float(CHSH(self.behavior(**setting)))
        proved, p = self.at_least(trials, **setting), power_text(self.log_p(trials, **setting), up=True)
        width, height = _LEFT + _WIDTH + 190, _TOP + _ROW * len(values) + 12
        said = ", ".join(f"{name} {value:.4f}, proved {proved[name]:.4f}" for name, value in values.items())
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(said)}" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" fill="{_INK}">',
            f'<rect width="100%" height="100%" fill="#ffffff"/>'
            f'<text x="10" y="20">CHSH = {chsh:.4f} (local models: at most 2)</text>',
            f'<text x="10" y="39">{trials:,} trials: p-value {p} of local models; dark: proved with 95 %</text>',
        ]
        for k, (name, value) in enumerate(values.items()):
            y, own, wide = _TOP + _ROW * k, proved[name], _WIDTH * min(value, 1.0)
            unit = " bit" if name == "H(M)" else ""
            least = f'<tspan dx="8">at least {floor_text(own, 3)}</tspan>' if own else ""
            parts += [
                f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{name}</text>',
                f'<rect x="{_LEFT}" y="{y + 2}" width="{wide:.1f}" height="18" fill="{_BAR}"/>',
                f'<rect x="{_LEFT}" y="{y + 8}" width="{_WIDTH * min(own, 1.0):.1f}" height="6" fill="{_PROVED}"/>',
                f'<text x="{_LEFT + wide + 6:.1f}" y="{y + 15}">{value:.4f}{unit}{least}</text>',
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
            setting = {name: slider.value for name, slider in sliders.items()}
            picture.value = self.svg(trials=round(10 ** setting.pop("trials")), **setting)

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
    """Return an interactive view of noise, entanglement, angles, losses and trials against the least relaxations.

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
