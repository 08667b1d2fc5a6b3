"""Test factors from predictions: the prediction over its projection on a null set.

The projection minimizes Σ f log(f/m) over the distributions m of the null set. Columns are generated: a master program
over the few found so far, by a primal-dual path; then the distribution at which f/m has the largest mean. That mean is
what a valid factor must be divided by, so its logarithm is the gap. Zhang, Glancy and Knill, PRA 84, 062118 (2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining
from relaxbell.trials.null import Extreme, Null

_GAP = 1e-9
"""Relative gap of the strength at which columns suffice."""

_ROUGH = 1e-2
"""The same, where one factor serves a range of limits."""

_ROUNDS = 100
_MANY = 40
"""Columns beyond this are dropped where they have no weight: the master takes time in their third power."""

_LIGHT = 1e-12
_STEPS = 200
_STOP = 1e-19
"""Complementarity at which the master ends: the strength of photon data is 1e-8, of differences of 1e-16."""

_CAP = 2.0**20
"""Of a factor where the null set has probability zero."""

_SAME = 1e-14

_INSURANCE = 2.0**-10
"""What is not bet, where a prediction has impossible events: it costs that share of the strength at most."""

_NOTHING = 1e-14
"""A strength that rounding could make."""


@dataclass(frozen=True, eq=False)
class Factor:
    """A test factor R = (1 + excess) / (1 + bound) for one limit: no distribution of the null set has a mean above 1.

    Attributes
    ----------
    limit
        On the measure.
    excess
        Of the unscaled factor, floats that are meant exactly as binary fractions, flat.
    bound
        Rigorous bound of the mean excess.
    strength
        Mean logarithm of the best factor under the prediction it was made for, nat for each trial; at least 0, the
        strength of not betting.
    """

    limit: Fraction
    excess: Floats
    bound: Fraction
    strength: float

    @property
    def log(self) -> Floats:
        """Logarithm of the factor, minus infinity where it is zero."""
        with np.errstate(divide="ignore"):
            return np.log1p(self.excess) - np.log1p(float(self.bound))


class Projector:
    """Projections of one prediction on null sets; columns are kept from limit to limit."""

    def __init__(self, null: Null, prediction: Floats, *, insured: bool = True) -> None:
        null.check_projected("a test factor, or the strength of a prediction,")
        self.null, self.insured = null, insured
        self._made: dict[bytes, Floats] = {}
        self._nearest: dict[Fraction, Floats] = {}
        self.prediction = np.asarray(prediction, dtype=np.float64).ravel()
        self._columns: dict[Fraction, list[Floats]] = {}
        self._known: dict[Fraction, Factor] = {}

    def factor(self, limit: Fraction) -> Factor:
        """Return the best factor found for a limit, certified."""
        if limit not in self._known:
            self._known[limit] = self._project(limit, _GAP)
        return self._known[limit]

    def nearest_weights(self, limit: Fraction) -> Floats:
        """Return weights of the strategies that make the nearest distribution that was found for a limit."""
        self.factor(limit)
        return self._nearest[limit]

    def rough(self, limit: Fraction) -> Factor:
        """Return a factor for a limit, certified, that is nearly as good and found sooner."""
        return self._known[limit] if limit in self._known else self._project(limit, _ROUGH)

    def _project(self, limit: Fraction, enough: float) -> Factor:
        f, null = self.prediction, self.null
        on = f > 0
        columns = self._start(limit)
        best: tuple[float, Floats] | None = None
        for _ in range(_ROUNDS):
            remaining()
            weights = master(f, np.array(columns).T)
            mixed = np.array(columns).T @ (weights / weights.sum())
            excess = _excess(f, mixed)
            parts = [self._made.get(own.tobytes()) for own in columns]
            if not self.insured and all(part is not None for part in parts):
                shares = zip(weights / weights.sum(), parts, strict=True)
                self._nearest[limit] = sum((w * part for w, part in shares if part is not None), np.zeros(1))
            strength = float(f[on] @ np.log1p(excess[on]))
            if strength <= _NOTHING:  # that of the best factor is less: the prediction is in the null set
                return Factor(limit, np.zeros(len(f)), Fraction(0), 0.0)
            found = null.largest(excess, limit, rigorous=False)
            gap = float(np.log1p(max(found.value, -0.5)))
            if best is None or strength - gap > best[0]:
                best = strength - gap, excess
            if gap <= enough * strength:
                break
            if min(float(abs(found.joint - own).max()) for own in columns) < _SAME:
                break
            if len(columns) > _MANY:
                columns = [own for own, w in zip(columns, weights.tolist(), strict=True) if w > _LIGHT]
            columns.append(self._kept(found))
        if best is None:
            raise SolverError(f"no projection on {null.measure.name} <= {float(limit):g} was found.")
        self._columns[limit] = [own for own, w in zip(columns, weights.tolist(), strict=False) if w > _LIGHT]
        if best[0] <= _NOTHING:  # the prediction is in the null set: do not bet
            return Factor(limit, np.zeros(len(f)), Fraction(0), 0.0)
        excess = best[1]
        bound = null.largest(excess, limit).bound
        strength = max(0.0, float(f[on] @ np.log1p(excess[on])) - float(np.log1p(float(bound))))
        if (
            self.insured and (excess <= -1).any()
        ):  # one event that was thought impossible must not decide alone; still a valid factor
            excess = excess * (1 - _INSURANCE)
            bound = null.largest(excess, limit).bound
        return Factor(limit, excess, bound, strength)

    def _kept(self, found: Extreme) -> Floats:
        """Return a distribution as a column; the weights behind it are remembered where they are wanted."""
        if not self.insured and found.weights is not None:
            self._made[found.joint.tobytes()] = found.weights
        return found.joint

    def _start(self, limit: Fraction) -> list[Floats]:
        """Return columns that cover all cells: those of the next smaller limit are in this null set too."""
        smaller = [known for known in self._columns if known <= limit]
        columns = list(self._columns[max(smaller)]) if smaller else []
        f = self.prediction
        covered = sum(columns, np.zeros(len(f)))
        for cell in np.flatnonzero((f > 0) & (covered <= 0)):
            if covered[cell] > 0:
                continue
            unit = np.zeros(len(f))
            unit[cell] = 1.0
            found = self._kept(self.null.largest(unit, limit, rigorous=False))
            columns.append(found)
            covered = covered + np.maximum(found, 0.0)
        return columns


def _excess(f: Floats, mixed: Floats) -> Floats:
    """Return f/m − 1, −1 where nothing was predicted, capped where the null set has probability zero."""
    out = np.full(len(f), -1.0)
    on = f > 0
    with np.errstate(divide="ignore"):
        out[on] = np.where(mixed[on] > 0, (f[on] - mixed[on]) / np.where(mixed[on] > 0, mixed[on], 1.0), _CAP)
    return np.minimum(out, _CAP)


def master(f: Floats, columns: Floats) -> Floats:
    """Return w ≥ 0 that maximizes Σ f log(columns w) − Σ w; then Σ w = Σ f by itself. A primal-dual path."""
    on = f > 0
    f, columns = f[on], columns[on]
    reachable = columns.max(axis=1) > 0
    f, columns = f[reachable], columns[reachable]
    f = f / f.sum()
    k = columns.shape[1]
    w, s = np.full(k, 1.0 / k), np.ones(k)
    for _ in range(_STEPS):
        m = columns @ w
        slope = columns.T @ (f / m)
        missed = 1.0 - slope - s
        mu = float(w @ s) / k
        worst = float(abs(missed).max())
        if mu * k < _STOP and worst < 1e-14:
            break
        sigma = 0.1 if worst < 1e-3 else 0.3
        hessian = columns.T @ ((f / m**2)[:, None] * columns)
        d = np.sqrt(w)  # scaled so, the system stays well conditioned when weights range over many decades
        system = d[:, None] * hessian * d + np.diag(s)
        right = d * (-missed + (sigma * mu - w * s) / w)
        step = d * np.linalg.lstsq(system, right, rcond=1e-15)[0]
        slack = (sigma * mu - w * s - s * step) / w
        length = min([1.0, *(-0.99 * w[step < 0] / step[step < 0]), *(-0.99 * s[slack < 0] / slack[slack < 0])])
        w, s = w + length * step, s + length * slack
    return w
