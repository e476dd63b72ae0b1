"""What a bid found on the platform says, at each moment of a batch."""

from __future__ import annotations

import pytest

from service.applying.verdicts import (
    MOST_SENDS,
    Outcome,
    after_sending,
    after_two_reads,
    before_sending,
)
from service.store.applications import BatchLineRow


def bid(*, first: int | None = None, told_set: bool = False) -> BatchLineRow:
    """From 100 to 110."""
    return BatchLineRow(
        batch_id="b",
        line_id=1,
        account_id="shop",
        keyword_id="k",
        approval_event_id=1,
        bid_before_fen=100,
        bid_fen=110,
        outcome="unknown",
        told_set=told_set,
        first_read_fen=first,
    )


@pytest.mark.parametrize(
    ("live", "outcome"),
    [(100, "intended"), (110, "applied"), (105, "conflict"), (None, "conflict")],
)
def test_before_sending(live: int | None, outcome: Outcome) -> None:
    assert before_sending(bid(), live) == outcome


@pytest.mark.parametrize(
    ("live", "told_set", "outcome"),
    [
        (110, True, "applied"),
        (110, False, "applied"),
        (100, True, "unknown"),
        (100, False, "failed"),
        (105, True, "conflict"),
        (105, False, "conflict"),
        (None, True, "conflict"),
    ],
)
def test_after_sending(live: int | None, told_set: bool, outcome: Outcome) -> None:
    assert after_sending(bid(told_set=told_set), live) == outcome


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (100, 110, "applied"),
        (110, 110, "applied"),
        (105, 110, "applied"),
        (100, 100, "released"),
        (110, 100, "conflict"),  # it was there, and somebody put it back
        (None, 100, "conflict"),
        (100, 105, "conflict"),
        (100, None, "conflict"),
    ],
)
def test_after_two_reads(first: int | None, second: int | None, outcome: Outcome) -> None:
    assert after_two_reads(bid(first=first), second, sends=1) == outcome


def test_what_the_platform_said_it_had_set_is_not_sent_again() -> None:
    assert after_two_reads(bid(first=100, told_set=True), 100, sends=1) == "conflict"


@pytest.mark.parametrize(
    ("sends", "outcome"), [(MOST_SENDS - 1, "released"), (MOST_SENDS, "failed")]
)
def test_a_line_is_not_sent_for_ever(sends: int, outcome: Outcome) -> None:
    assert after_two_reads(bid(first=100), 100, sends=sends) == outcome
