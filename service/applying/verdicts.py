"""What a bid found on the platform says about a line: pure rules, one for each moment of a batch."""

from __future__ import annotations

from typing import Final, Literal

from service.store.applications import BatchLineRow

Outcome = Literal["intended", "sent", "applied", "failed", "conflict", "unknown", "released"]
MOST_SENDS: Final = 3  # of one line; after that a person looks


def before_sending(line: BatchLineRow, live_fen: int | None) -> Outcome:
    """``intended`` may be sent; a word that stands at our bid already needs no bytes."""
    if live_fen == line.bid_before_fen:
        return "intended"
    return "applied" if live_fen == line.bid_fen else "conflict"


def after_sending(line: BatchLineRow, live_fen: int | None) -> Outcome:
    """A bid that was told set and still reads as before may only show late: reads have to decide."""
    if live_fen == line.bid_fen:
        return "applied"
    if live_fen == line.bid_before_fen:
        return "unknown" if line.told_set else "failed"
    return "conflict"


def after_two_reads(line: BatchLineRow, second_fen: int | None, *, sends: int) -> Outcome:
    """The outcome of a write that nobody saw, from ``line.first_read_fen`` and a later read.

    ``released``: neither read shows it, so it may be sent again, at most ``MOST_SENDS`` times. A bid
    that the platform said it had set was put back by somebody.
    """
    if second_fen == line.bid_fen:
        return "applied"
    if second_fen == line.bid_before_fen == line.first_read_fen and not line.told_set:
        return "released" if sends < MOST_SENDS else "failed"
    return "conflict"
