"""Engines: how the least value of each kind of measure is found, bounded, drawn and certified.

`engine(measure)` returns the one for a measure's class.
"""

from relaxbell.engines.base import Engine, engine
from relaxbell.engines.entropy.engine import EntropyEngine
from relaxbell.engines.entropy.messages import MessageEngine
from relaxbell.engines.factorized.engine import FactorizedEngine
from relaxbell.engines.independent.engine import IndependentEngine
from relaxbell.engines.information.engine import InformationEngine
from relaxbell.engines.linear.engine import DependenceEngine, LinearEngine
from relaxbell.engines.ratios.engine import RatioEngine
from relaxbell.engines.sources.engine import FixedEngine, SourcesEngine

__all__ = [
    "DependenceEngine",
    "Engine",
    "EntropyEngine",
    "FactorizedEngine",
    "FixedEngine",
    "IndependentEngine",
    "InformationEngine",
    "LinearEngine",
    "MessageEngine",
    "RatioEngine",
    "SourcesEngine",
    "engine",
]
