"""Engines: how the least value of each kind of measure is found, bounded, drawn and certified.

`engine(measure)` returns the one for a measure's class.
"""

from relaxbell.engines.base import Engine, engine
from relaxbell.engines.entropy.engine import EntropyEngine
from relaxbell.engines.information.engine import InformationEngine
from relaxbell.engines.linear.engine import DependenceEngine, LinearEngine
from relaxbell.measures.products import FixedNonbilocality, Nonbilocality

__all__ = ["DependenceEngine", "Engine", "EntropyEngine", "InformationEngine", "LinearEngine", "engine"]


# the folder of networks is large, and most minimizations need none of it: it is loaded with the first network


@engine.register
def _sources(measure: Nonbilocality, **options: object) -> Engine[Nonbilocality]:
    from relaxbell.engines.sources.engine import SourcesEngine

    return SourcesEngine.of(measure, **options)


@engine.register
def _fixed(measure: FixedNonbilocality, **options: object) -> Engine[FixedNonbilocality]:
    from relaxbell.engines.sources.engine import FixedEngine

    return FixedEngine.of(measure, **options)
