"""Periods fall into pieces that touch; lists into batches that lose nothing."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.taobao.periods import HISTORY_DAYS, batches, well_formed, windows

TODAY = date(2026, 7, 20)
days = st.dates(date(2025, 6, 1), date(2026, 9, 1))


@given(days, days, st.integers(1, 90))
def test_pieces_cover_every_day_that_the_platform_keeps_once(first, last, size):
    pieces = list(windows(first, last, TODAY, size))
    covered = [
        start + timedelta(days=i) for start, end in pieces for i in range((end - start).days + 1)
    ]
    oldest = TODAY - timedelta(days=HISTORY_DAYS)
    expected = [
        first + timedelta(days=i)
        for i in range((last - first).days + 1)
        if oldest <= first + timedelta(days=i) < TODAY
    ]
    assert covered == expected
    assert all((end - start).days < size for start, end in pieces)


@given(st.lists(st.integers(), max_size=900), st.integers(1, 300))
def test_batches_keep_everything_in_order(items, size):
    pieces = list(batches(items, size))
    assert [one for piece in pieces for one in piece] == items
    assert all(1 <= len(piece) <= size for piece in pieces)


def test_only_what_can_be_an_id_is_asked_for():
    assert well_formed(["12", "", "x", "12", "１", "-3", "9" * 17, "9" * 19]) == ["12", "9" * 17]
