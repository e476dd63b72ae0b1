"""Typed reading of the platform's fields; whatever does not fit raises AnswerError naming it.

Figures come as numbers, as numbers in strings, in fen or in yuan; ids as integers or strings of
digits. All of it is exact: no value passes through a float.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from connectors.errors import AnswerError
from connectors.platform import Match
from connectors.taobao.replies import Json

MOST: Final = Decimal(10) ** 15
MATCHES: Final[Mapping[str, Match]] = {"1": "exact", "2": "phrase", "4": "broad"}


def identifier(row: Json, name: str) -> str:
    """An id as text: 1 to 20 digits, from an integer or a string, never from a decimal."""
    value = row.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise _wrong(row, name, "an id of digits")
    return text


def text(row: Json, name: str, default: str | None = None) -> str:
    """Text with its outer blanks removed; ``default`` where it is missing or empty."""
    value = row.get(name)
    found = value.strip() if isinstance(value, str) else ""
    if found:
        return found
    if default is None or not (value is None or isinstance(value, str)):
        raise _wrong(row, name, "text")
    return default


def whole(row: Json, name: str, default: int | None = None) -> int:
    """A whole number of at least 0; ``default`` where it is missing or empty."""
    found = _decimal(row, name, default)
    if found != found.to_integral_value():
        raise _wrong(row, name, "a whole number")
    return int(found)


def fen_of_yuan(row: Json, name: str, default: int | None = None) -> int:
    """Yuan as whole fen, half a fen up; ``default`` (fen) where it is missing or empty."""
    if default is not None and row.get(name) in (None, ""):
        return default
    return int((_decimal(row, name, None) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def optional_decimal(row: Json, name: str) -> Decimal | None:
    """A number of at least 0, None where it is missing or empty."""
    return None if row.get(name) in (None, "") else _decimal(row, name, None)


def flag(row: Json, name: str) -> bool:
    """True for true, 1, "1" and "true"; False for everything else, also when it is missing."""
    return str(row.get(name)).lower() in ("true", "1")


def day(row: Json, name: str) -> date:
    """A date as ``yyyy-MM-dd``, also with a time behind it."""
    try:
        return date.fromisoformat(text(row, name, "")[:10])
    except ValueError:
        raise _wrong(row, name, "a date") from None


def match_scope(row: Json) -> Match | None:
    """How closely a search must match; None for a scope that is not known."""
    return MATCHES.get(str(row.get("match_scope")))


def quality(value: object) -> float | None:
    """A quality score of 1 to 10; None for anything else, as words too new to have one show."""
    try:
        score = Decimal(str(value))
    except InvalidOperation:
        return None
    return float(score) if score.is_finite() and 1 <= score <= 10 else None


def listed(payload: Json, *path: str) -> list[Json]:
    """The rows at the end of ``path`` of wrappers; a missing or empty wrapper is an empty list."""
    found: Any = payload
    for name in path:
        if found in (None, "", {}, []):
            return []
        if not isinstance(found, dict):
            raise _wrong(payload, ".".join(path), "a list in its wrappers")
        found = found.get(name)
    rows = found or []
    if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise _wrong(payload, ".".join(path), "a list of objects")
    return rows


def _decimal(row: Json, name: str, default: int | None) -> Decimal:
    value = row.get(name)
    if value in (None, "") and default is not None:
        return Decimal(default)
    try:
        found = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        raise _wrong(row, name, "a number") from None
    if not (found.is_finite() and 0 <= found <= MOST):
        raise _wrong(row, name, "a number from 0 to 10^15")
    return found


def _wrong(row: Json, name: str, expected: str) -> AnswerError:
    value = repr(row.get(name))[:80]
    return AnswerError(f"the platform's field {name} is {value} where {expected} belongs")
