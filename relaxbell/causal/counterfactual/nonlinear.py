"""Words of queries that are not linear in q, with what to ask instead."""

from __future__ import annotations

_SIZE = "Of measures rb.maximum(query, -query) is the size, and has a least value; its largest is that of both bounds."
_LEAST = (
    "Of measures rb.maximum(…) is the largest, with a least value; the least of several is not convex: compare bounds."
)
_MONOTONE = "It rises with the probability: take it of both ends of bounds(query, p), which are those of its bounds."
_PRODUCT = "A product of probabilities is not linear: bounds of each bound it; E[X Y] of a product of values is linear."
_ODDS = (
    "Odds are p{event} / (1 - p{event}): they rise with the probability, so take them of both ends of bounds(query, p)."
)

_REMEDIES = {
    **dict.fromkeys(("abs", "Abs", "ABS"), _SIZE),
    **dict.fromkeys(("max", "Max", "min", "Min"), _LEAST),
    **dict.fromkeys(("log", "log2", "ln", "logit", "exp", "sqrt"), _MONOTONE),
    **dict.fromkeys(("var", "Var", "cov", "Cov", "corr", "Corr"), _PRODUCT),
    **dict.fromkeys(
        ("RR", "CRR"), "A risk ratio is a quotient of two linear queries, p{Y(X=1)=1} / p{Y(X=0)=1}, with exact bounds."
    ),
    **dict.fromkeys(
        ("OR", "COR", "odds"),
        f"{_ODDS} A ratio of odds is no quotient of two linear queries: bounds of both odds bound it; the risk ratio "
        "p{Y(X=1)=1} / p{Y(X=0)=1} has exact ones.",
    ),
    **dict.fromkeys(
        ("H", "I", "entropy"),
        "Entropies are not linear: mutual_information(model) and message_entropy(model) are measures in bits.",
    ),
}


def remedy_for(word: str) -> str:
    """Return what to ask instead of a word that no query has; empty where nothing is known of it."""
    return _REMEDIES.get(word, "")


POWER = (
    f"A power of a probability is not linear in q. {_MONOTONE} The mean of a power of a variable is linear: write it "
    "as a product, E[Y * Y], or by the values, 1 * p{Y = 1} + 4 * p{Y = 2}."
)
