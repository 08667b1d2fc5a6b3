"""Bets on trials: the rule by which tables of scores, their bounds and counts become an e-value or a p-value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from .chances import HUGE, Spend, mixture, tail
from .reading import FRACTION, ZERO, Json, array, fields, rationals, record, whole
from .refusals import Refused, need
from .rounding import decimal

_ERROR = Fraction(1, 10**50)  # of a logarithm in 60 digits, relative to its size or 1
_FAR = 300  # an e-value that is e^-300 of another adds nothing to their mean
_BROKE = -(10**30)  # the logarithm of an e-value of 0
_MOST, _OTHERS = 2**12, 2**40
_LOGARITHM = 4 * FRACTION  # of work: eight times what one in 60 digits takes
LOG_MOST = Fraction(2000)  # of a p-value: less than 10^-600 is not told apart


@dataclass(frozen=True)
class Table:
    """Scores of each cell, the trials of its run, and the bound of its mean in a trial, if that is proved."""

    scores: list[Fraction]
    counts: list[int]
    run: int
    bound: Fraction | None

    @property
    def is_game(self) -> bool:
        """Whether a trial is won or lost."""
        return {*self.scores} <= {ZERO, Fraction(1)}

    @property
    def trials(self) -> int:
        """Number of trials."""
        return sum(self.counts)

    @property
    def wins(self) -> int:
        """Trials that are won."""
        return sum(n for n, score in zip(self.counts, self.scores, strict=True) if score)

    def bounded(self) -> Fraction:
        """Return the bound; refuse a table without one."""
        if self.bound is None:
            raise Refused("a table that is betted on has no proof")
        return self.bound


def p_value(rule: Json, tables: list[Table], spend: Spend) -> Fraction:
    """Return the p-value, rounded up."""
    if record(rule, "the rule").get("rule") == "tails":
        own = _games(rule, tables)
        proved = [table for table in own if table.bound is not None]
        found = [tail(t.wins, t.trials, t.bounded(), spend) for t in proved]
        return min([Fraction(1), *(len(own) * p for p in found)])
    log, _ = _log_e(rule, tables, spend)
    if log <= 0:
        return Fraction(1)
    with localcontext(Context(prec=60)):
        return min(Fraction(1), Fraction((-decimal(min(log, LOG_MOST))).exp()) * (1 + _ERROR))


def used(rule: Json, tables: int) -> set[int]:
    """Return the numbers of the tables that a rule uses, below this one; refuse what is no rule."""
    kind = record(rule, "the rule").get("rule")
    if kind in ("mean", "product"):
        return set[int]().union(*(used(part, tables) for part in _parts(rule, kind)[0]))
    if kind == "tails":
        (_, places) = fields(rule, "the rule", "rule", "tables")
        return {whole(i, "a table", 0, tables) for i in array(places, "the games")}
    need(kind in ("stakes", "wins"), "the rule is none")
    _, place, _ = fields(rule, "the rule", "rule", "table", optional=("stakes",))
    return {whole(place, "a table", 0, tables)}


def words(rule: Json) -> str:
    """Return a rule as text, for its digest."""
    if type(rule) is dict:
        return f"({' '.join(f'{name}:{words(rule[name])}' for name in sorted(rule))})"
    return f"[{' '.join(map(words, rule))}]" if type(rule) is list else str(rule)


def statement(rule: Json) -> str:
    """Return what would have to be as large, in words."""
    own = record(rule, "the rule")
    count = len(own.get("tables" if own["rule"] == "tails" else "stakes" if own["rule"] == "stakes" else "of") or [0])
    if own["rule"] == "tails":
        return "the wins of the game" if count == 1 else f"the wins of the best of {count} games"
    if own["rule"] == "stakes":
        return "the product of the factor" if count == 1 else f"the mean over {count} stakes of the product of a factor"
    if own["rule"] == "wins":
        return "the mean over all stakes on the wins of the game"
    return f"the {own['rule']} of {count + (own.get('others') or 0)} e-values"


def _games(rule: Json, tables: list[Table]) -> list[Table]:
    """Return the games among which the one with the least tail was chosen, all of one run."""
    _, places = fields(rule, "the rule", "rule", "tables")
    own = [tables[whole(i, "a table", 0, len(tables))] for i in array(places, "the games")]
    need(own and len({*places}) == len(places), "there are no games, or one is repeated")
    need(len({t.run for t in own}) == 1, "the games are of several runs")
    need(all(t.is_game for t in own), "a game has other scores than 0 and 1")
    return own


def _log_e(rule: Json, tables: list[Table], spend: Spend) -> tuple[Fraction, set[int]]:
    """Return the logarithm of the e-value, rounded down, and the runs it is made of."""
    kind = record(rule, "the rule").get("rule")
    if kind in ("mean", "product"):
        parts, others = _parts(rule, kind)
        found = [_log_e(part, tables, spend) for part in parts]
        logs, runs = [log for log, _ in found], [run for _, own in found for run in own]
        if kind == "mean":
            return _mean(logs, spend, others), set(runs)
        need(len(set(runs)) == len(runs), "a product has factors of the same run")
        return max(sum(logs, ZERO), Fraction(_BROKE)), set(runs)
    need(kind in ("stakes", "wins"), "the rule is none")
    _, place, stakes = fields(rule, "the rule", "rule", "table", optional=("stakes",))
    table = tables[whole(place, "a table", 0, len(tables))]
    if kind == "wins":
        need(stakes is None and table.is_game, "a game has stakes, or other scores than 0 and 1")
        return _log(mixture(table.wins, table.trials, table.bounded(), spend), spend), {table.run}
    own = rationals(stakes, "the stakes")
    need(0 < len(own) <= _MOST and min(own) >= 0, "there are no stakes, or one is negative")
    return _mean([_stake(table, stake, spend) for stake in own], spend), {table.run}


def _stake(table: Table, stake: Fraction, spend: Spend) -> Fraction:
    """Return the logarithm of the product of (1 + stake score) / (1 + stake bound), rounded down."""
    need(min(table.scores) * stake >= -1, "the factor is negative")
    most = 1 + stake * table.bounded()
    trials: dict[Fraction, int] = {}  # by score: there are few different ones
    for n, score in zip(table.counts, table.scores, strict=True):
        trials[score] = trials.get(score, 0) + n
    seen = [(n, 1 + stake * score) for score, n in trials.items() if n]
    if not seen or most <= 0:
        return ZERO  # no bet
    if not all(factor for _, factor in seen):
        return Fraction(_BROKE)
    spend(_LOGARITHM * (len(seen) + 1))
    with localcontext(Context(prec=60)):
        terms = [(n, decimal(factor).ln()) for n, factor in [*seen, (-table.trials, most)]]
        total = sum((n * log for n, log in terms), Decimal(0))
        size = sum((abs(n) * (1 + abs(log)) for n, log in terms), Decimal(0))
    return Fraction(total) - _ERROR * Fraction(size)


def _parts(rule: Json, kind: str) -> tuple[list[Json], int]:
    """Return the parts of a mean or product; and of a mean, how many others there are that count as 0."""
    found = fields(rule, "the rule", "rule", "of", optional=("others",) if kind == "mean" else ())
    parts, others = found[1], found[2] if kind == "mean" else None
    need(0 < len(array(parts, "the rule")) <= _MOST, "the rule has no parts, or too many")
    return parts, 0 if others is None else whole(others, "a number of others", 1, _OTHERS)


def _mean(logs: list[Fraction], spend: Spend, others: int = 0) -> Fraction:
    """Return the logarithm of the mean of numbers given by theirs, and of others that are 0, rounded down."""
    if len(logs) == 1 and not others:
        return logs[0]
    spend(_LOGARITHM * (len(logs) + 1))
    top = max(logs)
    with localcontext(Context(prec=60)):
        total = sum((decimal(log - top).exp() for log in logs if log - top >= -_FAR), Decimal(0))
        return top + Fraction((total / (len(logs) + others)).ln()) - len(logs) * _ERROR * 100


def _log(number: Fraction, spend: Spend) -> Fraction:
    spend(_LOGARITHM)
    with localcontext(Context(prec=60)):
        return Fraction(decimal(min(number, Fraction(HUGE))).ln()) - _ERROR * 10**4
