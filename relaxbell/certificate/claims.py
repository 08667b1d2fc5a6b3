"""`Certificate`: exact data from which anyone can check a bound, with the folder `verify` alone."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from relaxbell.certificate.latex import case_latex, curve_latex, family_latex
from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import ExactNumber, Surd
from relaxbell.results import ReadingLike
from relaxbell.verify import (
    CURVE,
    FAMILY,
    SCHEMA,
    Real,
    Refused,
    case_class,
    digests,
    is_curve,
    is_family,
    read_case,
    read_file,
    verify,
)
from relaxbell.verify.curves import Curve
from relaxbell.verify.families import Family
from relaxbell.verify.polynomials import CrossingError, Root
from relaxbell.writing import write_whole

_ROUNDING = Fraction(1, 10**6)
"""How far, relative to 1 or more, the verifier's value may be from the one that is claimed."""

_LONGEST = 2**12
"""Bits of a numerator or denominator that are written; the verifier reads 700 digits."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """A claim with the exact data that prove it, for everyone to check.

    Made by ``solution.certificate``, and by ``error.certificate`` of an `InfeasibleError`. Save it, and check it with
    ``relaxbell verify FILE``, or with a copy of the folder ``relaxbell/verify`` alone, which needs Python only:
    ``python verify FILE``.

    Attributes
    ----------
    data
        Plain data, ready for JSON: the model, the measure, the observed data, the constraints, the claim and its
        proof. The format is described in `relaxbell.verify`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> certificate = rb.minimize(rb.influence(model, "X", "B"), rb.boxes.pr()).certificate
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
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
        >>> solution.certificate.verify().endswith("minimum = 1/2")
        True
        """
        try:
            return verify(self.data)
        except Refused as refusal:
            raise CertificateError(
                f"the certificate proves nothing: {refusal}. Make it anew from a solution."
            ) from None

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """The digests of data and settings that the claim names: one, or those of both ends of a curve.

        `data_digest` computes the same from a behavior, so that a claim can be tied to one's own numbers.

        Raises
        ------
        CertificateError
            If the certificate cannot be read.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model, p = rb.input_signaling(), rb.boxes.tsirelson()
        >>> certificate = rb.minimize(rb.influence(model, "X", "B"), p).certificate
        >>> certificate.digests == (rb.data_digest(model, p),)
        True
        """
        try:
            return digests(self.data)
        except Refused as refusal:
            raise CertificateError(
                f"the certificate proves nothing: {refusal}. Make it anew from a solution."
            ) from None

    @classmethod
    def load(cls, path: str | Path) -> Certificate:
        """Read a certificate from a file; nothing is believed before `verify` has checked it.

        Parameters
        ----------
        path
            A file that `save` wrote.

        Returns
        -------
        Certificate
            With the data of the file.

        Raises
        ------
        CertificateError
            If the file cannot be read, is not JSON, or holds no certificate; the file is named.

        Examples
        --------
        >>> import relaxbell as rb, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "pr.json"
        >>> rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()).certificate.save(path)
        >>> rb.classes.Certificate.load(path).verify().endswith("minimum = 1/2")
        True
        """
        try:
            data = read_file(Path(path))
        except Refused as refusal:
            raise CertificateError(f"{path}: {refusal}. Give a file that Certificate.save wrote.") from None
        if not isinstance(data, dict) or data.get("schema") not in (SCHEMA, CURVE, FAMILY):
            raise CertificateError(
                f"{path} holds no certificate: expected a JSON object whose schema is {SCHEMA}, {CURVE} or {FAMILY}. "
                "Give a file that Certificate.save wrote."
            )
        return cls(data)

    def to_json(self) -> str:
        """Return the certificate as JSON text.

        Returns
        -------
        str
            What `save` writes.

        Examples
        --------
        >>> import relaxbell as rb
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
        >>> solution.certificate.to_json().startswith("{")
        True
        """
        return json.dumps(self.data, indent=1, ensure_ascii=False) + "\n"

    def to_latex(self) -> str:
        r"""Return what is proved, with its proof, as LaTeX that can be pasted into a paper.

        The certificate is verified first. Then follow the statement, the inequality with all its coefficients, why it
        holds, as a table of all strategies where there are 64 or fewer, its value, and the strategies that attain it.
        Certificates of networks, of evidence and of Hall's measure by flows are too long for that: they are stated,
        with a reference to the file.

        Returns
        -------
        str
            Environments ``proposition`` and ``proof`` (packages ``amsmath`` and ``amsthm``; declare
            ``\newtheorem{proposition}{Proposition}``).

        Raises
        ------
        CertificateError
            If the certificate proves nothing, or is too large to be written out.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()).certificate.to_latex()
        >>> print(found.splitlines()[0])
        \begin{proposition}
        """
        sentence = self.verify()
        try:
            return self._latex(sentence)
        except Refused as refusal:  # what is printed is computed a second time
            raise CertificateError(
                f"no text: {refusal}, expected half of what the verifier allows, as all numbers are computed twice. "
                "Use a smaller scenario, or cite the file."
            ) from None

    def _latex(self, sentence: str) -> str:
        if is_family(self.data):
            return family_latex(sentence)
        if not is_curve(self.data):
            return case_latex(read_case(self.data), sentence)
        pairs = [(read_case(low["certificate"]), read_case(high["certificate"])) for low, high in self.data["pieces"]]
        curve = Curve(self.data, read_case)
        return curve_latex(curve, self.data.get("reading") is not None, pairs)

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
        >>> rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()).certificate.save(path)
        >>> from relaxbell.verify import verify_file
        >>> verify_file(path).startswith("every model with")
        True
        """
        write_whole(path, self.to_json())

    def __repr__(self) -> str:
        return f"Certificate: {self.claim}"


def claimed(data: dict[str, Any], bound: ExactNumber) -> Certificate:
    """Claim the bound, or what the verifier's exact arithmetic makes of the proof, if that is less."""
    try:
        proven = read_case(data | {"claim": {}}).proven()
    except Refused as refusal:
        raise refused(refusal) from None
    stated = as_real(bound)
    _compare(stated - proven, stated, proven)
    lower = proven if proven < stated else stated
    return Certificate(data | {"claim": {"lower_bound": as_text(lower)}})


def _compare(lost: Real, stated: Real, found: Real) -> None:
    """Raise CertificateError where the verifier finds something else than the solution, by more than rounding."""
    size = max(Fraction(1), abs(stated.a), abs(stated.b) * stated.n)
    if (lost - Real(_ROUNDING * size)).sign() > 0:
        raise CertificateError(
            f"the verifier's own rows give {_short(found)} where the solution says {_short(stated)}, expected the "
            "same: the rows of the measure are not those that its generator makes. Give them without one, "
            "measure(model, rows), so that the certificate states the rows."
        )


def _short(number: Real) -> str:
    return f"{float(number.a) + float(number.b) * number.n**0.5:.9g}"


def with_strategies(
    data: dict[str, Any],
    bound: ExactNumber,
    primal: Mapping[int, ExactNumber] | None,
    *,
    tight: bool = False,
) -> Certificate:
    """Claim the bound, and that an exact model attains it, where there is one; `tight`: the bound itself."""
    found = claimed(data, bound)
    if not primal:
        return found
    weights = [[number, as_text(as_real(w))] for number, w in sorted(primal.items()) if w]
    data = found.data | {"strategies": weights}
    try:
        reached = read_case(data).reached()
    except Refused:  # exact for the float program, but not for the numbers behind it
        return found
    if tight:
        _compare(reached - as_real(bound), as_real(bound), reached)
    data["claim"] = data["claim"] | {"upper_bound": as_text(reached)}
    return Certificate(data)


def checked(data: dict[str, Any]) -> Certificate:
    """Return the certificate, if the verifier grants its claim."""
    try:
        verify(data)
    except Refused as refusal:
        raise refused(refusal) from None
    return Certificate(data)


def of_pieces(
    pieces: Sequence[object], parameters: Iterable[ExactNumber], reading: ReadingLike | None = None
) -> Certificate:
    """Return the certificate of a curve from those at both ends of each piece, all t, and where its data were read."""
    data: dict[str, Any] = {"schema": CURVE, "pieces": pieces}
    values = () if reading is None else reading.values
    if reading is not None:
        data["reading"] = {"parameter": reading.name, "power": reading.power, "at": as_texts(values)}
    roots = {t.n for t in (*parameters, *values) if isinstance(t, Surd)}
    return checked(data | ({"root": roots.pop()} if roots else {}))


def of_family(
    given: dict[str, Any],
    parameter: str,
    over: tuple[Fraction, Fraction],
    stretches: Sequence[dict[str, Any]],
    reading: ReadingLike | None = None,
) -> Certificate:
    """Return the certificate of a curve along a polynomial family, its stretches cut where a norm changes its sign."""
    data = {**given, "schema": FAMILY, "parameter": parameter, "over": as_texts(over), "stretches": list(stretches)}
    for name in ("claim", "proof"):
        data.pop(name, None)
    if reading is not None:
        data["reading"] = {"degree": reading.degree, "at": as_texts(reading.values)}
    found, left = [], list(stretches)
    try:
        own = Family(data, case_class)
        while left:
            stretch = left.pop(0)
            try:
                own.prove(stretch)
            except CrossingError as crossing:
                ends = [stretch["from"], *map(end_data, crossing.places), stretch["to"]]
                left = [stretch | {"from": a, "to": b} for a, b in itertools.pairwise(ends)] + left
            else:
                found.append(stretch)
    except Refused as refusal:
        raise refused(refusal) from None
    return checked(data | {"stretches": found})


def end_data(root: Root) -> Any:
    """Return an end of a stretch as it stands in the file."""
    if root.rational:
        return str(root.low)
    pairs = [[str(a), str(b)] if b else str(a) for a, b in root.polynomial.pairs]
    return {"root": {"polynomial": pairs}, "above": str(root.low), "to": str(root.high)}


def refused(refusal: Refused) -> CertificateError:
    """Return the error for data that the verifier refuses."""
    return CertificateError(
        f"no certificate: {refusal}. Expected data that fit the limits of relaxbell.verify, and a proof that holds in "
        "exact arithmetic. Use a smaller scenario, or numbers with smaller denominators."
    )


# ------------------------------------------------------------------- numbers


def as_real(number: ExactNumber | int) -> Real:
    """Return an exact number as the verifier's."""
    return Real(number.a, number.b, number.n) if isinstance(number, Surd) else Real(Fraction(number))


def as_text(number: ExactNumber | Real | int) -> str | list[str]:
    """Return a number as it stands in the file."""
    real = number if isinstance(number, Real) else as_real(number)
    bits = max(part.bit_length() for x in (real.a, real.b) for part in (x.numerator, x.denominator))
    if bits > _LONGEST:  # Python itself refuses to write what has more than 4300 digits
        raise refused(Refused(f"a number has about {bits * 3 // 10} digits"))
    return [str(real.a), str(real.b)] if real.b else str(real.a)


def as_data(stated: object) -> Any:
    """Return what measures state, and weights of their rows, as they stand in the file."""
    if isinstance(stated, Mapping):
        return {key: as_data(value) for key, value in stated.items()}
    if isinstance(stated, list | tuple):
        return [as_data(value) for value in stated]
    if isinstance(stated, Surd):
        raise CertificateError(
            f"no certificate: found the irrational coefficient {stated} in a row or weight, expected rational ones. "
            "Give rational numbers near them."
        )
    return as_text(stated) if isinstance(stated, Fraction) else stated


def as_texts(numbers: Iterable[ExactNumber | Real | int]) -> list[str | list[str]]:
    """Return numbers as they stand in the file."""
    return [as_text(number) for number in numbers]
