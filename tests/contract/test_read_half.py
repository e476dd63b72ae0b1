"""What every connector's read half promises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.platform import AdPlatformReader, KeywordDayRow

if TYPE_CHECKING:
    from tests.contract.conftest import Leg

PAGE_BOUND = 10_000
ONE_DAY = timedelta(days=1)

Key = tuple[str, date]


def by_key(rows: Sequence[KeywordDayRow]) -> dict[Key, KeywordDayRow]:
    found = {(row.keyword_id, row.date): row for row in rows}
    assert len(found) == len(rows), "a keyword-day came twice"
    return found


def test_it_says_what_it_is(leg: Leg) -> None:
    assert isinstance(leg.reader, AdPlatformReader)
    assert leg.reader.name == leg.name
    assert isinstance(leg.reader.attribution_days, int)
    assert leg.reader.attribution_days >= 0


def test_ids_are_strings_ascending_and_unique(leg: Leg) -> None:
    roster = leg.reader.roster()
    for ids in (
        [row.campaign_id for row in roster.campaigns],
        [row.adgroup_id for row in roster.adgroups],
        [row.keyword_id for row in roster.keywords],
    ):
        assert ids
        assert all(type(i) is str and 11 <= len(i) <= 17 and i.isdigit() for i in ids)
        assert ids == sorted(set(ids))


def test_every_word_has_its_place(leg: Leg) -> None:
    roster = leg.reader.roster()
    campaigns = {row.campaign_id for row in roster.campaigns}
    home = {row.adgroup_id: row.campaign_id for row in roster.adgroups}
    assert set(home.values()) <= campaigns
    for word in roster.keywords:
        assert home[word.adgroup_id] == word.campaign_id
        assert word.word.strip()
        assert word.match in {"exact", "phrase", "broad", "auto", None}
    assert all(row.name for row in (*roster.campaigns, *roster.adgroups))


def test_a_word_that_takes_no_bid_says_why_and_no_other_does(leg: Leg) -> None:
    roster = leg.reader.roster()
    manual = {row.campaign_id for row in roster.campaigns if row.bid_type == "custom_bid"}
    for word in roster.keywords:
        assert word.biddable == (word.not_biddable_reason is None)
        if word.bid_fen is None or word.campaign_id not in manual:
            assert not word.biddable
        if not word.biddable:
            assert len(word.not_biddable_reason or "") > 5
    assert any(word.biddable for word in roster.keywords)
    assert any(not word.biddable for word in roster.keywords)


def test_bids_and_scores_are_in_the_platforms_range(leg: Leg) -> None:
    for word in leg.reader.roster().keywords:
        if word.bid_fen is not None:
            assert type(word.bid_fen) is int
            assert 5 <= word.bid_fen <= 9_999
        if word.quality_score is not None:
            assert 1 <= word.quality_score <= 10
    for campaign in leg.reader.roster().campaigns:
        budget = campaign.daily_budget_fen
        assert budget is None or (type(budget) is int and budget >= 3_000)


def test_pages_are_bounded_and_keys_unique(leg: Leg) -> None:
    pages = list(leg.reader.keyword_days(date(2020, 1, 1), leg.today))
    assert all(len(page.rows) <= PAGE_BOUND for page in pages)
    assert len(by_key([row for page in pages for row in page.rows])) > 500


def test_ranges_include_both_ends(leg: Leg) -> None:
    yesterday = leg.today - ONE_DAY
    first, last = yesterday - 4 * ONE_DAY, yesterday - ONE_DAY
    whole = by_key(leg.days(first, last))
    assert {row.date for row in whole.values()} == {first + i * ONE_DAY for i in range(4)}
    single: dict[Key, KeywordDayRow] = {}
    for offset in range(4):
        single |= by_key(leg.days(first + offset * ONE_DAY, first + offset * ONE_DAY))
    assert single == whole


def test_periods_without_a_day_are_empty(leg: Leg) -> None:
    yesterday = leg.today - ONE_DAY
    assert leg.days(yesterday, yesterday - ONE_DAY) == []
    assert leg.days(date(2020, 1, 1), date(2020, 12, 31)) == []
    assert leg.days(leg.today + 30 * ONE_DAY, leg.today + 60 * ONE_DAY) == []


def test_figures_are_whole_and_possible(leg: Leg) -> None:
    for row in leg.days():
        counts = (row.impressions, row.clicks, row.spend_fen, row.orders, row.revenue_fen)
        assert all(type(count) is int and count >= 0 for count in counts)
        assert row.clicks <= row.impressions
        assert (row.clicks == 0) == (row.spend_fen == 0)
        assert (row.orders == 0) == (row.revenue_fen == 0)
        assert row.bid_fen is None or 5 <= row.bid_fen <= 9_999
        assert row.avg_rank is None or row.avg_rank >= 1
        assert row.carts is None or row.carts >= 0
        assert row.favourites is None or row.favourites >= 0
        assert type(row.date) is date


def test_figures_belong_to_words_of_the_roster(leg: Leg) -> None:
    home = {
        word.keyword_id: (word.adgroup_id, word.campaign_id)
        for word in leg.reader.roster().keywords
    }
    rows = leg.days()
    assert all(home[row.keyword_id] == (row.adgroup_id, row.campaign_id) for row in rows)


def test_days_end_yesterday(leg: Leg) -> None:
    assert max(row.date for row in leg.days(last=leg.today + 9 * ONE_DAY)) == leg.today - ONE_DAY


def test_reading_again_gives_the_same(leg: Leg) -> None:
    assert leg.days() == leg.days()
    assert leg.reader.roster() == leg.reader.roster()


@pytest.mark.parametrize("later", [1, 5, 20])
def test_days_are_only_restated_upwards(moving_leg: Leg, later: int) -> None:
    last = moving_leg.today - ONE_DAY
    before = by_key(moving_leg.days(last=last))
    moving_leg.advance(later)
    after = by_key(moving_leg.days(last=last))
    assert set(before) <= set(after)
    for key, old in before.items():
        new = after[key]
        for figure in ("impressions", "clicks", "spend_fen", "orders", "revenue_fen"):
            assert getattr(new, figure) >= getattr(old, figure)
        assert new.bid_fen == old.bid_fen
    arrived = sum(after[key].orders - old.orders for key, old in before.items())
    assert arrived > 0


def test_days_out_of_the_attribution_window_are_final(moving_leg: Leg) -> None:
    moving_leg.advance(moving_leg.reader.attribution_days)
    settled = moving_leg.today - timedelta(days=moving_leg.reader.attribution_days)
    before = by_key(moving_leg.days(last=settled))
    assert before
    moving_leg.advance(9)
    assert by_key(moving_leg.days(last=settled)) == before


def test_the_same_shop_reads_the_same_through_its_exports(both: tuple[Leg, Leg]) -> None:
    direct, exported = both
    for days in (0, 3):
        direct.advance(days)
        exported.advance(days)
        one = {key: row for key, row in by_key(direct.days()).items() if row.impressions}
        two = {key: row for key, row in by_key(exported.days()).items() if row.impressions}
        assert set(one) == set(two)
        names = [
            *("keyword_id", "adgroup_id", "campaign_id", "date", "impressions", "clicks"),
            *("spend_fen", "orders", "revenue_fen", "bid_fen", "carts", "favourites", "avg_rank"),
        ]
        for key, row in one.items():
            assert [getattr(row, n) for n in names] == [getattr(two[key], n) for n in names]
        quiet = [row for row in exported.days() if not row.impressions]
        assert all(row.clicks == row.spend_fen == row.orders == 0 for row in quiet)


def test_the_same_shop_is_listed_the_same_through_its_exports(both: tuple[Leg, Leg]) -> None:
    one, two = (leg.reader.roster() for leg in both)
    assert two.rejects == ()
    assert one.adgroups == two.adgroups
    assert one.campaigns == two.campaigns
    assert len(one.keywords) == len(two.keywords)
    for word, read in zip(one.keywords, two.keywords, strict=True):
        names = ["keyword_id", "adgroup_id", "campaign_id", "word", "match", "bid_fen"]
        assert [getattr(word, n) for n in names] == [getattr(read, n) for n in names]
        assert word.quality_score == read.quality_score
        # The lists do not tell which words the audit refused.
        assert word.biddable == read.biddable or "审核" in (word.not_biddable_reason or "")
