"""`quantify`: from counts or a behavior to the least relaxation of each assumption."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.counts import Counts, CountsFit
from relaxbell.behavior.data_sets import is_table_of_probabilities, load_counts
from relaxbell.causal.model import CausalModel
from relaxbell.causal.networks import bell, message
from relaxbell.errors import BehaviorError, CountsError, RelaxbellError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import a_kind
from relaxbell.functionals.chsh import CHSHValue, largest_chsh
from relaxbell.lp.clock import TimeLimitError, deadline
from relaxbell.measures.dependences import dependence
from relaxbell.measures.hall import hall_dependence
from relaxbell.measures.influences import influence
from relaxbell.measures.information import mutual_information, pinsker_bound
from relaxbell.measures.measure import Measure
from relaxbell.measures.messages import binary_entropy, message_entropy, message_weight
from relaxbell.methods import provided
from relaxbell.quantification.report import Quantification, Row
from relaxbell.quantification.sets import Offer, explaining
from relaxbell.quantification.settings import read_distribution
from relaxbell.quantification.uncertainty import RESAMPLES, Options, Tested, Uncertainty
from relaxbell.solve.minimization import minimize
from relaxbell.trials.statement import Evidence
from relaxbell.trials.testing import read_confidence

Progress = Callable[[int, int, str], None]
"""Called with (rows done, rows in all, what comes next)."""


def quantify(
    observed: Counts | CountsFit | Behavior | str | Path,
    *,
    input_distribution: object = "uniform",
    confidence: float = 0.95,
    training: Counts | Behavior | None = None,
    game: object = None,
    settings_bias: object = 0,
    resamples: int = RESAMPLES,
    seed: int = 0,
    progress: Progress | None = None,
    each: Callable[[Row], None] | None = None,
    seconds_per_row: float | None = 60.0,
) -> Quantification:
    """Return the least relaxation of locality that explains counts or a behavior.

    Counts give more than estimates. Each row has an approximate standard error, and evidence: a limit below which the
    relaxation is not, with a confidence, whatever memory the devices have; see `evidence`. Where there can be no
    evidence, as for settings that were not what they should be, the row says why and the estimates stay.

    Parameters
    ----------
    observed
        Counts, a fit, a behavior, the name of a shipped data set, or the path of a CSV file: of counts, or with a
        column ``p`` of probabilities, see `Behavior.read_csv`; these give values without statistics. Counts are fitted
        within non-signaling behaviors first.
    input_distribution
        p(x, y) for measures that depend on it (the message's entropy and those of measurement dependence): ``uniform``,
        or ``observed``, the relative frequencies of the settings; evidence is then about settings that are uniform by
        design. Or the distribution by design, as `CausalModel` reads it, such as
        ``{"X": [0.6, 0.4], "Y": [0.5, 0.5]}``, for measures and evidence.
    confidence
        Of the limits.
    training, game, settings_bias
        As in `evidence`: other counts, or a behavior from theory, from which the test is made; or a game that was named
        before the data were seen; and how far the probabilities of settings may be from uniform.
    resamples
        Of the counts, for standard errors; 0 for none.
    seed
        Of the resamples.
    progress
        Called before each row.
    each
        Called with each `Row` as soon as it is there.
    seconds_per_row
        Time limit of the fit, of those to the resamples and of each row; None for none. A row that takes longer says so
        as its problem, and the others go on. Where the fit takes longer, all rows say so.

    Returns
    -------
    Quantification
        For every ordered pair of parties: influence of the input and of the outcome of one on the
        outcome of the other; the entropy of a binary message from the first party to the second; and
        the dependence of all settings on the latent variable: M, Hall's measure, mutual information. The limit on the
        mutual information follows from that on M; ``evidence(counts, mutual_information(model))`` finds a larger one.
        Of three and more parties, edges that do not explain the data alone are left out. Where none from an input does,
        there are the least sets of edges that do (where there is no time to find them, those to one output from all
        others), each with the least fraction of the trials in which one of them acts; and the fraction of the trials
        that no hybrid of Svetlichny explains, see `fraction`.
        If the user interrupts, the ``KeyboardInterrupt`` carries the report of the rows so far as its ``partial``.

    Raises
    ------
    CountsError, BehaviorError
        If the data cannot be read, or are not those of a Bell scenario (one input for each output).
    MeasureError
        If the confidence or the bias is none.

    Examples
    --------
    >>> import relaxbell as rb
    >>> report = rb.quantify(rb.boxes.pr())
    >>> report["C(X -> B)"].value, report["C(A -> B)"].value
    (0.5, 1.0)

    With 95 % confidence, in some of the 245 trials of Delft the signal from X to B was at least

    >>> row = rb.quantify("delft2015").rows[0]
    >>> row.name, round(row.statement.at_least, 5), round(row.statement.evidence.p_value, 4)
    ('C(X -> B)', 0.00658, 0.0391)
    """
    options = Options(read_confidence(confidence), training, game, settings_bias, resamples, seed)
    plan, rows = Plan(observed, input_distribution, seconds_per_row, options), list[Row]()
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
        input_distribution: object = "uniform",
        seconds: float | None = None,
        options: Options | None = None,
    ) -> None:
        own = options or Options()
        own.check()
        if isinstance(data, str | Path):
            data = Behavior.read_csv(data).behavior if is_table_of_probabilities(data) else load_counts(data)
        self._fit, self._late = _fitted(data, seconds)
        behavior = self._fit.behavior if self._fit is not None else data
        if not isinstance(behavior, Behavior):
            remedy = " Use nearest.behavior." if type(data).__name__ == "Nearest" else ""
            raise BehaviorError(
                f"cannot quantify {a_kind(data)}. Expected Counts, a Fit, a Behavior or a path.{remedy}"
            )
        self._scenario = _named_as_bell(behavior)
        counts = None if self._fit is None else self._fit.counts
        frequencies, design, self._distribution = read_distribution(
            input_distribution, behavior, self._scenario, counts
        )
        self._tasks = list(_tasks(self._scenario, frequencies, design, seconds if self._late is None else 0))
        self._seconds = seconds
        self._uncertainty: Uncertainty | None = None
        if self._fit is not None and self._late is None:
            self._uncertainty = Uncertainty(self._fit.counts, _named_as_bell, own, design)
        self._chsh = largest_chsh(self._scenario)
        self._raw: CHSHValue | None = None
        if self._fit is not None and self._chsh is not None:
            self._raw = self._chsh.of(_named_as_bell(self._fit.counts.frequencies))

    def solved(self, progress: Progress | None, seconds_per_row: float | None) -> Iterator[Row]:
        """Yield the rows as they are solved."""
        if self._uncertainty is not None:
            if progress is not None:
                progress(0, len(self._tasks), "resamples")
            self._uncertainty.prepare(seconds_per_row)
        for k, task in enumerate(self._tasks):
            if progress is not None:
                progress(k, len(self._tasks), task.name)
            yield self._row(task, seconds_per_row)

    def _row(self, task: _Task, seconds: float | None) -> Row:
        own = task.name, task.relaxed, task.unit
        try:
            if self._late is not None:
                raise self._late
            with deadline(seconds, task.name):  # what builds the measure counts too
                measure = task.make()
                solution = minimize(measure, self._scenario)
        except Exception as error:  # whatever it is: the rows before and after are worth having
            return Row(*own, None, _words(error))
        if self._uncertainty is None:
            return Row(*own, solution)
        spread, statement, unproved = None, None, ""
        try:
            with deadline(seconds, task.name):
                spread = self._uncertainty.error(measure)
                statement = self._uncertainty.statement(task.tested)
        except Exception as error:  # the estimate stays
            unproved = _words(error)
        return Row(*own, solution, error=spread, statement=statement, unproved=unproved)

    @cached_property
    def _local(self) -> tuple[Evidence | None, str]:
        """The evidence against local models, which is that of every row at ε = 0; or why there is none."""
        if self._uncertainty is None:
            return None, ""
        try:
            with deadline(self._seconds, "the evidence", least=False):
                return self._uncertainty.evidence(self._tasks[0].tested), ""
        except RelaxbellError as error:
            return None, str(error)

    def report(self, rows: Iterable[Row]) -> Quantification:
        """Return the report of some rows, the first ones."""
        names = {task.name: task.relaxed for task in self._tasks}
        own = (self._scenario, self._fit, self._chsh, tuple(rows), self._distribution, names)
        if self._uncertainty is None:
            return Quantification(*own, raw_chsh=self._raw)
        evidence, unproved = self._local
        return Quantification(
            *own,
            raw_chsh=self._raw,
            settings=self._uncertainty.settings,
            local=evidence,
            unproved=unproved,
            confidence=self._uncertainty.options.confidence,
            resampling=self._uncertainty.method,
        )

    def _repr_lines_(self, rows: Iterable[Row]) -> Iterator[str]:
        """Yield the lines of the report's text as the rows come."""
        return provided("Plan._repr_lines_")(self.report(()), rows)


def _fitted(data: object, seconds: float | None) -> tuple[CountsFit | None, TimeLimitError | None]:
    """Return the fit of counts; where time is over the incomplete one, and the error that every row then carries."""
    if not isinstance(data, Counts):
        return (data if isinstance(data, CountsFit) else None), None
    if data.parties is None:
        raise CountsError(_no_bell_test(data))
    try:
        return data.fit(seconds=seconds), None
    except TimeLimitError as error:
        return (error.partial if isinstance(error.partial, CountsFit) else None), error


def _no_bell_test(counts: Counts) -> str:
    """Return what is said of counts in which outputs have no inputs of their own: what to do with them instead."""
    outputs, inputs = " ".join(counts.outputs), " ".join(counts.inputs)
    expected = "expected one input for each output, or Counts parties={output: its input or None}"
    if len(counts.outputs) != 2 or len(counts.inputs) != 1:
        return (
            f"{counts.scenario.symbol} is no Bell test: {expected}. For effects in another graph use "
            "bounds(query(model, 'ACE(… -> …)'), counts.frequencies) with model = CausalModel.from_graph(…), or "
            "relaxbell report DATA --graph '… -> …' for a page of them."
        )
    z, (x, y), sizes = inputs, counts.outputs, dict(counts.cardinality)
    return (
        f"{counts.scenario.symbol} is no Bell test: {expected}. If {z} was assigned, {x} taken and {y} the outcome, it "
        "is a trial with non-compliance, and its effect has bounds in Python:\n"
        f"  model = rb.CausalModel.from_graph('{z} -> {x} -> {y}; {x} <-> {y}', cardinality={sizes}, "
        f"outputs='{outputs}')\n"
        f"  rb.bounds(rb.query(model, 'ACE({x} -> {y})'), counts.frequencies)\n"
        "with rb.load_counts for the counts, and as a page by\n"
        f"  relaxbell report DATA --graph '{z} -> {x} -> {y}; {x} <-> {y}'\n"
        "More in the README, 'I have a graph', and in docs/sensitivity.rst."
    )


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


@dataclass(frozen=True, eq=False)
class _Task:
    """One row: its name, the edges relaxed, its unit, how to make its measure, and what is tested for it."""

    name: str
    relaxed: str
    unit: str
    make: Callable[[], Measure]
    tested: Tested


def _tasks(p: Behavior, frequencies: Exact | None, planned: Exact | None, seconds: float | None) -> Iterator[_Task]:
    """Yield the rows. What is tested has settings as planned, uniform if None, not those that were observed.

    Of three and more parties, edges that cannot explain the data alone are left out, and least sets of edges offered.
    """
    outputs, inputs = [p.cardinality[n] for n in p.outputs], [p.cardinality[n] for n in p.inputs]
    base = bell(inputs, outputs, input_distribution=frequencies)
    design = bell(inputs, outputs, input_distribution=planned)
    names = dict(zip(base.outputs + base.inputs, p.outputs + p.inputs, strict=True))
    local, fair = _renamed(base, names), _renamed(design, names)
    parties = list(zip(p.outputs, p.inputs, strict=True))
    known = explaining(local, p, seconds) if seconds != 0 else None
    for sources in ([x for _, x in parties], [a for a, _ in parties]):
        for i, j in itertools.permutations(range(len(parties)), 2):
            u, w = sources[i], parties[j][0]
            name = f"C({u} -> {w})"
            if known is not None and (u, w) not in known.single:
                continue
            yield _Task(
                name, f"{u} -> {w}", "probability", _influence(local, u, w), Tested(name, _influence(fair, u, w))
            )
    for offer in () if known is None else known.offers:
        yield _offered(offer, local, fair)
    if len(parties) >= 2 and (known is None or not known.offers):
        (a, x), (b, _) = parties[:2]
        relaxed, sizes = f"{x}, {a} -> M -> {b}", (tuple(inputs), tuple(outputs))
        tested = Tested("p(M≠0)", _weight(*sizes, planned, names), _entropy, "H(M) >= h(p(M≠0)), of either message")
        yield _Task("H(M)", relaxed, "bit", _message(*sizes, frequencies, names), tested)
    edges = tuple((local.latents[0], x) for _, x in parties)
    dependent, free = local.relax(*edges), fair.relax(*edges)
    relaxed, who = ", ".join(f"{u} -> {v}" for u, v in dependent.relaxed), ",".join(x for _, x in parties)
    own, hall, bits = f"M({who}:Λ)", f"Hall({who}:Λ)", f"I({who}:Λ)"
    tested = Tested(own, lambda: dependence(free))
    yield _Task(own, relaxed, "probability", lambda: dependence(dependent), tested)
    by_hall = Tested(hall, lambda: hall_dependence(free))
    yield _Task(hall, relaxed, "probability", lambda: hall_dependence(dependent), by_hall)
    by_pinsker = replace(tested, convert=_pinsker, note="I >= M² / (2 ln 2) by Pinsker's inequality")
    yield _Task(bits, relaxed, "bit", lambda: mutual_information(dependent), by_pinsker)


def _offered(offer: Offer, local: CausalModel, fair: CausalModel) -> _Task:
    """Return the row of a set of edges, or of hybrids."""
    tested = Tested(offer.name, lambda: offer.make(fair))
    return _Task(offer.name, offer.relaxed, "probability", lambda: offer.make(local), tested)


def _influence(model: CausalModel, source: str, target: str) -> Callable[[], Measure]:
    return lambda: influence(model.relax((source, target)), source, target)


def _message(
    inputs: tuple[int, ...], outputs: tuple[int, ...], frequencies: Exact | None, names: dict[str, str]
) -> Callable[[], Measure]:
    return lambda: message_entropy(_renamed(message(inputs, outputs, input_distribution=frequencies), names))


def _weight(
    inputs: tuple[int, ...], outputs: tuple[int, ...], planned: Exact | None, names: dict[str, str]
) -> Callable[[], Measure]:
    return lambda: message_weight(_renamed(message(inputs, outputs, input_distribution=planned), names))


def _entropy(weight: float) -> float:
    """Return the limit on the entropy of a message from one on p(M≠0), rounded down.

    Names of a message's values are exchangeable, so the tests of p(M≠0) <= w are those of p(M≠0) >= 1 - w as well.
    """
    return _down(binary_entropy(weight)) if weight <= 1 / 2 else math.inf


def _pinsker(limit: float) -> float:
    return _down(pinsker_bound(limit)) if limit <= 2 else math.inf


def _down(value: float) -> float:
    return max(0.0, value - 8 * math.ulp(value))


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, RelaxbellError) else f"{type(error).__name__}: {error}"


def _renamed(model: CausalModel, names: dict[str, str]) -> CausalModel:
    return model if all(old == new for old, new in names.items()) else model.rename(names)
