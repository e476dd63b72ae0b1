"""Keyset pages: a cursor names the last row seen, so that changes elsewhere neither repeat nor skip.

A cursor belongs to one question. It carries a fingerprint of the filter and the order it was made
for, and is refused with any other, since a position in one order means nothing in another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query

from service.api.problems import RefusalError

DEFAULT_LIMIT = 50
MOST = 500
LONGEST_CURSOR = 2048

Limit = Annotated[
    int,
    Query(
        ge=1,
        le=MOST,
        description=f"Rows on a page, at most {MOST}.",
        examples=[DEFAULT_LIMIT],
    ),
]
Cursor = Annotated[
    str | None,
    Query(
        max_length=LONGEST_CURSOR,
        description="`next_cursor` of the page before; absent for the first page. "
        "Filter and order must be those of the page before.",
        examples=["WyI1ZjNhIixbMTJdXQ"],
    ),
]

Key = Sequence[str | int | float | bool | None]


def fingerprint(question: Mapping[str, Any]) -> str:
    """A short name for a filter and an order; equal questions have equal names."""
    text = json.dumps(question, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def encode(question: Mapping[str, Any], key: Key) -> str:
    """The cursor after the row whose sort key is ``key``."""
    text = json.dumps([fingerprint(question), list(key)], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(
    question: Mapping[str, Any], cursor: str | None, kinds: Sequence[type | tuple[type, ...]]
) -> tuple[Any, ...] | None:
    """The sort key that a cursor carries, None without a cursor.

    ``kinds`` are the types of the key's parts. Raises RefusalError (``bad-cursor``) for anything
    that ``encode`` did not make for this very question.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise RefusalError("bad-cursor", "The cursor is not one that this server gave.") from None
    if made_for != fingerprint(question):
        raise RefusalError(
            "bad-cursor",
            "The cursor belongs to another filter or order. Start again from the first page.",
            zh="该翻页标记属于另一组筛选或排序，请从第一页重新读取。",
        )
    if not _fits(key, kinds):
        raise RefusalError("bad-cursor", "The cursor is not one that this server gave.")
    return tuple(key)


def _fits(key: object, kinds: Sequence[type | tuple[type, ...]]) -> bool:
    return (
        isinstance(key, list)
        and len(key) == len(kinds)
        and all(isinstance(part, kind) for part, kind in zip(key, kinds, strict=True))
    )


def night_key(question: Mapping[str, Any], cursor: str | None) -> tuple[date, str] | None:
    """A position in a list ordered by (business_date, id)."""
    key = decode(question, cursor, (str, str))
    if key is None:
        return None
    try:
        return date.fromisoformat(key[0]), key[1]
    except ValueError:
        raise RefusalError("bad-cursor", "The cursor is not one that this server gave.") from None


def decode_instant(question: Mapping[str, Any], cursor: str | None) -> tuple[datetime, str] | None:
    """A position in a list ordered by (instant, id)."""
    key = decode(question, cursor, (str, str))
    if key is None:
        return None
    try:
        at = datetime.fromisoformat(key[0])
    except ValueError:
        at = datetime.min
    if at.tzinfo is None:
        raise RefusalError("bad-cursor", "The cursor is not one that this server gave.")
    return at, key[1]
