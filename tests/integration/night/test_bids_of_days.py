"""A platform whose reports name no bids: what was in force is booked when the day ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.platform import BidChange, KeywordRow, Page
from service.nightly import NightResult
from service.store import Store, applications, facts

DAY = date(2026, 3, 2)
Plan = Callable[..., NightResult]


@pytest.fixture
def silent_shop(shop: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shop without a word about bids in its reports."""
    reports = shop.keyword_days

    def without_bids(first: date, last: date) -> Iterator[Page]:
        for page in reports(first, last):
            yield replace(page, rows=tuple(replace(row, bid_fen=None) for row in page.rows))

    monkeypatch.setattr(shop, "keyword_days", without_bids)
    return shop


def seen_word(shop: Any) -> KeywordRow:
    """A word that was seen yesterday, and mostly is."""
    yesterday = DAY - timedelta(days=1)
    days = [row for page in shop.platform.keyword_days(yesterday, yesterday) for row in page.rows]
    most = max(days, key=lambda row: row.impressions).keyword_id
    (word,) = (row for row in shop.roster().keywords if row.keyword_id == most)
    assert isinstance(word, KeywordRow)
    return word


def bids_of(store: Store, word: str, first: date) -> dict[date, int | None]:
    with store.read() as session:
        found = facts.keyword_history(session, "shop", word, first, DAY + timedelta(days=9))
    return {row.date: row.bid_fen for row in found}


def test_every_day_keeps_the_bid_it_ended_with(store: Store, plan: Plan, silent_shop: Any) -> None:
    plan(DAY)
    word = seen_word(silent_shop)
    yesterday, next_day = DAY - timedelta(days=1), DAY + timedelta(days=1)
    assert word.bid_fen is not None
    moved = BidChange(
        keyword_id=word.keyword_id, bid_before_fen=word.bid_fen, bid_fen=word.bid_fen - 7
    )
    silent_shop.platform.set_bids([moved])
    plan(next_day)
    told = bids_of(store, word.keyword_id, yesterday)
    assert told == {yesterday: word.bid_fen, DAY: word.bid_fen - 7}


def test_a_bid_that_kaiche_has_moved_this_morning_is_not_yesterday_s(
    store: Store, plan: Plan, silent_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = seen_word(silent_shop)

    def moved(_session: Any, account_id: str, business_date: date) -> Mapping[str, int]:
        assert (account_id, business_date) == ("shop", DAY)
        return {word.keyword_id: 41}

    monkeypatch.setattr(applications, "bids_before", moved)
    plan(DAY)
    assert bids_of(store, word.keyword_id, DAY - timedelta(days=1)) == {DAY - timedelta(days=1): 41}


def test_a_night_made_up_later_books_no_bids(store: Store, plan: Plan, silent_shop: Any) -> None:
    def later() -> datetime:
        return datetime(2026, 3, 5, 0, 30, tzinfo=UTC)

    plan(DAY, clock=later)
    word = seen_word(silent_shop)
    assert set(bids_of(store, word.keyword_id, DAY - timedelta(days=5)).values()) == {None}
