"""What `quantify` and `report` are given: options, and counts that are read as these say."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from relaxbell.behavior.behavior import Behavior
    from relaxbell.behavior.counts import Counts
    from relaxbell.quantification import Plan

RESAMPLES = 32
"""How often fits are repeated, if nothing is said."""


def _shipped(begun: str) -> list[str]:
    """Return the shipped data sets that begin so, for completion in the shell; it offers files where none does."""
    from relaxbell.behavior.data_sets import data_sets

    return [name for name in data_sets() if name.startswith(begun)]


Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A shipped data set (delft2015, ibm_hanoi_5_8, nist2015, vienna2015, weihs1998) or the path of a CSV "
        "file: a table or trials.",
        autocompletion=_shipped,
    ),
]
Outputs = Annotated[
    str | None,
    typer.Option(
        help="Names of the outcome columns, separated by commas, if they are not a, b, c; also A=column,B=column."
    ),
]
Inputs = Annotated[
    str | None,
    typer.Option(help="Names of the setting columns, separated by commas, if they are not x, y, z; also X=column."),
]
CountColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of the column of counts, if it is not called count.")
]
Values = Annotated[
    str | None,
    typer.Option(
        metavar="LABELS",
        help="Of the outcomes 0, 1, …, such as 1,-1 or H,V; also of settings that are no numbers. Or for each of them: "
        "A=H,V,B=H,V,X=Z,X.",
    ),
]
Missing = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="Of a table, 0: what is absent was not seen. Of trials, *drop*, or the outcome that stands for none.",
    ),
]
Order = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES", help="Of outcomes in the columns of a wide table, from left to right, such as a,b in 01."
    ),
]
Distribution = Annotated[
    str,
    typer.Option(
        metavar="HOW",
        help="Distribution of the settings: *uniform*; *observed*, for measures that depend on it; or by design, for "
        "these and for limits: X=0.6,0.4,Y=1/2,1/2, or p(0,0), p(0,1), ….",
    ),
]
Confidence = Annotated[
    float, typer.Option(metavar="C", help="Of the limits in the column *at least*, between 0 and 1.")
]
Training = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Counts of other trials, taken before: the test is made from them. Same columns."
    ),
]
Bias = Annotated[
    float,
    typer.Option(metavar="TAU", help="How far the probabilities of settings may be from uniform in each trial."),
]
Resamples = Annotated[int, typer.Option(metavar="N", help="Of the counts, for standard errors; 0 for none.")]
Seconds = Annotated[
    float,
    typer.Option(
        min=0.001, help="Time limit of the fit and of each row. A row that takes longer is left out, and says so."
    ),
]


def how_read(*given: str | None) -> dict[str, str | None]:
    """Return how data are read, by the names of the options."""
    return dict(zip(("outputs", "inputs", "count", "values", "missing", "order"), given, strict=True))


def read_any(data: str, how: Mapping[str, str | None]) -> Counts | Behavior:
    """Return counts; or the behavior nearest to a table of probabilities, and say how near it is."""
    from relaxbell.behavior.behavior import Behavior
    from relaxbell.behavior.data_sets import is_table_of_probabilities
    from relaxbell.errors import CountsError

    if how["count"] is not None or not is_table_of_probabilities(data):
        return read(data, how)
    if how["order"] is not None or how["missing"] not in (None, "0"):
        raise CountsError(f"{data} has probabilities, one row each: found --order or --missing, expected --missing 0.")
    near = Behavior.read_csv(
        data,
        _columns(how["outputs"]),
        _columns(how["inputs"]),
        values=labels(how["values"]),
        missing=None if how["missing"] is None else 0,
    )
    typer.echo(f"{data}: probabilities, so there are values and no statistics. {near!r}", err=True)
    return near.behavior


def read(data: str, how: Mapping[str, str | None]) -> Counts:
    """Return the counts of a shipped data set or of a file; say what was done to them."""
    from relaxbell.behavior.data_sets import data_sets, load_counts
    from relaxbell.errors import CountsError

    given = {option: text for option, text in how.items() if text is not None}
    if data in data_sets() and given:
        named = ", ".join(f"--{option}" for option in given)
        raise CountsError(
            f"{data} has the outcomes a, b and the settings x, y: found {named}. "
            f"Leave them out, or write ./{data} if you mean a file."
        )
    missing = given.get("missing")
    return load_counts(
        data,
        outputs=_columns(given.get("outputs")),
        inputs=_columns(given.get("inputs")),
        count=given.get("count", "count"),
        values=labels(given.get("values")),
        missing=int(missing) if missing is not None and missing.isdecimal() else missing,
        order=given.get("order"),
    )


def planned(
    counts: Counts | Behavior,
    how: Mapping[str, str | None],
    input_distribution: str,
    confidence: float,
    training: str | None,
    settings_bias: float,
    resamples: int,
    seconds: float,
) -> Plan:
    """Return what is to be found out of data; those for training are read as options say."""
    from relaxbell.quantification import Plan
    from relaxbell.quantification.settings import distribution_of_text
    from relaxbell.quantification.uncertainty import Options

    trained = None if training is None else read(training, how)
    options = Options(confidence, trained, None, settings_bias, resamples)
    return Plan(counts, distribution_of_text(input_distribution, counts), seconds, options)


def _columns(text: str | None) -> str | dict[str, Hashable] | None:
    """Return names of columns, or the column of each variable where they are written A=column."""
    if text is None or "=" not in text:
        return text
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): column.strip() for name, _, column in pairs}


def labels(text: str | None) -> tuple[str, ...] | str | dict[str, tuple[str, ...]] | None:
    """Return labels between commas, or letters; or those of each variable where they are written A=H,V,X=Z,X."""
    from relaxbell.quantification.settings import lists_of_text

    if text is not None and "=" in text.partition(",")[0]:
        return lists_of_text(text)
    return tuple(part.strip() for part in text.split(",")) if text is not None and "," in text else text
