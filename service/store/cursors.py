"""Opaque positions in a sorted list, so that paging costs the page and never skips or repeats."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from service.errors import InputError


def encode(order: str, value: Any, row_id: int) -> str:
    """A position: the order it belongs to, the last row's sort value and id."""
    text = json.dumps([order, value, row_id], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(order: str, cursor: str) -> tuple[Any, int]:
    """The sort value and id of a position; raises InputError for anything not from encode."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, value, row_id = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, TypeError, binascii.Error, UnicodeError) as error:
        raise InputError(
            f"`cursor` is not one that this service gave out: {cursor[:80]}; "
            "take it from the previous page unchanged, or leave it out to begin anew"
        ) from error
    if made_for != order or not isinstance(row_id, int):
        raise InputError(
            f"`cursor` belongs to the order {made_for}, this list is in the order {order}; "
            "leave the cursor out when the order changes"
        )
    return value, row_id
