"""The shape of answers: envelopes, double-wrapped lists, money and rates as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

Body = dict[str, object]

_PREFIX: Final = "taobao."
_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def envelope(method: str, body: Mapping[str, object], request_id: str) -> Body:
    """A success: the method's own root key around ``body``."""
    root = method.removeprefix(_PREFIX).replace(".", "_") + "_response"
    return {root: {**body, "request_id": request_id}}


def refusal(fields: Mapping[str, object], request_id: str) -> Body:
    """A refusal around the fields of a ``TopError``."""
    return {"error_response": {**fields, "request_id": request_id}}


def wrapped(item: str, rows: Sequence[object]) -> Body:
    """The inner wrapper of a list; empty lists lose their inner key, as on the platform."""
    return {item: list(rows)} if rows else {}


def compact(value: object) -> str:
    """JSON as the platform writes it: no spaces, Chinese characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def request_id(number: int) -> str:
    """An id of call ``number``, different for every call."""
    rest, digits = number * 2_654_435_761 + 78_364_164_096, ""
    while rest:
        rest, digit = divmod(rest, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return "s" + digits


def yuan(fen: int) -> str:
    """Fen as yuan with 2 decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def ratio(part: float, whole: float, *, times: int = 1, places: int = 2) -> str:
    """``part / whole x times`` with fixed decimals; nothing out of nothing is 0."""
    return f"{part * times / whole:.{places}f}" if whole else f"{0:.{places}f}"
