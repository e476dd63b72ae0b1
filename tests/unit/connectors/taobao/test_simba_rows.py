"""Rows of the older generation become ours: fen stay fen, text becomes numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import AnswerError
from connectors.platform import KeywordDayRow
from connectors.taobao import simba_rows

BASE = {
    "date": "2017-10-29", "campaignid": 44854263, "adgroupid": 722815068, "keywordid": 304819868593,
    "keywordstr": "孕妇打底裤", "impressions": "37381", "click": "608", "cost": "61489",
    "ctr": "1.63", "cpc": "101.13", "cpm": "1644.93", "avgpos": "12", "source": "SUMMARY",
    "searchtype": "SEARCH",
}  # fmt: skip
EFFECT = {
    "date": "2017-10-29", "keywordid": 304819868593, "directpay": "93579", "indirectpay": "9819",
    "directpaycount": "29", "indirectpaycount": "3", "favitemcount": "15", "favshopcount": "1",
    "carttotal": "80", "directcarttotal": "70", "indirectcarttotal": "10", "source": "SUMMARY",
}  # fmt: skip
KEYWORD = {
    "keyword_id": 30481986859301234, "adgroup_id": 722815068, "campaign_id": 44854263,
    "word": "孕妇打底裤", "max_price": 100, "max_mobile_price": 0, "match_scope": "4",
    "is_default_price": False, "mobile_is_default_price": 1, "audit_status": "audit_pass",
    "qscore": "7",
}  # fmt: skip


def joined(base, effect):
    return simba_rows.joined(base, effect, "44854263", "722815068")


def test_the_captured_day():
    page = joined([BASE], [EFFECT])
    assert page.rejects == ()
    assert page.rows == (
        KeywordDayRow(
            keyword_id="304819868593",
            adgroup_id="722815068",
            campaign_id="44854263",
            date=date(2017, 10, 29),
            impressions=37_381,
            clicks=608,
            spend_fen=61_489,
            orders=32,
            revenue_fen=103_398,
            carts=80,
            favourites=16,
            avg_rank=12.0,
        ),
    )


def test_a_day_without_effects_earned_nothing():
    (row,) = joined([BASE], []).rows
    assert (row.orders, row.revenue_fen, row.carts, row.favourites) == (0, 0, 0, 0)


def test_the_realtime_reports_name_of_impressions_is_understood():
    other = {k: v for k, v in BASE.items() if k != "impressions"} | {"impression": "5"}
    assert joined([other], []).rows[0].impressions == 5


def test_effects_of_another_day_or_word_are_not_mixed_in():
    others = [EFFECT | {"date": "2017-10-30"}, EFFECT | {"keywordid": 304819868594}]
    page = joined([BASE], others)
    assert page.rows[0].orders == 0
    assert len(page.rejects) == 2


@pytest.mark.parametrize(
    "damage",
    [
        {"cost": "many"}, {"cost": None}, {"cost": "-5"}, {"cost": "1.5"}, {"click": ""},
        {"click": True}, {"keywordid": 3.04e11}, {"keywordid": "3.04E+11"}, {"date": "29.10.2017"},
        {"impressions": "NaN"}, {"avgpos": "first"}, {"keywordid": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_a_reject_and_harms_no_other(damage):
    other = BASE | {"keywordid": 304819868599}
    page = joined([BASE | damage, other], [])
    assert [row.keyword_id for row in page.rows] == ["304819868599"]
    (reject,) = page.rejects
    assert next(iter(damage)) in reject.reason


def test_the_same_day_twice_counts_once():
    assert len(joined([BASE, BASE], []).rows) == 1
    page = joined([BASE, BASE | {"cost": "7"}], [])
    assert [row.spend_fen for row in page.rows] == [61_489]
    assert "second time" in page.rejects[0].reason


cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(BASE)), cells), max_size=4))
def test_no_row_crashes_and_none_is_lost(rows):
    page = joined(rows, rows)
    assert len(page.rows) + len(page.rejects) >= (1 if rows else 0)


def test_a_campaigns_budget_is_yuan_and_null_is_none():
    plan = {"campaign_id": 44854263, "title": "夏装", "online_status": "offline"}
    row = simba_rows.campaign(plan, {"budget": 300})
    assert (row.daily_budget_fen, row.bid_type, row.online) == (30_000, "custom_bid", False)
    assert simba_rows.campaign(plan, {"budget": None}).daily_budget_fen is None


@pytest.mark.parametrize(
    ("change", "said", "bid", "reason"),
    [
        ({}, "custom_bid", 100, None),
        ({"audit_status": "audit_reject"}, "custom_bid", 100, "审核"),
        ({"audit_status": "audit_wait"}, "custom_bid", 100, None),
        ({"max_price": 0}, "custom_bid", None, "出价"),
        ({"max_price": 0}, "max_amount", None, "最大化拿量"),
        ({}, "something_new", None, "something_new"),
    ],
)
def test_which_words_take_a_bid(change, said, bid, reason):
    row = simba_rows.keyword(KEYWORD | change, "夏装", said)
    assert row.bid_fen == bid
    assert row.biddable == (reason is None)
    assert (reason or "") in (row.not_biddable_reason or "")


def test_a_word_keeps_all_its_digits_match_and_score():
    row = simba_rows.keyword(KEYWORD, "夏装", "custom_bid")
    assert (row.keyword_id, row.match, row.quality_score) == ("30481986859301234", "broad", 7.0)
    new = simba_rows.keyword(KEYWORD | {"qscore": "-1", "match_scope": "9"}, "夏装", "custom_bid")
    assert (new.match, new.quality_score) == (None, None)
    with pytest.raises(AnswerError, match="keyword_id"):
        simba_rows.keyword(KEYWORD | {"keyword_id": "="}, "夏装", "custom_bid")


OWN_MOBILE = {"max_mobile_price": 88, "mobile_is_default_price": 0}


@pytest.mark.parametrize(
    ("settings", "bid", "item"),
    [
        ({}, 100, {"maxPrice": 123, "maxMobilePrice": 0, "mobileIsDefaultPrice": 1}),
        (OWN_MOBILE, 88, {"maxPrice": 100, "maxMobilePrice": 123, "mobileIsDefaultPrice": 0}),
        (
            OWN_MOBILE | {"mobile_is_default_price": 1},
            100,
            {"maxPrice": 123, "maxMobilePrice": 88, "mobileIsDefaultPrice": 1},
        ),
    ],
)
def test_a_price_of_its_own_for_phones_is_the_bid(settings, bid, item):
    row = KEYWORD | settings
    assert simba_rows.bid_fen(row) == bid
    rest = {"keywordId": 30481986859301234, "isDefaultPrice": 0, "matchScope": 4}
    assert simba_rows.price_item(row, 123) == {**rest, **item}


def test_a_bid_of_its_own_ends_following_the_adgroup_but_only_where_it_is_set():
    follower = KEYWORD | {"is_default_price": True}
    assert simba_rows.price_item(follower, 123)["isDefaultPrice"] == 0
    assert simba_rows.price_item(follower | OWN_MOBILE, 123)["isDefaultPrice"] == 1
