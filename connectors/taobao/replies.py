"""From the bytes of an answer to its payload, or to what came instead of one.

Every answer of the platform ends in exactly one of three shapes and nothing here raises:
``Answer`` (the payload), ``Refusal`` (the platform said no, and why), ``Unreadable`` (something
came that is not the protocol). Numbers with a point become ``Decimal``, never ``float``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NoReturn

Json = Mapping[str, Any]
SHOWN: Final = 200  # characters of an unreadable answer that a message quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the platform answered: the inside of the envelope."""

    payload: Json
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error as the platform words it; ``whole`` is all of it, as JSON."""

    code: int | None
    msg: str = ""
    sub_code: str = ""
    sub_msg: str = ""
    request_id: str | None = None
    whole: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Not an answer; ``reason`` says in words what came instead."""

    reason: str


def read(method: str, status: int, content: bytes) -> Answer | Refusal | Unreadable:
    """Understand the answer to ``method`` (with or without ``taobao.``)."""
    if status != 200:
        return Unreadable(reason=f"HTTP {status} instead of 200: {_quoted(content)}")
    try:
        document = loads(content)
    except ValueError as error:
        kind = "a web page" if content.lstrip()[:1] == b"<" else f"no complete JSON ({error})"
        return Unreadable(reason=f"{kind}: {_quoted(content)}")
    if not isinstance(document, dict):
        return Unreadable(reason=f"JSON that is no object: {_quoted(content)}")
    if "error_response" in document:
        return refusal(document["error_response"])
    payload = document.get(envelope(method))
    if not isinstance(payload, dict):
        return Unreadable(reason=f"no {envelope(method)} in the answer: {_quoted(content)}")
    return Answer(payload=payload, request_id=_text(payload.get("request_id")) or None)


def envelope(method: str) -> str:
    """The root key of an answer: ``taobao.a.b.get`` -> ``a_b_get_response``."""
    return method.removeprefix("taobao.").replace(".", "_") + "_response"


def refusal(body: object) -> Refusal:
    """An error object, wherever it was found; whatever is missing or odd in it stays empty."""
    whole = json.dumps(body, ensure_ascii=False, default=str)
    if not isinstance(body, dict):
        return Refusal(code=None, msg=_text(body), whole=whole)
    return Refusal(
        code=_code(body.get("code")),
        msg=_text(body.get("msg")),
        sub_code=_text(body.get("sub_code")),
        sub_msg=_text(body.get("sub_msg")),
        request_id=_text(body.get("request_id")) or None,
        whole=whole,
    )


def inside(text: object) -> list[Json] | Refusal | Unreadable:
    """The rows of a report that comes as a JSON string; an error object may hide in there.

    ``{}`` and the empty string are an empty report.
    """
    try:
        found = text or []
        if isinstance(text, str):
            found = loads(text) if text.strip() else []
    except ValueError as error:
        return Unreadable(reason=f"a report that is no complete JSON ({error}): {_quoted(text)}")
    if isinstance(found, dict):
        hidden = found.get("error_response", found)
        if isinstance(hidden, dict) and {"code", "sub_code", "msg", "sub_msg"} & set(hidden):
            return refusal(hidden)
        if not found:
            return []
    if isinstance(found, list) and all(isinstance(row, dict) for row in found):
        return found
    return Unreadable(reason=f"a report that is no list of rows: {_quoted(text)}")


def loads(text: str | bytes) -> Any:
    """JSON with exact decimals; ValueError for anything that is not JSON, however odd."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _code(value: object) -> int | None:
    text = _text(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _quoted(content: object) -> str:
    text = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
    short = " ".join(text[: 2 * SHOWN].split())[:SHOWN]
    return repr(short) if short else "nothing"
