"""Which days can be asked for, and in what pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, TypeVar

from connectors.errors import PermanentError

ATTRIBUTION_DAYS: Final = 15
HISTORY_DAYS: Final = 183  # the platform keeps about 182 days
BATCH: Final = 200
MIN_BID_FEN: Final = 5
MAX_BID_FEN: Final = 9_999
T = TypeVar("T")


def windows(first: date, last: date, today: date, days: int) -> Iterator[tuple[date, date]]:
    """Pieces of at most ``days`` days between ``first`` and ``last``, of what the platform keeps.

    The newest day with figures is yesterday.
    """
    start = max(first, today - timedelta(days=HISTORY_DAYS))
    end = min(last, today - timedelta(days=1))
    while start <= end:
        stop = min(end, start + timedelta(days=days - 1))
        yield start, stop
        start = stop + timedelta(days=1)


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """``items`` in order, at most ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def refuse_too_many(changes: Sequence[object]) -> None:
    """Raise PermanentError for more changes than one call may carry."""
    if len(changes) > BATCH:
        raise PermanentError(
            f"at most {BATCH} bids can be set in one call, got {len(changes)}; "
            "send them in several calls"
        )


def well_formed(keyword_ids: Sequence[str]) -> list[str]:
    """Those that can be ids of the platform, each once, in order."""
    return [i for i in dict.fromkeys(keyword_ids) if i.isascii() and i.isdigit() and len(i) <= 18]
