"""`Certificate`: exact data from which anyone can check a bound, with `verify.py` alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import ExactNumber, Surd
from relaxbell.exact.rows import Rows
from relaxbell.verify import CURVE, Case, Real, Refused, verify
from relaxbell.writing import write_whole


@dataclass(frozen=True, eq=False)
class Certificate:
    """A claim with the exact data that prove it, for everyone to check.

    Made by ``solution.certificate``, and by ``error.certificate`` of an `InfeasibleError`. Save it, and check it with
    ``relaxbell verify FILE``, or with the file ``relaxbell/verify.py`` alone, which needs Python only.

    Attributes
    ----------
    data
        Plain data, ready for JSON: the model, the measure, the observed data, the constraints, the claim and its
        proof. The format is described in `relaxbell.verify`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> certificate = rb.minimize(rb.influence(model, "X", "B"), rb.pr_box()).certificate
    >>> certificate.data["claim"]["lower_bound"]
    '1/2'
    >>> certificate.verify().startswith("every model with")
    True
    """

    data: dict[str, Any]

    @cached_property
    def claim(self) -> str:
        """What is claimed, as a sentence."""
        return self.verify()

    def verify(self) -> str:
        """Check the certificate anew, in exact arithmetic, and return what it proves as a sentence.

        Returns
        -------
        str
            What was proved.

        Raises
        ------
        CertificateError
            If it proves nothing.

        Examples
        --------
        >>> import relaxbell as rb
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.pr_box())
        >>> solution.certificate.verify().endswith("minimum = 1/2")
        True
        """
        try:
            return verify(self.data)
        except Refused as refusal:
            raise CertificateError(
                f"the certificate proves nothing: {refusal}. Make it anew from a solution."
            ) from None

    def to_json(self) -> str:
        """Return the certificate as JSON text.

        Returns
        -------
        str
            What `save` writes.

        Examples
        --------
        >>> import relaxbell as rb
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.pr_box())
        >>> solution.certificate.to_json().startswith("{")
        True
        """
        return json.dumps(self.data, indent=1, ensure_ascii=False) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the certificate to a file.

        Parameters
        ----------
        path
            The file; it is replaced. UTF-8 JSON.

        Raises
        ------
        FileError
            If the file cannot be written. What was there before is then still there.

        Examples
        --------
        >>> import relaxbell as rb, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "pr.json"
        >>> rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.pr_box()).certificate.save(path)
        >>> from relaxbell.verify import verify_file
        >>> verify_file(path).startswith("every model with")
        True
        """
        write_whole(path, self.to_json())

    def __repr__(self) -> str:
        return f"Certificate: {self.claim}"


def claimed(data: dict[str, Any], bound: Any) -> Certificate:
    """Claim the bound, or what the verifier's exact arithmetic makes of the proof, if that is less."""
    try:
        proven = Case(data | {"claim": {}}).proven()
    except Refused as refusal:
        raise refused(refusal) from None
    stated = as_real(bound)
    lower = proven if proven < stated else stated
    return Certificate(data | {"claim": {"lower_bound": as_text(lower)}})


def with_strategies(data: dict[str, Any], bound: Any, primal: Mapping[int, Any] | None) -> Certificate:
    """Claim the bound, and that an exact model attains it, where there is one."""
    found = claimed(data, bound)
    if not primal:
        return found
    weights = [[number, as_text(as_real(w))] for number, w in sorted(primal.items()) if w]
    data = found.data | {"strategies": weights}
    try:
        data["claim"] = data["claim"] | {"upper_bound": as_text(Case(data).reached())}
    except Refused:  # exact for the float program, but not for the numbers behind it
        return found
    return Certificate(data)


def checked(data: dict[str, Any]) -> Certificate:
    """Return the certificate, if the verifier grants its claim."""
    try:
        verify(data)
    except Refused as refusal:
        raise refused(refusal) from None
    return Certificate(data)


def of_pieces(pieces: list[Any], parameters: Iterable[ExactNumber]) -> Certificate:
    """Return the certificate of a curve from those at both ends of each piece, and all parameters."""
    roots = {t.n for t in parameters if isinstance(t, Surd)}
    return checked({"schema": CURVE, "pieces": pieces} | ({"root": roots.pop()} if roots else {}))


def refused(refusal: Refused) -> CertificateError:
    """Return the error for data that the verifier refuses."""
    return CertificateError(
        f"no certificate: {refusal}. Expected data that fit the limits of relaxbell.verify, and a proof that holds in "
        "exact arithmetic. Use a smaller scenario, or numbers with smaller denominators."
    )


# ------------------------------------------------------------------- numbers


def as_real(number: Any) -> Real:
    """Return an exact number as the verifier's."""
    return Real(number.a, number.b, number.n) if isinstance(number, Surd) else Real(Fraction(number))


def as_text(number: Any) -> Any:
    """Return a number as it stands in the file."""
    real = number if isinstance(number, Real) else as_real(number)
    return [str(real.a), str(real.b)] if real.b else str(real.a)


def as_texts(numbers: Iterable[Any]) -> list[Any]:
    """Return numbers as they stand in the file."""
    return [as_text(number) for number in numbers]


def sparse_row(rows: Rows, i: int, factor: Fraction) -> list[Any]:
    """Return a sparse row times a factor, exactly."""
    matrix = rows.matrix
    place = slice(matrix.indptr[i], matrix.indptr[i + 1])
    entries: dict[int, Fraction] = {}
    for number, value in zip(matrix.indices[place].tolist(), matrix.data[place].tolist(), strict=True):
        entries[number] = entries.get(number, Fraction(0)) + Fraction(value) * factor
    return [[number, str(value)] for number, value in sorted(entries.items()) if value]
