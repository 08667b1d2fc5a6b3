"""`quantify`: from counts or a behavior to the least relaxation of each assumption."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.counts import Counts, CountsFit
from relaxbell.behavior.data_sets import load_counts
from relaxbell.causal.model import CausalModel
from relaxbell.causal.networks import bell, message
from relaxbell.errors import BehaviorError, RelaxbellError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.chsh import CHSHValue, largest_chsh
from relaxbell.lp.clock import TimeLimitError, deadline
from relaxbell.measures.dependences import dependence
from relaxbell.measures.hall import hall_dependence
from relaxbell.measures.influences import influence
from relaxbell.measures.information import mutual_information
from relaxbell.measures.measure import Measure
from relaxbell.measures.messages import message_entropy
from relaxbell.methods import provided
from relaxbell.quantification.report import Quantification, Row
from relaxbell.solve.minimization import minimize

Progress = Callable[[int, int, str], None]
"""Called with (rows done, rows in all, what comes next)."""


def quantify(
    observed: Counts | CountsFit | Behavior | str | Path,
    *,
    input_distribution: Literal["uniform", "observed"] = "uniform",
    progress: Progress | None = None,
    each: Callable[[Row], None] | None = None,
    seconds_per_row: float | None = 60.0,
) -> Quantification:
    """Return the least relaxation of locality that explains counts or a behavior.

    Parameters
    ----------
    observed
        Counts, a fit, a behavior, the name of a shipped data set, or the path of a CSV file. Counts
        are fitted within non-signaling behaviors first.
    input_distribution
        p(x, y) for measures that depend on it (the message's entropy and those of measurement
        dependence): ``uniform``, or ``observed``,
        the relative frequencies of the settings.
    progress
        Called before each row.
    each
        Called with each `Row` as soon as it is there.
    seconds_per_row
        Time limit of the fit and of each row; None for none. A row that takes longer says so as its problem, and
        the others go on. Where the fit takes longer, all rows say so.

    Returns
    -------
    Quantification
        For every ordered pair of parties: influence of the input and of the outcome of one on the
        outcome of the other; the entropy of a binary message from the first party to the second; and
        the dependence of all settings on the latent variable: M, Hall's measure, mutual information.
        If the user interrupts, the ``KeyboardInterrupt`` carries the report of the rows so far as its ``partial``.

    Raises
    ------
    CountsError, BehaviorError
        If the data cannot be read, or are not those of a Bell scenario (one input for each output).

    Examples
    --------
    >>> import relaxbell as rb
    >>> report = rb.quantify(rb.boxes.pr())
    >>> report["C(X -> B)"].value, report["C(A -> B)"].value
    (0.5, 1.0)
    """
    plan, rows = Plan(observed, input_distribution, seconds_per_row), list[Row]()
    try:
        for row in plan.solved(progress, seconds_per_row):
            rows.append(row)
            if each is not None:
                each(row)
    except KeyboardInterrupt as interruption:
        raise Interrupted(plan.report(rows)) from interruption
    return plan.report(rows)


class Interrupted(KeyboardInterrupt):
    """The user interrupted; `partial` is the `Quantification` of the rows so far."""

    def __init__(self, partial: Quantification) -> None:
        done = len(partial.rows)
        super().__init__(f"incomplete: {done} of {len(partial.names)} rows are in this exception's partial")
        self.partial = partial


class Plan:
    """The rows to solve for some data, one after the other; see `quantify`."""

    def __init__(
        self,
        data: Counts | CountsFit | Behavior | str | Path,
        input_distribution: str = "uniform",
        seconds: float | None = None,
    ) -> None:
        if isinstance(data, str | Path):
            data = load_counts(data)
        self._fit, self._late = _fitted(data, seconds)
        behavior = self._fit.behavior if self._fit is not None else data
        if not isinstance(behavior, Behavior):
            raise BehaviorError(
                f"cannot quantify a {type(data).__name__}. Expected Counts, a Fit, a Behavior or a path."
            )
        if input_distribution not in ("uniform", "observed") or (
            input_distribution == "observed" and self._fit is None
        ):
            raise BehaviorError(
                f"input_distribution is {input_distribution!r}, expected 'uniform', or 'observed' where there are "
                "counts."
            )
        self._scenario, self._distribution = _named_as_bell(behavior), input_distribution
        observed = self._fit.counts.input_distribution if self._fit is not None else None
        self._tasks = list(_tasks(self._scenario, None if input_distribution == "uniform" else observed))
        self._chsh = largest_chsh(self._scenario)
        self._raw: CHSHValue | None = None
        if self._fit is not None and self._chsh is not None:
            self._raw = self._chsh.of(_named_as_bell(self._fit.counts.frequencies))

    def solved(self, progress: Progress | None, seconds_per_row: float | None) -> Iterator[Row]:
        """Yield the rows as they are solved."""
        for k, (name, relaxed, unit, make) in enumerate(self._tasks):
            if progress is not None:
                progress(k, len(self._tasks), name)
            try:
                if self._late is not None:
                    raise self._late
                with deadline(seconds_per_row, name):  # what builds the measure counts too
                    row = Row(name, relaxed, unit, minimize(make(), self._scenario))
            except RelaxbellError as error:
                row = Row(name, relaxed, unit, None, str(error))
            except Exception as error:  # whatever it is: the rows before and after are worth having
                row = Row(name, relaxed, unit, None, f"{type(error).__name__}: {error}")
            yield row

    def report(self, rows: Iterable[Row]) -> Quantification:
        """Return the report of some rows, the first ones."""
        names = {name: relaxed for name, relaxed, *_ in self._tasks}
        own = (self._scenario, self._fit, self._chsh, tuple(rows), self._distribution, names)
        return Quantification(*own, raw_chsh=self._raw)

    def _repr_lines_(self, rows: Iterable[Row]) -> Iterator[str]:
        """Yield the lines of the report's text as the rows come."""
        return provided("Plan._repr_lines_")(self.report(()), rows)


def _fitted(data: object, seconds: float | None) -> tuple[CountsFit | None, TimeLimitError | None]:
    """Return the fit of counts; where time is over the incomplete one, and the error that every row then carries."""
    if not isinstance(data, Counts):
        return (data if isinstance(data, CountsFit) else None), None
    try:
        return data.fit(seconds=seconds), None
    except TimeLimitError as error:
        return (error.partial if isinstance(error.partial, CountsFit) else None), error


def _named_as_bell(behavior: Behavior) -> Behavior:
    """Return the behavior with its inputs in the order of its outputs."""
    if behavior.parties is None or None in behavior.parties.values():
        raise BehaviorError(
            f"{behavior.scenario.symbol} is not a Bell scenario: expected one input for each output. Build a "
            "CausalModel and minimize a measure."
        )
    if all(behavior.cardinality[name] == 1 for name in behavior.inputs):
        raise BehaviorError(
            f"each of {', '.join(behavior.inputs)} has a single value, so a local model explains anything. Expected "
            "two settings or more for a party: add the trials of the others."
        )
    return behavior.transposed(behavior.outputs, [str(behavior.parties[name]) for name in behavior.outputs])


def _tasks(p: Behavior, frequencies: Exact | None) -> Iterator[tuple[str, str, str, Callable[[], Measure]]]:
    """Yield (name, relaxed edges, unit, how to make the measure)."""
    outputs, inputs = [p.cardinality[n] for n in p.outputs], [p.cardinality[n] for n in p.inputs]
    base = bell(inputs, outputs, input_distribution=frequencies)
    names = dict(zip(base.outputs + base.inputs, p.outputs + p.inputs, strict=True))
    local = _renamed(base, names)
    parties = list(zip(p.outputs, p.inputs, strict=True))
    for sources in ([x for _, x in parties], [a for a, _ in parties]):
        for i, j in itertools.permutations(range(len(parties)), 2):
            u, w = sources[i], parties[j][0]
            yield f"C({u} -> {w})", f"{u} -> {w}", "probability", _influence(local, u, w)
    if len(parties) >= 2:
        (a, x), (b, _) = parties[:2]
        relaxed = f"{x}, {a} -> M -> {b}"
        yield "H(M)", relaxed, "bit", _message(tuple(inputs), tuple(outputs), frequencies, names)
    dependent = local.relax(*((local.latents[0], x) for _, x in parties))
    relaxed, who = ", ".join(f"{u} -> {v}" for u, v in dependent.relaxed), ",".join(x for _, x in parties)
    yield f"M({who}:Λ)", relaxed, "probability", lambda: dependence(dependent)
    yield f"Hall({who}:Λ)", relaxed, "probability", lambda: hall_dependence(dependent)
    yield f"I({who}:Λ)", relaxed, "bit", lambda: mutual_information(dependent)


def _influence(model: CausalModel, source: str, target: str) -> Callable[[], Measure]:
    return lambda: influence(model.relax((source, target)), source, target)


def _message(
    inputs: tuple[int, ...], outputs: tuple[int, ...], frequencies: Exact | None, names: dict[str, str]
) -> Callable[[], Measure]:
    return lambda: message_entropy(_renamed(message(inputs, outputs, input_distribution=frequencies), names))


def _renamed(model: CausalModel, names: dict[str, str]) -> CausalModel:
    return model if all(old == new for old, new in names.items()) else model.rename(names)
