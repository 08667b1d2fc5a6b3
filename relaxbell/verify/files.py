"""Certificates on disk: JSON, read with limits."""

from __future__ import annotations

import json
from pathlib import Path

from .reading import Json
from .refusals import Refused, need

FILE_BYTES, WHOLE_DIGITS = 2**23, 20


def read_file(path: Path) -> Json:
    """Return the JSON data of a file; refuse what is no file, too large, or not JSON."""
    try:
        reason = "it is a directory or device" if path.exists() else "there is no such file"
        need(path.is_file(), f"the file cannot be read: {reason}")
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
        need(len(raw) <= FILE_BYTES, f"the file cannot be read: it is larger than {FILE_BYTES} bytes")
        return json.loads(raw.decode(), object_pairs_hook=_distinct, parse_int=_short)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"the file is not JSON: {error}") from None
    except (OSError, RecursionError) as error:
        raise Refused(f"the file cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _distinct(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    need(len({name for name, _ in pairs}) == len(pairs), "a field is given twice")
    return dict(pairs)


def _short(digits: str) -> int:
    """Return an integer; Python itself reads at most 4300 digits, and takes long for many."""
    fits = len(digits) <= WHOLE_DIGITS
    need(fits, f"the file has an integer of {len(digits)} digits, more than the {WHOLE_DIGITS} that any field needs")
    return int(digits)
