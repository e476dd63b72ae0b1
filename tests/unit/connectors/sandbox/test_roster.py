"""What the shop looks like to a specialist: names, ids, reasons."""

from __future__ import annotations

import numpy as np
import pytest

from connectors.sandbox.market import Market
from connectors.sandbox.names import CATEGORIES, Category, item_title, words
from connectors.sandbox.roster import Directory, day_rows
from connectors.sandbox.scenario import DEMO, DENSE

MARKET = Market(DEMO, 7)
DIRECTORY = Directory(MARKET)


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_a_full_adgroup_has_two_hundred_distinct_plausible_words(category: Category) -> None:
    made = words(category, 200, 3)
    assert len(set(made)) == 200
    assert all(2 <= len(word) <= 16 for word in made)
    assert all(any(word.endswith(noun) for noun in category.nouns) for word in made)
    assert made == words(category, 200, 3)
    assert made != words(category, 200, 4)


def test_more_words_than_a_category_can_say_are_numbered() -> None:
    made = words(CATEGORIES[0], 5_000, 1)
    assert len(set(made)) == 5_000
    assert made[-1].endswith("号")


def test_titles_say_everything() -> None:
    assert len(item_title(CATEGORIES[0], 1)) >= 8
    assert item_title(CATEGORIES[0], 1) == item_title(CATEGORIES[0], 1)


def test_ids_are_long_strings_in_ascending_order() -> None:
    for ids, length in (
        (DIRECTORY.campaign_ids, 11),
        (DIRECTORY.adgroup_ids, 13),
        (DIRECTORY.item_ids, 12),
        (DIRECTORY.keyword_ids, 17),
    ):
        assert all(len(i) == length and i.isdigit() for i in ids)
        assert ids == sorted(set(ids))


def test_words_are_distinct_within_an_adgroup() -> None:
    pairs = set(zip(MARKET.ground.adgroup.tolist(), DIRECTORY.word_names(), strict=True))
    assert len(pairs) == 2_400


def test_words_without_a_bid_do_not_exist_yet() -> None:
    bids = MARKET.typical_bids()
    bids[:100] = 0
    roster = DIRECTORY.roster(bids)
    assert len(roster.keywords) == 2_300
    assert roster.keywords[0].keyword_id == DIRECTORY.keyword_ids[100]


def test_words_that_take_no_bid_say_why() -> None:
    roster = DIRECTORY.roster(MARKET.typical_bids())
    kinds = {c.campaign_id: c.bid_type for c in roster.campaigns}
    automatic = [k for k in roster.keywords if kinds[k.campaign_id] != "custom_bid"]
    refused = [k for k in roster.keywords if not k.biddable and k not in automatic]
    assert automatic
    assert refused
    assert all(not k.biddable and k.bid_fen is None for k in automatic)
    assert all("平台自动出价" in (k.not_biddable_reason or "") for k in automatic)
    assert all("审核" in (k.not_biddable_reason or "") for k in refused)
    assert sum(k.biddable for k in roster.keywords) > 2_000


def test_unlimited_campaigns_have_no_budget() -> None:
    market = Market(DENSE, 1)
    roster = Directory(market).roster(market.typical_bids())
    assert {c.daily_budget_fen for c in roster.campaigns} == {None}
    budgets = [c.daily_budget_fen or 0 for c in DIRECTORY.roster(MARKET.typical_bids()).campaigns]
    assert all(3_000 <= fen <= 200_000 for fen in budgets)


def test_rows_carry_the_days_figures() -> None:
    bids = MARKET.typical_bids()
    result = MARKET.day(738_000, bids)
    counts = result.known(1)
    listed = np.flatnonzero((counts.impressions == 0) | (counts.clicks > 3))
    rows = day_rows(MARKET.ground, DIRECTORY, result, counts, listed)
    assert len(rows) == len(listed)
    for row, i in zip(rows, listed.tolist(), strict=True):
        assert row.keyword_id == DIRECTORY.keyword_ids[i]
        assert row.spend_fen == counts.spend_fen[i]
        assert row.bid_fen == (bids[i] if DIRECTORY.bid_by_word[i] else None)
        assert (row.avg_rank is None) == (row.impressions == 0)
        assert row.budget_hit == result.budget_hit[i]
