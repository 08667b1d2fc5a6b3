"""One tree of errors, split by what the user can do about them.

Every message states the object, what was found, what was expected, and the remedy.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from relaxbell.exact.conversion import round_to_nearest
from relaxbell.methods import provided

if TYPE_CHECKING:
    from relaxbell.results import CertificateLike

__all__ = [
    "BehaviorError",
    "CertificateError",
    "CheckpointError",
    "ClosedFormError",
    "CountsError",
    "CurveError",
    "FileError",
    "FunctionalError",
    "InfeasibleError",
    "MeasureError",
    "ModelError",
    "ModelTooLargeError",
    "ProofError",
    "RelaxbellError",
    "SignalingError",
    "SolverError",
    "TimeLimitError",
    "UnsupportedModelError",
]


class RelaxbellError(Exception):
    """Base of every error that relaxbell raises on purpose."""


class BehaviorError(RelaxbellError, ValueError):
    """The probabilities are not a behavior, or not one of the scenario asked for. Mend the data."""


class SignalingError(BehaviorError):
    """A behavior violates a no-signaling equality. Fit the data first, or relax an edge."""


class CountsError(RelaxbellError, ValueError):
    """A table of counts cannot be read. Mend the file."""


class ModelError(RelaxbellError, ValueError):
    """The causal graph, its cardinalities or its input distribution are not valid. Mend the model."""


class UnsupportedModelError(ModelError):
    """The model is valid but outside what relaxbell can treat. Use the alternative that is named."""


class ModelTooLargeError(ModelError):
    """The model has more strategies than fit; raised before memory is touched. Reduce the scenario."""


class MeasureError(RelaxbellError, ValueError):
    """A measure does not fit its model or cannot be combined as asked. Change the measure."""


class FunctionalError(RelaxbellError, ValueError):
    """A Bell functional does not fit the scenario. Change the functional or the scenario."""


class InfeasibleError(RelaxbellError):
    """No distribution over strategies satisfies all constraints.

    Attributes
    ----------
    witness
        A `relaxbell.classes.Witness`: an inequality that every behavior of the model obeys (under the same
        constraints) and that the observed data violate; None where no observed data took part.
    proof
        The exact dual data behind it.
    model
        The causal model.
    """

    def __init__(self, message: str, witness: object = None, proof: object = None, model: object = None) -> None:
        super().__init__(message)
        self.witness = witness
        self.proof = proof
        self.model = model

    @cached_property
    def certificate(self) -> CertificateLike:
        """The `relaxbell.classes.Certificate` that nothing satisfies the constraints, for everyone to check.

        Raises
        ------
        CertificateError
            If the proof exceeds the verifier's limits, or does not hold in exact arithmetic.
        """
        return provided("InfeasibleError.certificate")(self.model, self.proof)


class CertificateError(RelaxbellError, ValueError):
    """There is no certificate, or it proves nothing. Make it from a solution that the verifier can follow."""


class ClosedFormError(RelaxbellError, RuntimeError):
    """A closed form could not be derived: PPL is missing, or it would take too long.

    Attributes
    ----------
    partial
        What was derived so far, labeled incomplete: a `relaxbell.classes.ClosedForm` whose terms are valid lower
        bounds, or valid `relaxbell.classes.Inequalities`; or None.
    """

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial


class CurveError(RelaxbellError, ValueError):
    """A curve was asked for a value it does not have. Ask within its domain."""


class ProofError(RelaxbellError, ValueError):
    """A formula cannot be compared with a measure, or found. Write it with the symbols of its domain."""


class SolverError(RelaxbellError, RuntimeError):
    """No solver reached the accuracy that a result needs. The message says what was tried."""


class TimeLimitError(SolverError):
    """Something took longer than it may.

    Attributes
    ----------
    partial
        What was found so far, labeled incomplete, such as a `LowerBound`; or None.
    """

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial


class CheckpointError(RelaxbellError, ValueError):
    """A checkpoint is another sweep's, damaged, in use, or cannot be written. The message says what to do."""


class FileError(RelaxbellError, OSError):
    """The system refuses to write a file: permissions, a full disk, a missing directory. Give another name."""


def optional(module: str, extra: str) -> ModuleType:
    """Return a module that an extra of the package brings; raise RelaxbellError if it is not installed."""
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        raise RelaxbellError(f"{error.name} is not installed. {installation(extra)}") from None
    round_to_nearest()  # PPL
    return found


def installation(extra: str) -> str:
    """Return the remedy for a missing extra: the package is installed from its checkout, not from an index.

    Examples
    --------
    >>> installation("plot")
    'Run this in a checkout of relaxbell: pip install -e ".[plot]".'
    """
    return f'Run this in a checkout of relaxbell: pip install -e ".[{extra}]".'
